"""Telling Amazon what was clicked, and following it until Amazon has proved it."""

from datetime import UTC, datetime

from webapp import queue
from webapp.actions import accounts, advancing
from webapp.amazon import Amazon
from webapp.extensions import db, settings


def advance_submissions(account_id: int) -> None:
    session = db.session()
    keys = accounts.credentials(accounts.find(session, account_id))
    session.commit()
    with Amazon(keys, queue.redis(), lane="submission") as port:
        advancing.advance(
            session,
            port,
            account_id,
            clock=lambda: datetime.now(UTC),
            feed_interval=settings().feed_interval,
            method=settings().cancel_method,
        )
