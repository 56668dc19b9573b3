"""What users decided about the causes of the attention list."""

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime


class AttentionMark(Base):
    """A cause that was snoozed `until` a time, or done (None) until there is more of it than `seen`.

    `key`: as in `queries/accounts/attention`. `seen`: the number that grew with each new case when it was marked.
    """

    __tablename__ = "attention_marks"
    __table_args__ = (AUTOINCREMENT,)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen: Mapped[int] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(40))
    marked_at: Mapped[datetime] = mapped_column(UtcDateTime)
