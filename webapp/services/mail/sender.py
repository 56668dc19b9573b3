"""Send the mails of the outbox, each at most once unless a user decides otherwise."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from email.utils import make_msgid
from typing import Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.core import fault_points
from webapp.db import leases, outgoing_calls
from webapp.db.encryption import DecryptionError
from webapp.db.engine import read_only
from webapp.domain.mail import state_machine as domain
from webapp.domain.mail.errors import (
    CannotWrite,
    MailError,
    MailLost,
    MailRefused,
    ServerTrouble,
)
from webapp.domain.mail.mime import MailContent, Server, pack
from webapp.models.mails import Mail
from webapp.queries import fences
from webapp.queries import mails as queries
from webapp.services.mail import outbox as mail_outbox
from webapp.services.mail import settings as mail_settings

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]

LEASE = "mails"
# Mails sent in one run, so that it ends in time when the application stops; the next run starts within a second.
MAX_MAILS = 20


class MailConnection(Protocol):
    """An open connection to a mail server."""

    def offer(self, sender: str, recipient: str) -> None:
        """Send sender and recipient. Raises MailRefused, or ServerTrouble if the connection is lost."""
        ...

    def deliver(self, content: bytes) -> None:
        """Send the content of the offered mail. Raises MailRefused, or MailLost if it may have been accepted."""
        ...


class MailService(Protocol):
    """Composes mails and connects to mail servers, so that services depend on neither templates nor SMTP."""

    def compose(self, session: Session, mail: Mail) -> MailContent:
        """Render a mail. Reads only. Raises CannotWrite."""
        ...

    def connect(self, server: Server) -> AbstractContextManager[MailConnection]:
        """Connect to a mail server. Raises ServerTrouble."""
        ...


def send_due(session: Session, mail_service: MailService, *, clock: Clock) -> int:
    """Send due mails; return how many were sent. Commits. Raises BusyError if already running.

    A mail has the state `sending` before its content is sent. If it is found in this state later, it may have arrived,
    and a user decides. Temporary errors reschedule a mail; permanent ones mark it as failed with the server's message.
    """
    owner = leases.acquire(session, LEASE, clock(), "mails_running")
    try:
        due = _select_sendable(session, queries.list_due_ids(session, clock(), MAX_MAILS), clock())
        server = queries.find_server(session)
        session.rollback()
        return (
            _send_all(session, mail_service, server, due, owner, clock)
            if due and server
            else _postpone_all(session, due, clock())
        )
    finally:
        session.rollback()
        leases.release(session, LEASE, owner)


def _select_sendable(session: Session, due: list[int], now: datetime) -> list[int]:
    """Return the mails to send, after closing those that were interrupted or are too old. Commits."""
    for mail_id in due:
        try:
            mail = _load_locked(session, mail_id)
        except DecryptionError as error:
            _postpone_undecryptable(session, mail_id, error, now)
            continue
        if mail.state == domain.SENDING:
            mail.cause = "mail_interrupted"
            mail_outbox.apply_transition(mail, "lose", now)
            mail_outbox.record_event(session, "mail_unknown", mail, now=now, actor="schedule")
        elif now - mail.queued_at > domain.LONGEST_WAIT:
            _fail(session, mail, mail.cause or "mail_gave_up", mail.error_message, now)
    session.commit()
    waiting = select(Mail.id).where(
        Mail.id.in_(due), Mail.state == domain.QUEUED, Mail.due_at <= now, fences.may_send(Mail)
    )
    sendable = set(session.scalars(waiting))
    return [mail_id for mail_id in due if mail_id in sendable]


def _postpone_all(session: Session, due: list[int], now: datetime) -> int:
    """Postpone the mails because there is no mail server any more. Commits."""
    for mail_id in due:
        mail = _load_locked(session, mail_id)
        if mail.state == domain.QUEUED:
            mail.cause, mail.due_at = "mail_not_configured", now + timedelta(hours=1)
    session.commit()
    return 0


def _send_all(
    session: Session, mail_service: MailService, server: Server, due: list[int], owner: str, clock: Clock
) -> int:
    sent, remaining = 0, list(due)
    try:
        with mail_service.connect(server) as connection:
            while remaining:
                sent += _send(session, mail_service, connection, remaining[0], owner, clock)
                remaining.pop(0)
    except ServerTrouble as error:
        # The server failed, not a mail, so all remaining mails wait.
        session.rollback()
        for mail_id in remaining:
            _postpone(session, mail_id, error, clock())
        mail_settings.record_server_status(session, error.cause, error.words, clock())
        session.commit()
    return sent


def _send(
    session: Session, mail_service: MailService, connection: MailConnection, mail_id: int, owner: str, clock: Clock
) -> bool:
    try:
        with read_only():
            prepared = _prepare(session, mail_service, mail_id, clock())
            session.rollback()
        if prepared is None:
            return False
        content, sender, recipient, message_id, encoded = prepared
        connection.offer(sender, recipient)
        if not _claim(session, mail_id, content, message_id, owner, clock()):
            return False
        fault_points.crash("mail.before_data")
        connection.deliver(encoded)
        fault_points.crash("mail.after_data")
    except MailLost as error:
        _mark_ended(session, mail_id, "lose", "mail_unknown", error, clock())
    except MailRefused as error:
        if error.passing:
            session.rollback()
            _postpone(session, mail_id, error, clock())
            session.commit()
        else:
            _mark_ended(session, mail_id, "fail", "mail_failed", error, clock())
    except CannotWrite as error:
        session.rollback()
        _mark_ended(session, mail_id, "fail", "mail_failed", error, clock())
    except DecryptionError as error:
        session.rollback()
        _postpone_undecryptable(session, mail_id, error, clock())
        session.commit()
    else:
        _mark_sent(session, mail_id, clock())
        return True
    return False


def _prepare(
    session: Session, mail_service: MailService, mail_id: int, now: datetime
) -> tuple[MailContent, str, str, str, bytes] | None:
    """Compose and encode the mail, with addresses and Message-ID; return None if it is not to be sent any more."""
    mail = session.get_one(Mail, mail_id, populate_existing=True)
    if mail.state != domain.QUEUED:
        return None
    content = mail_service.compose(session, mail)
    sender, recipient = queries.get_sender(session, mail.store_id), mail.recipient or ""
    message_id = mail.message_id or make_msgid(domain=sender.address.rpartition("@")[2])
    try:
        encoded = pack(content, sender, recipient, message_id, now)
    except ValueError as error:
        raise CannotWrite("mail_malformed", str(error)) from error
    if content.attachment is not None and len(content.attachment.content) > domain.LARGEST_ATTACHMENT:
        raise CannotWrite("mail_attachment_large")
    return content, sender.address, recipient, message_id, encoded


def _claim(session: Session, mail_id: int, content: MailContent, message_id: str, owner: str, now: datetime) -> bool:
    """Store that the mail is being sent; return False if it was discarded meanwhile. Commits."""
    mail = _load_locked(session, mail_id)
    if mail.state != domain.QUEUED:
        session.rollback()
        return False
    mail_outbox.apply_transition(mail, "send", now)
    mail.subject, mail.body, mail.message_id = content.subject, content.body, message_id
    mail.tries += 1
    mail.due_at = now + domain.SILENT
    leases.renew(session, LEASE, owner, now)
    outgoing_calls.count(session)
    session.commit()
    return True


def _mark_sent(session: Session, mail_id: int, now: datetime) -> None:
    mail = _load_locked(session, mail_id)
    mail.cause = mail.error_message = None
    mail.sent_at = now
    mail_outbox.apply_transition(mail, "sent", now)
    mail_outbox.record_event(session, "mail_sent", mail, now=now, actor=mail.actor)
    mail_settings.record_server_status(session, None, None, now)
    session.commit()


def _mark_ended(session: Session, mail_id: int, transition: str, event: str, error: MailError, now: datetime) -> None:
    mail = _load_locked(session, mail_id)
    if domain.is_allowed(transition, mail.state):
        if mail.state == domain.QUEUED and isinstance(error, MailRefused):
            # Its addresses were refused before it was claimed.
            mail.tries += 1
        mail.cause, mail.error_message = error.cause, error.words
        mail_outbox.apply_transition(mail, transition, now)
        mail_outbox.record_event(session, event, mail, now=now, actor="schedule")
    session.commit()


def _fail(session: Session, mail: Mail, cause: str, words: str | None, now: datetime) -> None:
    mail.cause, mail.error_message = cause, words
    mail_outbox.apply_transition(mail, "fail", now)
    mail_outbox.record_event(session, "mail_failed", mail, now=now, actor="schedule")


def _postpone(session: Session, mail_id: int, error: MailError, now: datetime) -> None:
    """Reschedule a mail that the server has not accepted, with increasing delays. Does not commit."""
    mail = _load_locked(session, mail_id)
    if mail.state not in {domain.QUEUED, domain.SENDING}:
        return
    if mail.state == domain.QUEUED:
        mail.tries += 1
    mail_outbox.apply_transition(mail, "wait", now)
    mail.cause, mail.error_message = error.cause, error.words
    mail.due_at = now + domain.retry_delay(mail.tries)


def _postpone_undecryptable(session: Session, mail_id: int, error: DecryptionError, now: datetime) -> None:
    """Postpone a mail that cannot be decrypted, so that the others are sent. Does not commit.

    The right key may be restored later. The row is updated without loading it, since loading may be what fails.
    """
    log.error("Mail %s cannot be decrypted and waits: %s", mail_id, error)
    due_at = now + timedelta(hours=1)
    session.execute(
        update(Mail).where(Mail.id == mail_id).values(cause="mail_keys_wrong", due_at=due_at, changed_at=now)
    )


def _load_locked(session: Session, mail_id: int) -> Mail:
    return session.get_one(Mail, mail_id, with_for_update=True, populate_existing=True)
