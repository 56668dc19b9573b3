"""Writing to buyers: through the mail server, and through Amazon's own Messaging."""

from datetime import UTC, datetime

from webapp import queue
from webapp.actions import accounts, messages, sending_mails
from webapp.amazon import Amazon
from webapp.extensions import db
from webapp.mailing import Office


def send_mails() -> None:
    sending_mails.send_due(db.session(), Office(), clock=lambda: datetime.now(UTC))


def send_messages(account_id: int) -> None:
    session = db.session()
    keys = accounts.credentials(accounts.find(session, account_id))
    session.commit()
    with Amazon(keys, queue.redis(), lane="submission") as port:
        messages.advance(session, port, account_id, clock=lambda: datetime.now(UTC))
