"""Retention settings, and the number of rows last deleted by each."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, UtcDateTime


class RetentionSetting(Base):
    """A rule of `domain/retention.RULES` by its name. A rule without a row has its default."""

    __tablename__ = "retention_settings"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    days: Mapped[int]
    deleted: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
