"""The jobs of the background queue, each as a whole."""

from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis
from sqlalchemy.orm import Session

from jobs.housekeeping import run_housekeeping
from jobs.refunds import check_refunds
from tests.support.factories import an_account
from webapp.domain.amazon.errors import AmazonError
from webapp.models.accounts import Account
from webapp.models.retention import RetentionSetting


@pytest.fixture
def unreachable(session: Session) -> Account:
    """An account at an address where nothing answers."""
    account = an_account(session, endpoint="http://127.0.0.1:9", token_url="http://127.0.0.1:9/token")
    account.created_at = datetime.now(UTC) - timedelta(days=3)
    session.commit()
    return account


def test_the_refund_check_goes_on_after_an_account_that_fails(
    session: Session, unreachable: Account, demo_account: Account, job_queue: Redis
) -> None:
    assert unreachable.id < demo_account.id
    demo_account.created_at = datetime.now(UTC) - timedelta(days=3)
    session.commit()
    with pytest.raises(AmazonError):
        check_refunds()
    session.expire_all()
    assert demo_account.finances_until is not None
    assert unreachable.finances_until is None


def test_housekeeping_notes_its_run_for_every_rule(session: Session, job_queue: Redis) -> None:
    run_housekeeping()
    assert session.get_one(RetentionSetting, "events").run_at is not None
