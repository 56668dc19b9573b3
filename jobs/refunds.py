"""Job that compares refunds with Amazon's payments."""

import logging
from datetime import UTC, datetime

from sqlalchemy import select

from jobs.gateways import open_gateway
from webapp.core.extensions import db
from webapp.domain.amazon.errors import AmazonError
from webapp.models.accounts import Account
from webapp.services.invoicing import refund_check

log = logging.getLogger(__name__)


def check_refunds() -> None:
    """Check each account. The error of one is raised after the others were checked."""
    session = db.session()
    last_error: AmazonError | None = None
    for account_id in session.scalars(select(Account.id).order_by(Account.id)).all():
        try:
            with open_gateway(session, account_id, priority="sync") as gateway:
                refund_check.check_account(session, gateway, account_id, clock=lambda: datetime.now(UTC))
        except AmazonError as error:
            session.rollback()
            log.warning("the refunds of account %s are checked later: %s", account_id, error.message)
            last_error = error
    if last_error is not None:
        raise last_error
