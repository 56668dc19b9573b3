"""Validation of e-mail addresses, passwords and roles."""

import re
import unicodedata

from webapp.domain.errors import InvalidError
from webapp.domain.users.permissions import ROLES

SHORTEST_PASSWORD = 12
# Long enough for every passphrase; bounded, because the text is hashed before anybody is known.
LONGEST_PASSWORD = 256
LONGEST_EMAIL = 254
# Deliberately loose: desks run inside companies whose mail domains no public rule knows.
_EMAIL = re.compile(r"[^\s@<>\"',;:\\]+@[^\s@<>\"',;:\\]+")


def normalize_email(text: str) -> str:
    """Return the normal form in which an address is stored and looked up: lowercase and stripped."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def clean_email(text: str) -> str:
    """Return the normal form of an address. Raises InvalidError for an invalid one."""
    email = normalize_email(text)
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise InvalidError("email_malformed", field="email")
    return email


def check_password(password: str, email: str) -> None:
    """Raise InvalidError for a password that is too short, too long or the address itself.

    Only length is required: rules about kinds of characters lead to passwords that people write down.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidError("password_short", field="password", least=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise InvalidError("password_long", field="password", most=LONGEST_PASSWORD)
    if (email and email in password.casefold()) or len(set(password)) < SHORTEST_PASSWORD // 3:
        raise InvalidError("password_guessable", field="password")


def check_role(role: str) -> None:
    """Raise InvalidError for an unknown role."""
    if role not in ROLES:
        raise InvalidError("role_unknown", field="role", role=role, roles=", ".join(ROLES))
