"""The life of a submission: one table."""

from dataclasses import dataclass
from datetime import datetime

QUEUED = "queued"
SENDING = "sending"
SENT = "sent"
ACCEPTED = "accepted"
VERIFIED = "verified"
REJECTED = "rejected"
UNDONE = "undone"
UNPROVED = "unproved"
CONFLICT = "conflict"

STATES = (QUEUED, CONFLICT, SENDING, SENT, ACCEPTED, VERIFIED, REJECTED, UNDONE, UNPROVED)
# Nothing more will be done about these unless a person asks again.
ENDED = frozenset({VERIFIED, REJECTED, UNDONE, UNPROVED})


@dataclass(frozen=True, slots=True)
class Transition:
    name: str
    sources: frozenset[str]
    to: str


MOVES = (
    Transition("undo", frozenset({QUEUED, CONFLICT}), UNDONE),
    # The order is no longer what it was when this was asked: it stays open, and waits for a person.
    Transition("conflict", frozenset({QUEUED}), CONFLICT),
    Transition("insist", frozenset({CONFLICT}), QUEUED),
    Transition("send", frozenset({QUEUED}), SENDING),
    # createFeed was never reached, so it waits for the next feed.
    Transition("requeue", frozenset({SENDING}), QUEUED),
    # A person has looked at Amazon and found that it never arrived.
    Transition("resend", frozenset({UNPROVED}), QUEUED),
    Transition("sent", frozenset({SENDING}), SENT),
    Transition("accept", frozenset({SENDING, SENT}), ACCEPTED),
    # Amazon's own word on the order is proof in any state: it may have been cancelled by another door meanwhile.
    Transition("verify", frozenset({QUEUED, CONFLICT, SENDING, SENT, ACCEPTED, UNPROVED}), VERIFIED),
    Transition("reject", frozenset({QUEUED, SENDING, SENT, ACCEPTED, UNPROVED}), REJECTED),
    # Accepted, but the order never showed it: a person has to look.
    Transition("give_up", frozenset({SENDING, SENT, ACCEPTED}), UNPROVED),
)
BY_NAME = {move.name: move for move in MOVES}


class InvalidSubmissionTransition(ValueError):
    def __init__(self, move: str, state: str) -> None:
        super().__init__(f"A submission that is {state} cannot {move}.")
        self.move = move
        self.state = state


def may(name: str, state: str) -> bool:
    return state in BY_NAME[name].sources


def check(name: str, state: str) -> Transition:
    """The move, or SubmissionMoveRefused."""
    if not may(name, state):
        raise InvalidSubmissionTransition(name, state)
    return BY_NAME[name]


def may_check_early(state: str, undo_until: datetime, now: datetime) -> bool:
    """Whether it may be looked at before its time. While it is being sent it may not: a look that comes too soon
    does not find what Amazon has just taken, and would lead to telling it twice.
    """
    return state in {SENT, ACCEPTED} or (state == QUEUED and undo_until <= now)


def backoff_seconds(tries: int) -> int:
    """Seconds until the next look at Amazon, growing from 2 to 120: most answers come soon, some after hours."""
    return int(min(2 * 1.6 ** min(tries, 20), 120))
