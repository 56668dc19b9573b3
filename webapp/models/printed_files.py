"""PDF files printed by a bulk action. They contain names: encrypted, in parts, and deleted after a day."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, UtcDateTime
from webapp.db.encryption import EncryptedBytes


class PrintedFile(Base):
    __tablename__ = "printed_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    bulk_action_id: Mapped[int] = mapped_column(ForeignKey("bulk_actions.id", ondelete="CASCADE"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    documents: Mapped[int]
    # Bytes of the whole.
    size: Mapped[int]


class PrintedPart(Base):
    """A part of a file, in the order of `position`, so that a large file is never in memory as a whole."""

    __tablename__ = "printed_parts"
    __table_args__ = (UniqueConstraint("file_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("printed_files.id", ondelete="CASCADE"))
    position: Mapped[int]
    content: Mapped[bytes] = mapped_column(EncryptedBytes)
