"""The row that the health check writes to test the database."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, UtcDateTime


class WriteCheck(Base):
    """One row, with the id 1."""

    __tablename__ = "write_checks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
