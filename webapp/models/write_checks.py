"""The row by which the health check shows that the database can be written."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base, UtcDateTime


class WriteCheck(Base):
    """One row, with the id 1."""

    __tablename__ = "write_checks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
