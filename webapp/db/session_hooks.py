"""Hooks of sessions: derived rows that are updated before a commit, and actions that run after it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

_AFTER_COMMIT = "after_commit"
# For a session that is part of a larger transaction: the list that its actions are added to instead of being called.
OUTER_ACTIONS = "outer_actions"


def update_before_commit(
    key: str, collect: Callable[[Session], None], update: Callable[[Session, set[Any]], None]
) -> None:
    """Keep derived rows up to date with the objects every session writes.

    `collect` is called after each flush and adds what has to be updated to the set `session.info[key]`. `update` is
    called with that set before the commit. A rollback empties it, unless it is one to a savepoint.
    """

    def after_flush(session: Session, _context: object) -> None:
        collect(session)

    def before_commit(session: Session) -> None:
        if session.new or session.dirty or session.deleted:
            session.flush()
        if changed := session.info.pop(key, None):
            update(session, changed)

    def after_rollback(session: Session, transaction: SessionTransaction) -> None:
        if not transaction.nested:
            session.info.pop(key, None)

    event.listen(Session, "after_flush", after_flush)
    event.listen(Session, "before_commit", before_commit)
    event.listen(Session, "after_soft_rollback", after_rollback)


def run_after_commit(session: Session, action: Callable[[], None]) -> None:
    """Call `action` once the transaction is committed. A rollback discards it, also one to a savepoint before it."""
    transaction = session.get_nested_transaction()
    session.info.setdefault(_AFTER_COMMIT, []).append((transaction, action))


@event.listens_for(Session, "after_commit")
def _run_actions(session: Session) -> None:
    if session.in_nested_transaction():
        return
    actions = [action for _, action in session.info.pop(_AFTER_COMMIT, [])]
    if (outer_actions := session.info.get(OUTER_ACTIONS)) is not None:
        outer_actions += actions
        return
    for action in actions:
        action()


@event.listens_for(Session, "after_soft_rollback")
def _discard_actions(session: Session, rolled_back: SessionTransaction) -> None:
    if actions := session.info.get(_AFTER_COMMIT):
        session.info[_AFTER_COMMIT] = [entry for entry in actions if not _is_part_of(entry[0], rolled_back)]


@event.listens_for(Session, "after_transaction_end")
def _discard_all_actions(session: Session, transaction: SessionTransaction) -> None:
    # Closing a session rolls back without the event of a rollback.
    if transaction.parent is None:
        session.info.pop(_AFTER_COMMIT, None)


def _is_part_of(transaction: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while transaction is not None and transaction is not outer:
        transaction = transaction.parent
    return transaction is outer
