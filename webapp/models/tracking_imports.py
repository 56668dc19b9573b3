"""Pasted or uploaded tracking numbers, kept while a user reviews their matches."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime
from webapp.db.encryption import EncryptedJson


class TrackingImport(Base):
    """`bulk_action_id`: the bulk action that ships it, once confirmed; confirming again has no effect."""

    __tablename__ = "tracking_imports"
    __table_args__ = AUTOINCREMENT

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor: Mapped[str] = mapped_column(String(40))
    total: Mapped[int]
    # How each text was read: [name, {field: head or place of its column}, number of rows, counts and unused columns].
    sources: Mapped[list[Any]] = mapped_column(EncryptedJson)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bulk_action_id: Mapped[int | None] = mapped_column(ForeignKey("bulk_actions.id", ondelete="SET NULL"), index=True)


class TrackingRow(Base):
    """A parsed line. Encrypted, because a user's file may hold personal data in any column."""

    __tablename__ = "tracking_rows"
    __table_args__ = (Index("ix_tracking_rows_import", "import_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("tracking_imports.id", ondelete="CASCADE"))
    position: Mapped[int]
    # The fields of `domain.shipping.tracking.parser.TrackingLine`.
    parsed: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    # The key of the carrier chosen by a user, empty if it follows from the number or the file.
    carrier: Mapped[str] = mapped_column(String(40), default="")
    selected: Mapped[bool] = mapped_column(default=True)
    # A user confirmed that other orders with this tracking number are in the same parcel.
    shared: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Whether a user confirmed its doubtful tracking number.
    confirmed: Mapped[bool] = mapped_column(default=False, server_default=false())
