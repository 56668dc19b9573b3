"""Which expressions hold personal data: those that read an encrypted column, a blind index or the words of a buyer."""

from typing import Any

from sqlalchemy.sql import visitors

from webapp.db.encryption import (
    BlindIndex,
    Encrypted,
    EncryptedBytes,
    EncryptedJson,
)

_TYPES = (BlindIndex, Encrypted, EncryptedBytes, EncryptedJson)


def is_personal(expression: Any) -> bool:
    """Whether the value of an expression, or the rows a condition leaves, depend on personal data.

    It is derived from the types of the columns in it, so there is nothing to be declared. A condition on the search
    index says by its attribute `personal` whether it looks among the words of buyers and recipients.
    """
    parts = visitors.iterate(getattr(expression, "expression", expression))
    return any(isinstance(getattr(part, "type", None), _TYPES) or getattr(part, "personal", False) for part in parts)
