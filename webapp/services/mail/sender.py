"""Sending what the outbox holds: each mail at most once without a person's word, and none forgotten."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from email.utils import make_msgid
from typing import Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.core import fault_points
from webapp.db import leases
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
from webapp.queries import mails as queries
from webapp.services.mail import outbox as mail_outbox
from webapp.services.mail import settings as mail_settings

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]

LEASE = "mails"
# So many in a run, so that it ends in time when the desk is stopped; the next one begins within a second.
MOST = 20


class MailConnection(Protocol):
    """An open connection to a mail server."""

    def offer(self, sender: str, recipient: str) -> None:
        """Name sender and recipient. Raises MailRefused, or ServerTrouble when the connection is gone."""
        ...

    def deliver(self, content: bytes) -> None:
        """Hand over the mail that was offered. Raises MailRefused, or MailLost when it may have been taken."""
        ...


class MailService(Protocol):
    """Who writes mails out and speaks to mail servers; the verbs know neither templates nor SMTP."""

    def compose(self, session: Session, mail: Mail) -> MailContent:
        """Reads only. Raises CannotWrite."""
        ...

    def connect(self, server: Server) -> AbstractContextManager[MailConnection]:
        """Raises ServerTrouble."""
        ...


def send_due(session: Session, office: MailService, *, clock: Clock) -> int:
    """Send what is due; answers how many were sent. Raises BusyError while another is at it.

    A mail says `sending` before its text goes out. Who finds it so later cannot know whether it arrived: a person
    decides then. What the server refused for now waits; what it refused for good has failed, with the server's words.
    """
    owner = leases.acquire(session, LEASE, clock(), "mails_running")
    try:
        due = _settle(session, queries.due(session, clock(), MOST), clock())
        server = queries.server(session)
        session.rollback()
        return (
            _send_all(session, office, server, due, owner, clock)
            if due and server
            else _wait_all(session, due, clock())
        )
    finally:
        session.rollback()
        leases.release(session, LEASE, owner)


def _settle(session: Session, due: list[int], now: datetime) -> list[int]:
    """What a dead process left on its way may have arrived. Answers those that are to be sent."""
    for mail_id in due:
        try:
            mail = _fresh(session, mail_id)
        except DecryptionError as error:
            _wait_for_keys(session, mail_id, error, now)
            continue
        if mail.state == domain.SENDING:
            mail.cause = "mail_interrupted"
            mail_outbox.move(mail, "lose", now)
            mail_outbox.log_event(session, "mail_unknown", mail, now=now, actor="schedule")
        elif now - mail.queued_at > domain.LONGEST_WAIT:
            _fail(session, mail, mail.cause or "mail_gave_up", mail.error_message, now)
    session.commit()
    waiting = select(Mail.id).where(Mail.id.in_(due), Mail.state == domain.QUEUED, Mail.due_at <= now)
    left = set(session.scalars(waiting))
    return [mail_id for mail_id in due if mail_id in left]


def _wait_all(session: Session, due: list[int], now: datetime) -> int:
    """The server was taken away meanwhile."""
    for mail_id in due:
        mail = _fresh(session, mail_id)
        if mail.state == domain.QUEUED:
            mail.cause, mail.due_at = "mail_not_configured", now + timedelta(hours=1)
    session.commit()
    return 0


def _send_all(session: Session, office: MailService, server: Server, due: list[int], owner: str, clock: Clock) -> int:
    sent, left = 0, list(due)
    try:
        with office.connect(server) as line:
            while left:
                sent += _send(session, office, line, left[0], owner, clock)
                left.pop(0)
    except ServerTrouble as trouble:
        # Nobody's mail is to blame, so all of them wait.
        session.rollback()
        for mail_id in left:
            _postpone(session, mail_id, trouble, clock())
        mail_settings.note_trouble(session, trouble.cause, trouble.words, clock())
        session.commit()
    return sent


def _send(session: Session, office: MailService, line: MailConnection, mail_id: int, owner: str, clock: Clock) -> bool:
    try:
        with read_only():
            ready = _ready(session, office, mail_id, clock())
            session.rollback()
        if ready is None:
            return False
        letter, sender, recipient, message_id, content = ready
        line.offer(sender, recipient)
        if not _claim(session, mail_id, letter, message_id, owner, clock()):
            return False
        fault_points.crash("mail.before_data")
        line.deliver(content)
        fault_points.crash("mail.after_data")
    except MailLost as error:
        _end(session, mail_id, "lose", "mail_unknown", error, clock())
    except MailRefused as error:
        if error.passing:
            session.rollback()
            _postpone(session, mail_id, error, clock())
            session.commit()
        else:
            _end(session, mail_id, "fail", "mail_failed", error, clock())
    except CannotWrite as error:
        session.rollback()
        _end(session, mail_id, "fail", "mail_failed", error, clock())
    except DecryptionError as error:
        session.rollback()
        _wait_for_keys(session, mail_id, error, clock())
        session.commit()
    else:
        _sent(session, mail_id, clock())
        return True
    return False


def _ready(
    session: Session, office: MailService, mail_id: int, now: datetime
) -> tuple[MailContent, str, str, str, bytes] | None:
    """The mail as it will go out, with the addresses and its Message-ID; None when it is not to be sent any more."""
    mail = session.get_one(Mail, mail_id, populate_existing=True)
    if mail.state != domain.QUEUED:
        return None
    letter = office.compose(session, mail)
    sender, recipient = queries.sender(session, mail.store_id), mail.recipient or ""
    message_id = mail.message_id or make_msgid(domain=sender.address.rpartition("@")[2])
    try:
        content = pack(letter, sender, recipient, message_id, now)
    except ValueError as error:
        raise CannotWrite("mail_malformed", str(error)) from error
    if letter.attachment is not None and len(letter.attachment.content) > domain.LARGEST_ATTACHMENT:
        raise CannotWrite("mail_attachment_large")
    return letter, sender.address, recipient, message_id, content


def _claim(session: Session, mail_id: int, letter: MailContent, message_id: str, owner: str, now: datetime) -> bool:
    """Write down what is about to go out. False when somebody dropped it, or another has taken over."""
    mail = _fresh(session, mail_id)
    if mail.state != domain.QUEUED:
        session.rollback()
        return False
    mail_outbox.move(mail, "send", now)
    mail.subject, mail.body, mail.message_id = letter.subject, letter.body, message_id
    mail.tries += 1
    mail.due_at = now + domain.SILENT
    leases.renew(session, LEASE, owner, now)
    session.commit()
    return True


def _sent(session: Session, mail_id: int, now: datetime) -> None:
    mail = _fresh(session, mail_id)
    mail.cause = mail.error_message = None
    mail.sent_at = now
    mail_outbox.move(mail, "sent", now)
    mail_outbox.log_event(session, "mail_sent", mail, now=now, actor=mail.actor)
    mail_settings.note_trouble(session, None, None, now)
    session.commit()


def _end(session: Session, mail_id: int, move: str, event: str, error: MailError, now: datetime) -> None:
    mail = _fresh(session, mail_id)
    if domain.is_allowed(move, mail.state):
        if mail.state == domain.QUEUED and isinstance(error, MailRefused):
            # Refused by its addresses, before it was claimed.
            mail.tries += 1
        mail.cause, mail.error_message = error.cause, error.words
        mail_outbox.move(mail, move, now)
        mail_outbox.log_event(session, event, mail, now=now, actor="schedule")
    session.commit()


def _fail(session: Session, mail: Mail, cause: str, words: str | None, now: datetime) -> None:
    mail.cause, mail.error_message = cause, words
    mail_outbox.move(mail, "fail", now)
    mail_outbox.log_event(session, "mail_failed", mail, now=now, actor="schedule")


def _postpone(session: Session, mail_id: int, error: MailError, now: datetime) -> None:
    """Surely not taken: in line again, each time for a little longer. Does not commit."""
    mail = _fresh(session, mail_id)
    if mail.state not in {domain.QUEUED, domain.SENDING}:
        return
    if mail.state == domain.QUEUED:
        mail.tries += 1
    mail_outbox.move(mail, "wait", now)
    mail.cause, mail.error_message = error.cause, error.words
    mail.due_at = now + domain.next_try(mail.tries)


def _wait_for_keys(session: Session, mail_id: int, error: DecryptionError, now: datetime) -> None:
    """Let a mail wait that cannot be decrypted, and those behind it go on. Does not commit.

    The right key may be put back. The row is not loaded, since that may be what fails.
    """
    log.error("Mail %s cannot be decrypted and waits: %s", mail_id, error)
    due_at = now + timedelta(hours=1)
    session.execute(
        update(Mail).where(Mail.id == mail_id).values(cause="mail_keys_wrong", due_at=due_at, changed_at=now)
    )


def _fresh(session: Session, mail_id: int) -> Mail:
    return session.get_one(Mail, mail_id, with_for_update=True, populate_existing=True)
