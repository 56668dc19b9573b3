"""Finding personal data without keeping it in clear: keyed hashes of words, by order."""

import unicodedata
from collections.abc import Iterable

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base
from webapp.models.vault import vault

# Words are found by their beginnings, from this many letters up to this many.
SHORTEST, LONGEST = 3, 12


class SearchTerm(Base):
    __tablename__ = "search_terms"

    term: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    amazon_order_id: Mapped[int] = mapped_column(ForeignKey("amazon_orders.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own form


def words(text: str) -> list[str]:
    """The words of a text as they are compared: without case, without marks, letters and digits only."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return "".join(c if c.isalnum() else " " for c in plain).split()


def terms_of(texts: Iterable[str | None]) -> set[bytes]:
    """What is stored for these texts: each word whole, and its beginnings."""
    found = {word for text in texts if text for word in words(text)}
    beginnings = {word[:length] for word in found for length in range(SHORTEST, min(len(word), LONGEST) + 1)}
    return {vault.hash(word) for word in found | beginnings}


def terms_to_find(text: str) -> list[bytes]:
    """What to look for, all of it: one hash a word typed."""
    return [vault.hash(word if len(word) <= LONGEST else word[:LONGEST]) for word in words(text)]
