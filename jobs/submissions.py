"""Jobs that send submissions to Amazon and check them, and that read single orders."""

from datetime import UTC, datetime

from jobs import base
from jobs.gateways import open_gateway
from webapp.core.extensions import db, settings
from webapp.models.amazon_orders import AmazonOrder
from webapp.services.submissions import processor as submission_processor
from webapp.services.sync import run as sync_run


def advance_submissions(account_id: int) -> None:
    session = db.session()
    with open_gateway(session, account_id, priority="submission") as gateway:
        submission_processor.run(
            session,
            gateway,
            account_id,
            clock=lambda: datetime.now(UTC),
            feed_interval=settings().feed_interval,
            method=settings().cancel_method,
            started_at=base.started_at(),
        )


def refresh_order(amazon_order_id: int) -> None:
    """Read one order from Amazon with high priority, for a user who waits for it."""
    session = db.session()
    order = session.get_one(AmazonOrder, amazon_order_id)
    with open_gateway(session, order.account_id, priority="person", max_wait=20.0) as gateway:
        sync_run.refresh_order(session, gateway, order, now=datetime.now(UTC), actor="amazon")
