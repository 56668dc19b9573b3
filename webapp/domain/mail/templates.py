"""Templates of mails: texts with placeholders such as `{{ order_number }}`, from a closed list.

A placeholder is only a name, so templates execute no code and anyone who may write mails may edit them. A line
on which every place came out empty is left out, so that one template serves orders with and without a tracking number.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from webapp.domain.errors import InvalidError
from webapp.domain.mail import state_machine as mail_states

# Of every mail.
_COMMON = (
    "store_name",
    "order_number",
    "amazon_number",
    "order_date",
    "buyer_name",
    "ship_to",
    "order_lines",
    "order_total",
    "comment",
)
_DOCUMENT = ("document_number", "document_date", "document_lines", "document_totals")
PLACES: Mapping[str, tuple[str, ...]] = {
    mail_states.ORDER: _COMMON,
    mail_states.INVOICE: (*_COMMON, *_DOCUMENT),
    mail_states.SHIPMENT: (*_COMMON, "document_number", "document_date", "document_lines", "tracking"),
    mail_states.CREDIT_MEMO: (*_COMMON, *_DOCUMENT),
    mail_states.COMMENT: _COMMON,
    mail_states.FREE: _COMMON,
}
# Required placeholders: the mail has no purpose without them.
NEEDED = {mail_states.COMMENT: "comment"}

_PLACE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z_0-9]*)\s*\}\}")
_BRACES = re.compile(r"\{\{|\}\}")


def check(kind: str, subject: str, body: str) -> None:
    """Raise InvalidError for a template that cannot be rendered, with the line and a suggestion."""
    placeholders = PLACES[kind]
    if not subject.strip():
        raise InvalidError("mail_subject_required", field="subject")
    if not body.strip():
        raise InvalidError("mail_body_required", field="body")
    _check_text("subject", subject, placeholders)
    _check_text("body", body, placeholders)
    needed = NEEDED.get(kind)
    if needed and needed not in _PLACE.findall(body):
        raise InvalidError("template_place_missing", field="body", place=f"{{{{ {needed} }}}}")


def write(subject: str, body: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Return subject and body with the values of the placeholders. The subject is always one line.

    A place without a value comes out empty: a template that was right when it was saved never stops a mail.
    """
    one_line = " ".join(_PLACE.sub(lambda place: values.get(place[1], ""), subject).split())
    lines = "\n".join(_fill(body, values))
    return one_line, re.sub(r"\n{3,}", "\n\n", lines).strip("\n")


def _fill(body: str, values: Mapping[str, str]) -> Iterator[str]:
    for line in body.split("\n"):
        names = _PLACE.findall(line)
        if names and not any(values.get(name) for name in names):
            continue
        yield _PLACE.sub(lambda place: values.get(place[1], ""), line).rstrip()


def _check_text(field: str, text: str, placeholders: tuple[str, ...]) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        for name in _PLACE.findall(line):
            if name not in placeholders:
                raise _build_error(field, number, name, placeholders)
        rest = _PLACE.sub("", line)
        match = _BRACES.search(rest)
        if match is not None:
            raise InvalidError("template_braces", field=field, line=number, text=_get_excerpt(rest, match.start()))


def _build_error(field: str, line: int, name: str, placeholders: tuple[str, ...]) -> InvalidError:
    close = get_close_matches(name.casefold(), placeholders, 1, 0.6)
    if close:
        return InvalidError("template_place_close", field=field, line=line, place=name, close=close[0])
    return InvalidError("template_place_unknown", field=field, line=line, place=name)


def _get_excerpt(line: str, at: int) -> str:
    return line[max(0, at - 10) : at + 30].strip()
