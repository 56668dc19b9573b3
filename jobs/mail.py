"""Jobs that send e-mails through the mail server and messages through Amazon's Messaging API."""

from datetime import UTC, datetime

from webapp.amazon.gateway import Amazon
from webapp.core import queue
from webapp.core.extensions import db
from webapp.mailing.composer import SmtpMailService
from webapp.services.accounts import accounts
from webapp.services.mail import amazon_messaging
from webapp.services.mail import sender as mail_sender


def send_mails() -> None:
    mail_sender.send_due(db.session(), SmtpMailService(), clock=lambda: datetime.now(UTC))


def send_messages(account_id: int) -> None:
    session = db.session()
    credentials = accounts.get_credentials(accounts.find_by_id(session, account_id))
    session.commit()
    with Amazon(credentials, queue.redis(), priority="submission") as gateway:
        amazon_messaging.process_due(session, gateway, account_id, clock=lambda: datetime.now(UTC))
