"""Files printed by bulk actions: created once all rows are done, kept for a day."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.db.engine import read_only
from webapp.domain import bulk_states
from webapp.models.bulk_actions import BulkRow
from webapp.models.printed_files import PrintedFile, PrintedPart
from webapp.printing import renderer
from webapp.queries.invoicing.printing import Key

# Long enough to download the file; short, because it contains buyers' addresses.
LIFETIME = timedelta(days=1)
PART_SIZE = 1024 * 1024


def create_file(
    session: Session,
    action_id: int,
    keys_of: Callable[[Session, Sequence[int]], list[Key]],
    now: datetime,
    render: Callable[[Session, Sequence[Key]], bytes] = renderer.render_documents,
) -> None:
    """Print the documents of a bulk action's completed rows, replacing an earlier file. Rolls back first; commits.

    `keys_of`: returns the documents of these subjects. `render`: renders them into one file.
    """
    session.rollback()
    with read_only():
        done = select(BulkRow.subject_id).where(BulkRow.action_id == action_id, BulkRow.state == bulk_states.DONE)
        ids = session.scalars(done.order_by(BulkRow.id)).all()
        keys = keys_of(session, list(dict.fromkeys(ids)))
        content = render(session, keys) if keys else b""
        session.rollback()
    _delete(session, select(PrintedFile.id).where(PrintedFile.bulk_action_id == action_id))
    if content:
        file = PrintedFile(bulk_action_id=action_id, created_at=now, documents=len(keys), size=len(content))
        session.add(file)
        session.flush()
        for index, start in enumerate(range(0, len(content), PART_SIZE)):
            session.add(PrintedPart(file_id=file.id, position=index, content=content[start : start + PART_SIZE]))
    session.commit()


def delete_old(session: Session, *, now: datetime) -> None:
    """Delete files older than LIFETIME. Rolls back first; commits if there are any."""
    old = select(PrintedFile.id).where(PrintedFile.created_at < now - LIFETIME)
    session.rollback()
    with read_only():
        has_old = session.scalar(old.limit(1)) is not None
        session.rollback()
    if has_old:
        _delete(session, old)
        session.commit()


def _delete(session: Session, files: object) -> None:
    session.execute(delete(PrintedPart).where(PrintedPart.file_id.in_(files)))  # type: ignore[arg-type]
    session.execute(delete(PrintedFile).where(PrintedFile.id.in_(files)))  # type: ignore[arg-type]
