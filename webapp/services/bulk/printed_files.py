"""The file a bulk action prints: written once all its rows are done, kept for a day."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp import printing
from webapp.db.engine import read_only
from webapp.domain import bulk_states
from webapp.models.bulk_actions import BulkRow
from webapp.models.printed_files import PrintedFile, PrintedPart
from webapp.queries.invoicing.printing import Key

# Long enough to be fetched, short enough that buyers' addresses do not gather here.
KEPT = timedelta(days=1)
PART = 1024 * 1024


def write(
    session: Session,
    action_id: int,
    keys_of: Callable[[Session, Sequence[int]], list[Key]],
    now: datetime,
    render: Callable[[Session, Sequence[Key]], bytes] = printing.many,
) -> None:
    """Print what the done rows of the bulk action stand for. Rolls back first, commits; a file of before is replaced.

    `keys_of`: the documents of these subjects. `render` makes the file of them.
    """
    session.rollback()
    with read_only():
        done = select(BulkRow.subject_id).where(BulkRow.action_id == action_id, BulkRow.state == bulk_states.DONE)
        ids = session.scalars(done.order_by(BulkRow.id)).all()
        keys = keys_of(session, list(dict.fromkeys(ids)))
        content = render(session, keys) if keys else b""
        session.rollback()
    _forget(session, select(PrintedFile.id).where(PrintedFile.bulk_action_id == action_id))
    if content:
        file = PrintedFile(bulk_action_id=action_id, created_at=now, documents=len(keys), size=len(content))
        session.add(file)
        session.flush()
        for place, start in enumerate(range(0, len(content), PART)):
            session.add(PrintedPart(file_id=file.id, position=place, content=content[start : start + PART]))
    session.commit()


def purge(session: Session, *, now: datetime) -> None:
    """Take away the files nobody may still want. Rolls back first, commits where there are any."""
    old = select(PrintedFile.id).where(PrintedFile.created_at < now - KEPT)
    session.rollback()
    with read_only():
        any_left = session.scalar(old.limit(1)) is not None
        session.rollback()
    if any_left:
        _forget(session, old)
        session.commit()


def _forget(session: Session, files: object) -> None:
    session.execute(delete(PrintedPart).where(PrintedPart.file_id.in_(files)))  # type: ignore[arg-type]
    session.execute(delete(PrintedFile).where(PrintedFile.id.in_(files)))  # type: ignore[arg-type]
