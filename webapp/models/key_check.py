"""The value that shows whether this installation's keys belong to the database."""

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base


class KeyCheck(Base):
    """One row, with the id 1. `value` is a known text, encrypted with the newest key of the last start."""

    __tablename__ = "key_check"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[bytes] = mapped_column(LargeBinary)
