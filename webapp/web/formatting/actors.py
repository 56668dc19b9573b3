"""Who did it, in words: events and rows say it as a code (`user:7`, `schedule`), pages as a name."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp.queries.users import find_emails

_DESK = {
    "amazon": _l("Amazon"),
    "cli": _l("Command line"),
    "link": _l("Sign-in link"),
    "schedule": _l("Schedule"),
}


def names(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Code → name for each of them. A user who was deleted keeps the code."""
    wanted = set(codes)
    ids = {int(id_): code for code in wanted for kind, _, id_ in [code.partition(":")] if kind == "user"}
    users = find_emails(session, list(ids)) if ids else {}
    found = {code: users[id_] for id_, code in ids.items() if id_ in users}
    return {code: name(code, found.get(code)) for code in wanted}


def name(code: str, email: str | None) -> str:
    """The same of one of them, whose address is known where a user has it."""
    return email or str(_DESK.get(code, code))
