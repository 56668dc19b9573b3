"""Daily sums of a store's sales, so that a dashboard's cost does not depend on the number of orders."""

from datetime import date

from sqlalchemy import BigInteger, Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import WORD, Base


class DailySales(Base):
    """Orders of a day of the store's marketplace in one of Amazon's statuses, and their revenue in its currency."""

    __tablename__ = "daily_sales"

    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    status: Mapped[str] = mapped_column(String(WORD), primary_key=True)
    orders: Mapped[int]
    revenue: Mapped[int] = mapped_column(BigInteger)
