"""Names of actors: events and rows store a code (`user:7`, `schedule`), pages show a name."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp.queries.users import find_emails

_SYSTEM_ACTORS = {
    "amazon": _l("Amazon"),
    "cli": _l("Command line"),
    "link": _l("Sign-in link"),
    "schedule": _l("Schedule"),
}


def names(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Return code → name. A deleted user is shown as the code."""
    codes = set(codes)
    ids = {int(id_): code for code in codes for kind, _, id_ in [code.partition(":")] if kind == "user"}
    users = find_emails(session, list(ids)) if ids else {}
    user_emails = {code: users[id_] for id_, code in ids.items() if id_ in users}
    return {code: name(code, user_emails.get(code)) for code in codes}


def name(code: str, email: str | None) -> str:
    """Return the name of one actor; `email`: the address of a user."""
    return email or str(_SYSTEM_ACTORS.get(code, code))
