"""Jobs that send e-mails through the mail server and messages through Amazon's Messaging API."""

from datetime import UTC, datetime

from jobs.gateways import open_gateway
from webapp.core.extensions import db
from webapp.mailing.composer import SmtpMailService
from webapp.services.mail import amazon_messaging
from webapp.services.mail import sender as mail_sender


def send_mails() -> None:
    mail_sender.send_due(db.session(), SmtpMailService(), clock=lambda: datetime.now(UTC))


def send_messages(account_id: int) -> None:
    session = db.session()
    with open_gateway(session, account_id, priority="submission") as gateway:
        amazon_messaging.process_due(session, gateway, account_id, clock=lambda: datetime.now(UTC))
