"""Job that imports changed orders from Amazon."""

from datetime import UTC, datetime

from webapp.amazon.gateway import Amazon
from webapp.core import queue
from webapp.core.extensions import db
from webapp.services.accounts import accounts
from webapp.services.sync import run as sync_run


def sync_account(account_id: int) -> None:
    session = db.session()
    credentials = accounts.credentials_of(accounts.find(session, account_id))
    session.commit()
    with Amazon(credentials, queue.redis(), priority="sync") as gateway:
        sync_run.sync_account(session, gateway, account_id, clock=lambda: datetime.now(UTC), actor="schedule")
