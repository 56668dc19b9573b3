"""Derived rows that are updated in the transaction of the change they follow from."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session


def update_before_commit(
    key: str, collect: Callable[[Session], None], update: Callable[[Session, set[Any]], None]
) -> None:
    """Keep derived rows up to date with the objects every session writes.

    `collect` is called after each flush and adds what has to be updated to the set `session.info[key]`. `update` is
    called with that set before the commit. A rollback empties it.
    """

    def after_flush(session: Session, _context: object) -> None:
        collect(session)

    def before_commit(session: Session) -> None:
        if session.new or session.dirty or session.deleted:
            session.flush()
        if changed := session.info.pop(key, None):
            update(session, changed)

    def after_rollback(session: Session, _previous: object) -> None:
        session.info.pop(key, None)

    event.listen(Session, "after_flush", after_flush)
    event.listen(Session, "before_commit", before_commit)
    event.listen(Session, "after_soft_rollback", after_rollback)
