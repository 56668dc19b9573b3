"""Test that the database can be written."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from webapp.db.bulk_write import insert_if_missing
from webapp.db.engine import lock_wait, losable_commits
from webapp.models.write_checks import WriteCheck

# Milliseconds. Transactions of an import page take less.
LOCK_WAIT = 3000


def write(session: Session, now: datetime) -> None:
    """Change a row and commit. Raises the DBAPIError of the database."""
    with losable_commits(), lock_wait(LOCK_WAIT):
        insert_if_missing(session, WriteCheck, {"id": 1, "written_at": now})
        session.execute(update(WriteCheck).where(WriteCheck.id == 1).values(written_at=now))
        session.commit()
