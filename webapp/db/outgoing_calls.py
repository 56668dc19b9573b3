"""Count the calls that cannot be taken back: feeds, cancellations, shipment confirmations and messages to buyers.

The count is in the database and in the high-water mark, so an older database shows before the next call.
"""

from functools import partial

from sqlalchemy.orm import Session

from webapp.db import high_water_mark, number_sequences
from webapp.db.session_hooks import run_after_commit

OUTGOING = "outgoing"


class DatabaseBehindError(RuntimeError):
    """The database is older than the mark. Nothing may be sent until a user has compared it with Amazon."""


def count(session: Session) -> None:
    """Count a call. Do it last before the commit that precedes the call, which then flushes the mark to disk.

    Raises DatabaseBehindError if the database is older than the mark.
    """
    mark = high_water_mark.read() or {}
    if number_sequences.next_numbers(session, OUTGOING)[0] <= mark.get(OUTGOING, 0):
        session.rollback()
        raise DatabaseBehindError("The database is older than the calls that were already made.")
    # This commit takes earlier ones to the disk that did not wait for it, so all their numbers can be in the mark.
    run_after_commit(session, partial(high_water_mark.raise_to, number_sequences.load_all(session)))


def is_database_behind(session: Session) -> bool:
    """Return whether a counter of the database is below the mark."""
    # Read the file first: its values were committed before, so a counter read later cannot be lower.
    mark = high_water_mark.read()
    if not mark:
        return False
    counters = number_sequences.load_all(session)
    return any(counters.get(name, 0) < value for name, value in mark.items())
