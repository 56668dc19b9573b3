"""Detect expressions that depend on personal data: an encrypted column, a blind index or the words of a buyer."""

from typing import Any

from sqlalchemy.sql import visitors

from webapp.db.encryption import (
    Encrypted,
    EncryptedBytes,
    EncryptedJson,
    KeyedHash,
)

_TYPES = (KeyedHash, Encrypted, EncryptedBytes, EncryptedJson)


def is_personal(expression: Any) -> bool:
    """Return whether the value of an expression, or the rows that match a condition, depend on personal data.

    This is derived from the types of the columns in it, so nothing has to be declared. A condition on the full-text
    index has an attribute `personal`: whether it searches words of buyers and recipients.
    """
    parts = visitors.iterate(getattr(expression, "expression", expression))
    return any(isinstance(getattr(part, "type", None), _TYPES) or getattr(part, "personal", False) for part in parts)
