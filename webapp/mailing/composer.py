"""Compose mails in the store's language. `SmtpMailService` is the MailService that is passed to services."""

import logging
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from email.utils import make_msgid

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

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
from webapp.printing import renderer
from webapp.queries import mails as queries

log = logging.getLogger(__name__)

# Language tags of HTML, if they differ from ours.
HTML_LANGUAGES = {"zh": "zh-Hans"}


class SmtpMailService:
    """Composes mails with the current templates, and opens SMTP connections."""

    def compose(self, session: Session, mail: Mail) -> MailContent:
        """Return the stored text of the mail, or render its template. Raises CannotWrite."""
        try:
            return _compose(session, mail)
        except (CannotWrite, SQLAlchemyError, DecryptionError):
            raise
        except Exception as error:
            # An unexpected error with one mail must not stop the others.
            log.exception("Mail %s cannot be composed", mail.id)
            raise CannotWrite("mail_unwritable") from error

    def connect(self, server: Server) -> AbstractContextManager[smtp.SmtpConnection]:
        return smtp.connect(server)


def _compose(session: Session, mail: Mail) -> MailContent:
    subject, body = mail.subject, mail.body
    if subject is None or body is None:
        subject, body = render(session, mail.order, mail.kind, mail.document_id, mail.comment_id, mail.language)
    attachment = _load_document(session, mail) if mail.attach else None
    language = find_supported_language(mail.language)
    return MailContent(subject, body, HTML_LANGUAGES.get(language, language), attachment)


def _load_document(session: Session, mail: Mail) -> Attachment:
    """Render the mail's document as a PDF attachment. Raises CannotWrite."""
    document_id = mail.document_id or 0
    try:
        content = renderer.render_documents(session, [(mail.kind, document_id)])
    except NotFoundError as error:
        raise CannotWrite("mail_document_gone") from error
    number = session.scalars(select(queries.MODELS[mail.kind].number).filter_by(id=document_id)).one()
    return Attachment(f"{mail.kind.replace('_', '-')}-{number}.pdf", content)


def render(
    session: Session,
    order: Order,
    kind: str,
    document_id: int | None = None,
    comment_id: int | None = None,
    language: str = "",
) -> tuple[str, str]:
    """Render subject and body of the template for an order. Raises CannotWrite."""
    language = find_supported_language(language or order.store.language)
    comment = session.get(Comment, comment_id) if comment_id is not None else None
    values = template_context.build_order_values(
        session, order, kind, document_id, language, comment.text if comment else ""
    )
    return mail_templates.write(*load_template(session, kind, language), values)


def load_template(session: Session, kind: str, language: str) -> Template:
    """Return the changed template, or the default."""
    row = session.get(MailTemplate, (kind, language))
    return Template(row.subject, row.body) if row is not None else load_default_template(kind, language)


def load_default_template(kind: str, language: str) -> Template:
    say = catalogues.load_catalogue(language, "mails").gettext
    default = DEFAULTS[kind]
    return Template(say(default.subject), say(default.body))


def find_supported_language(language: str) -> str:
    """Return the language if it is supported, else the default one."""
    return language if language in LANGUAGES else DEFAULT


def build_placeholder_values(
    session: Session, order: Order, kind: str, document_id: int | None, language: str
) -> dict[str, str]:
    """Return the values of a template's placeholders for an order, with a sample comment. Raises CannotWrite."""
    comment = catalogues.load_catalogue(language, "mails").gettext(WORDS["comment"])
    return template_context.build_order_values(session, order, kind, document_id, language, comment)


def sample_values(session: Session, kind: str, language: str) -> dict[str, str]:
    """Return sample values for the preview of a template."""
    return template_context.sample_values(session, kind, language)


def send_test(server: Server, sender: Sender, to: str, subject: str, body: str) -> None:
    """Send one mail immediately, to test the settings. Raises MailError."""
    message_id = make_msgid(domain=sender.address.rpartition("@")[2])
    encoded = pack(MailContent(subject, body), sender, to, message_id, datetime.now(UTC))
    with smtp.connect(server) as connection:
        connection.offer(sender.address, to)
        connection.deliver(encoded)
