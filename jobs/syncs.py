"""Fetching what changed at Amazon."""

from datetime import UTC, datetime

from webapp import queue
from webapp.actions import accounts, syncing
from webapp.amazon import Amazon
from webapp.extensions import db


def sync_account(account_id: int) -> None:
    session = db.session()
    keys = accounts.credentials(accounts.find(session, account_id))
    session.commit()
    with Amazon(keys, queue.redis(), lane="sync") as port:
        syncing.sync_account(session, port, account_id, clock=lambda: datetime.now(UTC), by="schedule")
