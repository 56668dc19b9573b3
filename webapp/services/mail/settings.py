"""E-mail settings: the mail server, the senders of stores, and the templates."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from webapp.domain.common import languages
from webapp.domain.errors import InvalidError
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.mail import templates as mail_templates
from webapp.domain.mail.mime import Server
from webapp.models.mail_settings import MailSender, MailServer, MailTemplate
from webapp.models.mails import Mail
from webapp.models.stores import Store
from webapp.queries import mails as queries
from webapp.services import audit_log

SECURITIES = ("starttls", "tls", "none")
MAX_NAME_LENGTH = 100
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[?[0-9a-fA-F:.]+\]?")


def save_server(session: Session, fields: Mapping[str, str], *, now: datetime, actor: str) -> MailServer:
    """Save the mail server, and make waiting mails due at once. Commits.

    `fields`: host, port, security, username, password, plain_sign_in, address, name, reply_to. An empty password keeps
    the stored one, but only for the same server and user, so that it cannot be sent to another server. Without a user
    name there is no password. Raises InvalidError naming the field.
    """
    values = _clean_server(fields)
    row = queries.find_server_row(session)
    values["password"] = _get_password(fields.get("password", ""), values, row) if values["username"] else None
    if _build_server(values).exposes_password:
        raise InvalidError("mail_plain_sign_in", field="plain_sign_in")
    if row is None:
        row = MailServer(id=1)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    row.changed_at = now
    row.error_code = row.error_message = row.error_since = None
    session.execute(
        update(Mail)
        .where(Mail.state == mail_states.QUEUED, Mail.via == mail_states.EMAIL, Mail.due_at > now)
        .values(due_at=now)
    )
    args = {name: values[name] for name in ("host", "port", "security")}
    if values["plain_sign_in"]:
        args["plain_sign_in"] = True
    audit_log.record(session, "mail_server_changed", now=now, actor=actor, args=args)
    session.commit()
    return row


def _get_password(entered: str, values: Mapping[str, Any], row: MailServer | None) -> str:
    if entered:
        return entered
    if row is None or not row.password:
        raise InvalidError("mail_password_required", field="password")
    if any(str(getattr(row, name)).lower() != str(values[name]).lower() for name in ("host", "port", "security")) or (
        row.username != values["username"]
    ):
        raise InvalidError("mail_password_again", field="password")
    return row.password


def _build_server(values: Mapping[str, Any]) -> Server:
    names = ("host", "port", "security", "username", "plain_sign_in")
    return Server(**{name: values[name] for name in names})


def delete_server(session: Session, *, now: datetime, actor: str) -> None:
    """Delete the mail server. Commits. Queued mails wait until there is a server again or they are discarded."""
    session.execute(delete(MailServer))
    audit_log.record(session, "mail_server_forgotten", now=now, actor=actor)
    session.commit()


def save_sender(session: Session, store: Store, fields: Mapping[str, str], *, now: datetime, actor: str) -> None:
    """Save a store's own sender; an empty address deletes it. Commits. Raises InvalidError naming the field."""
    address = fields.get("address", "").strip()
    values = {
        "address": mail_states.clean_address(address, "address") if address else "",
        "name": mail_states.clean_header(fields.get("name", ""), "name", MAX_NAME_LENGTH),
        "reply_to": _clean_optional_address(fields.get("reply_to", ""), "reply_to"),
    }
    if not address and (values["name"] or values["reply_to"]):
        raise InvalidError("mail_sender_without_address", field="address")
    session.execute(delete(MailSender).where(MailSender.store_id == store.id))
    if address:
        session.add(MailSender(store_id=store.id, **values))
    audit_log.record(
        session, "mail_sender_changed", now=now, actor=actor, store_id=store.id, account_id=store.account_id
    )
    session.commit()


def save_template(
    session: Session, kind: str, language: str, subject: str, body: str, *, now: datetime, actor: str
) -> MailTemplate:
    """Save a changed template. Commits. Raises InvalidError with the invalid line."""
    check_template(kind, language)
    subject = mail_states.clean_header(subject, "subject", 500)
    body = mail_states.clean_body(body)
    mail_templates.check(kind, subject, body)
    row = session.get(MailTemplate, (kind, language))
    if row is None:
        row = MailTemplate(kind=kind, language=language)
        session.add(row)
    row.subject, row.body, row.changed_at, row.actor = subject, body, now, actor
    _record_template_event(session, "mail_template_changed", kind, language, now, actor)
    session.commit()
    return row


def reset_template(session: Session, kind: str, language: str, *, now: datetime, actor: str) -> None:
    """Restore the default template. Commits. Raises InvalidError for an unknown one."""
    check_template(kind, language)
    row = session.get(MailTemplate, (kind, language))
    if row is not None:
        session.delete(row)
        _record_template_event(session, "mail_template_reset", kind, language, now, actor)
    session.commit()


def check_template(kind: str, language: str) -> None:
    """Raise InvalidError for an unknown kind of mail or language."""
    if kind not in mail_states.KINDS:
        raise InvalidError("mail_kind_unknown", kind=kind)
    if language not in languages.LANGUAGES:
        raise InvalidError("language_unknown", language=language)


def record_server_status(session: Session, cause: str | None, words: str | None, now: datetime) -> None:
    """Store on the mail server why nothing can be sent, or that a mail was sent. Does not commit."""
    row = session.scalar(select(MailServer).where(MailServer.id == 1).with_for_update())
    if row is None:
        return
    row.error_since = None if cause is None else (row.error_since or now)
    row.error_code, row.error_message = cause, words


def _record_template_event(session: Session, event: str, kind: str, language: str, now: datetime, actor: str) -> None:
    audit_log.record(session, event, now=now, actor=actor, args={"mail_kind": kind, "language": language})


def _clean_server(fields: Mapping[str, str]) -> dict[str, Any]:
    host, port, security = fields.get("host", "").strip(), fields.get("port", "").strip(), fields.get("security", "")
    if not host:
        raise InvalidError("mail_host_required", field="host")
    if len(host) > 255 or not _HOST.fullmatch(host):
        raise InvalidError("mail_host_malformed", field="host")
    if not (port.isdecimal() and port.isascii() and 0 < int(port) < 65536):
        raise InvalidError("mail_port_malformed", field="port")
    if security not in SECURITIES:
        raise InvalidError("mail_security_unknown", field="security", known=", ".join(SECURITIES))
    return {
        "host": host.strip("[]"),
        "port": int(port),
        "security": security,
        "username": mail_states.clean_header(fields.get("username", ""), "username", 255),
        "plain_sign_in": bool(fields.get("plain_sign_in")),
        "address": mail_states.clean_address(fields.get("address", ""), "address"),
        "name": mail_states.clean_header(fields.get("name", ""), "name", MAX_NAME_LENGTH),
        "reply_to": _clean_optional_address(fields.get("reply_to", ""), "reply_to"),
    }


def _clean_optional_address(text: str, field: str) -> str:
    return mail_states.clean_address(text, field) if text.strip() else ""
