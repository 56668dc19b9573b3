"""A customer account, for stores that create them. Guests have none."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime
from webapp.db.encryption import Encrypted, KeyedHash


class Customer(Base):
    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("store_id", "email_hash"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    email_hash: Mapped[bytes] = mapped_column(KeyedHash(16))
    email: Mapped[str] = mapped_column(Encrypted)
    name: Mapped[str | None] = mapped_column(Encrypted)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
