"""Mails to a buyer: their kinds and states, and the validation of addresses, subjects and texts."""

import re
from datetime import timedelta

from webapp.domain.common.transitions import Transition, TransitionTable
from webapp.domain.errors import InvalidError
from webapp.domain.mail.amazon_messages import LIMITS

# The two ways to a buyer: Amazon's relay address, and Amazon's own Messaging.
EMAIL, AMAZON = "email", "amazon"

ORDER, INVOICE, SHIPMENT, CREDIT_MEMO, COMMENT, FREE = "order", "invoice", "shipment", "credit_memo", "comment", "free"
KINDS = (ORDER, INVOICE, SHIPMENT, CREDIT_MEMO, COMMENT, FREE)
# Kinds with a document, attached as a PDF.
DOCUMENTS = (INVOICE, SHIPMENT, CREDIT_MEMO)

QUEUED, SENDING, SENT = "queued", "sending", "sent"
FAILED, UNKNOWN, DROPPED = "failed", "unknown", "dropped"
STATES = (QUEUED, SENDING, SENT, FAILED, UNKNOWN, DROPPED)
# A user has to decide.
TROUBLED = (FAILED, UNKNOWN)

LONGEST_SUBJECT = 200
LONGEST_BODY = 20_000
LONGEST_ADDRESS = 254
# Amazon takes no larger ones.
LARGEST_ATTACHMENT = 10 * 1024 * 1024
# A process that is still at it has long been cut off by its own time limits.
SILENT = timedelta(seconds=90)
# A server that has not accepted a mail by then will not, and the mail is outdated.
LONGEST_WAIT = timedelta(days=3)

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
# What Amazon refuses in a message of its own: markup, and addresses that lead around it.
_FORBIDDEN = re.compile(r"<\s*/?[a-zA-Z!]|[\w.+-]+@[\w-]+\.\w")

TRANSITIONS = TransitionTable(
    Transition("send", frozenset({QUEUED}), SENDING),
    # Surely not taken: it waits for its next try.
    Transition("wait", frozenset({QUEUED, SENDING}), QUEUED),
    # A slow process may learn that it was taken after another has called it lost.
    Transition("sent", frozenset({SENDING, UNKNOWN}), SENT),
    Transition("fail", frozenset({QUEUED, SENDING}), FAILED),
    # The text was on its way when the answer was lost, or the mail is of a restored database: it may have arrived.
    Transition("lose", frozenset({QUEUED, SENDING}), UNKNOWN),
    Transition("retry", frozenset({FAILED, UNKNOWN}), QUEUED),
    Transition("drop", frozenset({QUEUED, FAILED, UNKNOWN}), DROPPED),
)
is_allowed = TRANSITIONS.is_allowed
check = TRANSITIONS.check


def retry_delay(tries: int) -> timedelta:
    """Return the delay after this many tries, from a minute to an hour. Greylisting servers require five or more."""
    return timedelta(seconds=min(60 * 2 ** min(max(tries - 1, 0), 10), 3600))


def is_deliverable(address: str | None) -> bool:
    """Return whether a mail can be sent there. Amazon's relay addresses are plain ASCII."""
    return bool(address) and len(address or "") <= LONGEST_ADDRESS and bool(_ADDRESS.fullmatch(address or ""))


def find_block_reason(address: str | None, *, configured: bool) -> str | None:
    """Return the reason no mail can be sent to this address (a code of `messages`), or None."""
    if not configured:
        return "mail_not_configured"
    if not address:
        return "mail_no_address"
    return None if is_deliverable(address) else "mail_address_unusable"


def clean_address(text: str, field: str) -> str:
    """Validate an entered e-mail address. Raises InvalidError."""
    address = text.strip()
    if not is_deliverable(address):
        raise InvalidError("mail_address_malformed", field=field)
    return address


def clean_header(text: str, field: str, most: int = LONGEST_SUBJECT) -> str:
    """Validate a name or subject. Raises InvalidError for line breaks, which would inject headers."""
    text = text.strip()
    if any(not character.isprintable() for character in text):
        raise InvalidError("mail_one_line", field=field)
    if len(text) > most:
        raise InvalidError("text_too_long", field=field, most=most)
    return text


def clean_text(subject: str, body: str) -> tuple[str, str]:
    """Validate an entered subject and body and return them as sent. Raises InvalidError."""
    subject, body = clean_header(subject, "subject"), clean_body(body)
    if not subject:
        raise InvalidError("mail_subject_required", field="subject")
    if not body:
        raise InvalidError("mail_body_required", field="body")
    return subject, body


def clean_body(text: str) -> str:
    """Normalize line ends and reject control characters. Raises InvalidError."""
    body = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip("\n")
    if any(not character.isprintable() and character not in "\n\t" and ord(character) < 32 for character in body):
        raise InvalidError("mail_control_signs", field="body")
    if len(body) > LONGEST_BODY:
        raise InvalidError("text_too_long", field="body", most=LONGEST_BODY)
    return body


def clean_message(kind: str, text: str) -> str:
    """Validate a text for Amazon's Messaging API. Raises InvalidError."""
    if kind not in LIMITS:
        raise InvalidError("message_kind_unknown", field="kind", kind=kind)
    body = clean_body(text).strip()
    if not body:
        raise InvalidError("mail_body_required", field="text")
    if len(body) > LIMITS[kind]:
        raise InvalidError("text_too_long", field="text", most=LIMITS[kind])
    if _FORBIDDEN.search(body):
        raise InvalidError("message_forbidden", field="text")
    return body
