"""Bulk actions and their rows. The rows are selected once, when the action is created."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime
from webapp.db.encryption import EncryptedJson


class BulkAction(Base):
    """`kind` is a row of `services/bulk/registry.KINDS`; `subject` names the table of the rows' `subject_id`.

    The counts are written with each row, so `total` less the others is what is still waiting.
    """

    __tablename__ = "bulk_actions"
    __table_args__ = (
        Index("ix_bulk_actions_state", "state"),
        Index("ix_bulk_actions_created", "created_at", "id"),
        AUTOINCREMENT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    # Arguments common to all rows. Encrypted, since a reason is free text.
    args: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    actor: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)

    @property
    def waiting(self) -> int:
        return self.total - self.done - self.failed - self.skipped


class BulkRow(Base):
    """`outcome` is a code of `messages`, `outcome_args` its arguments (no personal data)."""

    __tablename__ = "bulk_rows"
    __table_args__ = (Index("ix_bulk_rows_action_state", "action_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("bulk_actions.id", ondelete="CASCADE"))
    subject_id: Mapped[int]
    # What is this row's alone: a parcel's tracking number, for instance.
    args: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)
    state: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str | None] = mapped_column(String(40))
    outcome_args: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    tries: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
