"""The states of a submission as one table."""

from datetime import datetime

from webapp.domain.common.transitions import Transition, TransitionTable

QUEUED = "queued"
SENDING = "sending"
SENT = "sent"
ACCEPTED = "accepted"
VERIFIED = "verified"
REJECTED = "rejected"
UNDONE = "undone"
UNPROVED = "unproved"
CONFLICT = "conflict"

# States of feeds at Amazon that this database did not create: a user has to check them, or has done so.
UNKNOWN_FEED, FOREIGN_FEED = "unknown", "foreign"

STATES = (QUEUED, CONFLICT, SENDING, SENT, ACCEPTED, VERIFIED, REJECTED, UNDONE, UNPROVED)
# Final states, unless a user requests the change again.
ENDED = frozenset({VERIFIED, REJECTED, UNDONE, UNPROVED})

TRANSITIONS = TransitionTable(
    Transition("undo", frozenset({QUEUED, CONFLICT}), UNDONE),
    # The order changed after the request: the submission stays open until a user decides.
    Transition("conflict", frozenset({QUEUED}), CONFLICT),
    Transition("force", frozenset({CONFLICT}), QUEUED),
    Transition("send", frozenset({QUEUED}), SENDING),
    # createFeed was never reached, so it waits for the next feed.
    Transition("requeue", frozenset({SENDING}), QUEUED),
    # A user has checked at Amazon that it never arrived.
    Transition("resend", frozenset({UNPROVED}), QUEUED),
    Transition("sent", frozenset({SENDING}), SENT),
    Transition("accept", frozenset({SENDING, SENT}), ACCEPTED),
    # Amazon's data verifies it from any open state: the change may have been made in Seller Central meanwhile.
    Transition("verify", frozenset({QUEUED, CONFLICT, SENDING, SENT, ACCEPTED, UNPROVED}), VERIFIED),
    Transition("reject", frozenset({QUEUED, SENDING, SENT, ACCEPTED, UNPROVED}), REJECTED),
    # Accepted, but the order never showed it; or queued in a restored database, and perhaps sent since: a person has to
    # look.
    Transition("give_up", frozenset({QUEUED, SENDING, SENT, ACCEPTED}), UNPROVED),
)
is_allowed = TRANSITIONS.is_allowed
check = TRANSITIONS.check


def may_check_early(state: str, undo_until: datetime, now: datetime) -> bool:
    """Return whether a submission may be checked before it is due.

    Not while it is being sent: Amazon may not show a change it has just accepted, and it would be sent twice.
    """
    return state in {SENT, ACCEPTED} or (state == QUEUED and undo_until <= now)


def compute_backoff(tries: int) -> int:
    """Return the seconds until the next check at Amazon, growing from 2 to 120."""
    return int(min(2 * 1.6 ** min(tries, 20), 120))
