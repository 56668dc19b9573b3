"""Mails written out in the store's language, and handed to a mail server. The verbs are given an `Office`."""

import logging
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from email.utils import make_msgid

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp import printing
from webapp.core.i18n import catalogues
from webapp.db.encryption import DecryptionError
from webapp.domain.common.languages import DEFAULT, LANGUAGES
from webapp.domain.errors import NotFoundError
from webapp.domain.mail import templates as mail_templates
from webapp.domain.mail.errors import CannotWrite
from webapp.domain.mail.mime import (
    Attachment,
    MailContent,
    Sender,
    Server,
    pack,
)
from webapp.mailing import smtp, template_context
from webapp.mailing.default_templates import DEFAULTS, WORDS, Template
from webapp.models.comments import Comment
from webapp.models.mail_settings import MailTemplate
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.queries import mails as queries

log = logging.getLogger(__name__)

# As HTML names them.
HTML_LANGUAGES = {"zh": "zh-Hans"}


class SmtpMailService:
    """Writes mails by the templates as they are now, and opens connections."""

    def compose(self, session: Session, mail: Mail) -> MailContent:
        """What the mail says: as a person wrote it or as it went out before, else by its template."""
        try:
            return _letter(session, mail)
        except (CannotWrite, SQLAlchemyError, DecryptionError):
            raise
        except Exception as error:
            # Whatever is wrong with one mail must not hold up those behind it.
            log.exception("Mail %s cannot be written", mail.id)
            raise CannotWrite("mail_unwritable") from error

    def connect(self, server: Server) -> AbstractContextManager[smtp.Connection]:
        return smtp.connect(server)


def _letter(session: Session, mail: Mail) -> MailContent:
    subject, body = mail.subject, mail.body
    if subject is None or body is None:
        subject, body = written(session, mail.order, mail.kind, mail.document_id, mail.comment_id, mail.language)
    attachment = _document(session, mail) if mail.attach else None
    language = known(mail.language)
    return MailContent(subject, body, HTML_LANGUAGES.get(language, language), attachment)


def _document(session: Session, mail: Mail) -> Attachment:
    """The mail's document on paper. Raises CannotWrite."""
    document_id = mail.document_id or 0
    try:
        content = printing.many(session, [(mail.kind, document_id)])
    except NotFoundError as error:
        raise CannotWrite("mail_document_gone") from error
    number = session.scalars(select(queries.MODELS[mail.kind].number).filter_by(id=document_id)).one()
    return Attachment(f"{mail.kind.replace('_', '-')}-{number}.pdf", content)


def written(
    session: Session,
    order: Order,
    kind: str,
    document_id: int | None = None,
    comment_id: int | None = None,
    language: str = "",
) -> tuple[str, str]:
    """Subject and body as the template writes them for this order. Raises CannotWrite."""
    language = known(language or order.store.language)
    comment = session.get(Comment, comment_id) if comment_id is not None else None
    found = template_context.of_order(session, order, kind, document_id, language, comment.text if comment else "")
    return mail_templates.write(*template(session, kind, language), found)


def template(session: Session, kind: str, language: str) -> Template:
    """As a person changed it, or as it is shipped."""
    row = session.get(MailTemplate, (kind, language))
    return Template(row.subject, row.body) if row is not None else shipped(kind, language)


def shipped(kind: str, language: str) -> Template:
    say = catalogues.catalogue(language, "mails").gettext
    default = DEFAULTS[kind]
    return Template(say(default.subject), say(default.body))


def known(language: str) -> str:
    """A language the house speaks: a row of an older version may name another."""
    return language if language in LANGUAGES else DEFAULT


def values_of(session: Session, order: Order, kind: str, document_id: int | None, language: str) -> dict[str, str]:
    """What stands in a template's places for this order, with the sample's comment. Raises CannotWrite."""
    comment = catalogues.catalogue(language, "mails").gettext(WORDS["comment"])
    return template_context.of_order(session, order, kind, document_id, language, comment)


def sample(session: Session, kind: str, language: str) -> dict[str, str]:
    """Values of an order there is not, to look at a template with."""
    return template_context.sample(session, kind, language)


def send_test(server: Server, sender: Sender, to: str, subject: str, body: str) -> None:
    """Send one mail at once, for somebody who waits to see what the server says. Raises MailError."""
    letter = MailContent(subject, body)
    message_id = make_msgid(domain=sender.address.rpartition("@")[2])
    content = pack(letter, sender, to, message_id, datetime.now(UTC))
    with smtp.connect(server) as line:
        line.offer(sender.address, to)
        line.deliver(content)
