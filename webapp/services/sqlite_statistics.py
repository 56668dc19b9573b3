"""Letting SQLite know how much there is of what, by which it chooses its ways. PostgreSQL counts by itself."""

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from webapp.models.amazon_orders import AmazonOrder

# Of fewer rows every way is a short one.
_LEAST = 1_000
_COUNTED = text("SELECT stat FROM sqlite_stat1 WHERE tbl = 'amazon_orders' AND idx = 'ix_amazon_orders_purchased'")
_INDEXES = text("SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY name")
_EVER_COUNTED = text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")


def refresh(session: Session) -> bool:
    """Count anew when there are twice as many orders as the last time; answers whether it did. Commits.

    One index at a time, so that nobody who writes waits long.
    """
    if session.get_bind().dialect.name != "sqlite":
        return False
    enough = max(_LEAST, 2 * _counted(session))
    # The ids say at once that there are too few; only where they do not, the orders are counted.
    due = (session.scalar(select(func.max(AmazonOrder.id))) or 0) >= enough
    due = due and (session.scalar(select(func.count()).select_from(AmazonOrder)) or 0) >= enough
    session.rollback()
    if not due:
        return False
    for index in session.scalars(_INDEXES).all():
        session.execute(text(f'ANALYZE "{index}"'))
        session.commit()
    return True


def _counted(session: Session) -> int:
    """How many Amazon orders there were when it last counted."""
    if session.scalar(_EVER_COUNTED) is None:
        return 0
    stat: str | None = session.scalar(_COUNTED)
    return int(stat.split()[0]) if stat else 0
