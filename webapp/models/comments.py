"""Comments on an order or one of its documents. They may contain personal data of the buyer."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime
from webapp.db.encryption import Encrypted


class Comment(Base):
    __tablename__ = "comments"
    __table_args__ = AUTOINCREMENT

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("invoices.id"))
    shipment_id: Mapped[int | None] = mapped_column(ForeignKey("shipments.id"))
    credit_memo_id: Mapped[int | None] = mapped_column(ForeignKey("credit_memos.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    # As on events: cli, user:7.
    actor: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Encrypted)
    # Whether the customer is notified.
    notify: Mapped[bool] = mapped_column(default=False)
