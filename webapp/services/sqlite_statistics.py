"""Run ANALYZE on SQLite for its query planner. PostgreSQL does so by itself."""

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from webapp.models.amazon_orders import AmazonOrder

# Below this number of orders any query plan is fast.
_MIN_ORDERS = 1_000
_LAST_COUNT = text("SELECT stat FROM sqlite_stat1 WHERE tbl = 'amazon_orders' AND idx = 'ix_amazon_orders_purchased'")
_INDEXES = text("SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY name")
_HAS_STATISTICS = text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")


def refresh(session: Session) -> bool:
    """Run ANALYZE if there are twice as many orders as the last time; return whether it ran. Commits.

    One index in a transaction, so that writers do not wait long.
    """
    if session.get_bind().dialect.name != "sqlite":
        return False
    threshold = max(_MIN_ORDERS, 2 * _read_last_count(session))
    # The highest id is a cheap upper bound; count the orders only if it is high enough.
    is_due = (session.scalar(select(func.max(AmazonOrder.id))) or 0) >= threshold
    is_due = is_due and (session.scalar(select(func.count()).select_from(AmazonOrder)) or 0) >= threshold
    session.rollback()
    if not is_due:
        return False
    for index in session.scalars(_INDEXES).all():
        session.execute(text(f'ANALYZE "{index}"'))
        session.commit()
    return True


def _read_last_count(session: Session) -> int:
    """Return the number of Amazon orders at the last ANALYZE."""
    if session.scalar(_HAS_STATISTICS) is None:
        return 0
    stat: str | None = session.scalar(_LAST_COUNT)
    return int(stat.split()[0]) if stat else 0
