"""A seller account in one region, with its credentials."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime
from webapp.db.encryption import Encrypted

if TYPE_CHECKING:
    from webapp.models.stores import Store


class Account(Base):
    __tablename__ = "accounts"
    __table_args__ = AUTOINCREMENT

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    region: Mapped[str] = mapped_column(String(2))
    seller_id: Mapped[str] = mapped_column(String(40))
    client_id: Mapped[str] = mapped_column(String(200))
    client_secret: Mapped[str] = mapped_column(Encrypted)
    # When the client secret was replaced; None: it is the one the account was connected with.
    secret_saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refresh_token: Mapped[str] = mapped_column(Encrypted)
    # Empty means Amazon's own for the region; the simulator is another address.
    endpoint: Mapped[str] = mapped_column(String(300), default="")
    token_url: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Where the next sync begins: the upper bound Amazon applied last time, less an overlap.
    cursor: Mapped[datetime] = mapped_column(UtcDateTime)
    # A window that takes more than one run, as `services/sync/resume_point.py` keeps it.
    sync_window: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    last_synced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Why the last sync or submission failed (a code of `messages`), until one succeeds.
    error_code: Mapped[str | None] = mapped_column(String(40))
    error_message: Mapped[str | None] = mapped_column(String(1000))
    error_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Seconds by which the clock here was ahead of Amazon's, negative where it was behind, and when that was measured.
    clock_offset: Mapped[int | None]
    clock_measured_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When Amazon's list of refund feeds was last compared with ours.
    feeds_compared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Datasets Amazon refuses this account; requested again once a day, since a role may have been granted.
    missing_datasets: Mapped[list[str]] = mapped_column(JSON, default=list)
    missing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)

    # When Amazon last gave each dataset, as ISO 8601: one that worked lately and is refused now is an outage.
    datasets_read_at: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)

    # Refunds in Amazon's payments: from when they were read, until when, and since when Amazon refuses the call.
    finances_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finances_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finances_refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    stores: Mapped[list["Store"]] = relationship(back_populates="account", order_by="Store.id")
