"""Where alarms are sent."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, UtcDateTime
from webapp.db.encryption import Encrypted


class AlarmSettings(Base):
    """One row, with the id 1. Empty texts switch a channel off."""

    __tablename__ = "alarm_settings"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # E-mail addresses, one a line.
    recipients: Mapped[str | None] = mapped_column(Encrypted)
    webhook_url: Mapped[str | None] = mapped_column(Encrypted)
    webhook_secret: Mapped[str | None] = mapped_column(Encrypted)
    # Requested once a minute while no check fails.
    ping_url: Mapped[str | None] = mapped_column(Encrypted)
    # HH:MM in the time zone; both empty: no quiet hours.
    quiet_from: Mapped[str] = mapped_column(String(5), default="")
    quiet_until: Mapped[str] = mapped_column(String(5), default="")
    quiet_holds_failures: Mapped[bool] = mapped_column(default=False)
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
