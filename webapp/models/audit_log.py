"""History entries, written in the transaction of the change. They are audit log and order history at once."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, UtcDateTime


class Event(Base):
    """`kind` is a code of `messages`, `args` its arguments (not personal). `actor`: amazon, schedule, cli, user:7."""

    __tablename__ = "events"
    __table_args__ = (
        Index(
            "ix_events_user_id",
            "user_id",
            "id",
            sqlite_where=text("user_id IS NOT NULL"),
            postgresql_where=text("user_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    args: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    store_id: Mapped[int | None] = mapped_column(ForeignKey("stores.id"))
    amazon_order_id: Mapped[int | None] = mapped_column(ForeignKey("amazon_orders.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
    # The user something was done to, not the one who did it.
    user_id: Mapped[int | None] = mapped_column()
