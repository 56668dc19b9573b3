"""The page of an account's rate limits."""

from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy.orm import Session

from tests.support.order_processing import create_processing_order
from webapp.amazon.rate_limiter import RateLimiter, read_buckets
from webapp.health.quotas import list_quotas
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.mails import Mail
from webapp.queries.waiting_calls import list_all
from webapp.services import schedule
from webapp.services.submissions import cancellations
from webapp.services.sync import backfill, completeness


def use_up(redis: Redis, account_id: int, operation: str) -> None:
    RateLimiter(redis, str(account_id), "person", clock=lambda: 0, wait=lambda _seconds: None).mark_empty(operation)


def test_tokens_what_waits_and_when_it_will_be_done(session: Session, job_queue: Redis) -> None:
    order = create_processing_order(session, invoiced=False)
    account = session.get_one(Account, session.get_one(AmazonOrder, order.amazon_order_id).account_id)
    now = datetime.now(UTC)
    cancellations.request(session, order.amazon_order_id, "NoInventory", undo_seconds=30, now=now, actor="test")
    use_up(job_queue, account.id, "createFeed")

    quotas = {row.operation: row for row in list_quotas(session, job_queue, account, "feed", now)}

    feed = quotas["createFeed"]
    assert (round(feed.tokens), feed.burst, round(feed.rate, 2)) == (0, 15, 29.88)
    ((priority, calls, done_at),) = [(part.priority, part.calls, part.done_at) for part in feed.waiting]
    assert (priority, calls) == ("submission", 1)
    # One call, and the one of the reserve for people, at 0.0083 a second.
    assert timedelta(seconds=200) < done_at - now < timedelta(seconds=245)
    assert [part.calls for part in quotas["getOrder"].waiting] == [2]
    assert [part.calls for part in quotas["createFeedDocument"].waiting] == [1]
    assert [part.calls for part in quotas["getFeedDocument"].waiting] == [1]
    assert quotas["getOrder"].waiting[0].done_at == now


def test_every_operation_that_waits_is_counted(session: Session, job_queue: Redis) -> None:
    order = create_processing_order(session, invoiced=False)
    account = session.get_one(Account, session.get_one(AmazonOrder, order.amazon_order_id).account_id)
    now = datetime.now(UTC)
    backfill.start(session, account.id, 90, method="report", now=now, actor="test")
    week = (now - timedelta(days=7), now)
    backfill.add(session, account, *week, method="search", now=now, actor="test")
    completeness.request(session, account.id, now=now)
    about = {"kind": "unexpectedProblem", "via": "amazon", "state": "queued", "due_at": now, "actor": "test"}
    times = {"created_at": now, "queued_at": now, "changed_at": now}
    session.add(Mail(order_id=order.id, store_id=order.store_id, **about, **times))
    for key in (f"sync_account-{account.id}", "check_refunds"):
        job = schedule.ensure(session, key, key.partition("-")[0], [], 60, now)
        job.next_run_at = now
    session.commit()

    calls = {(row.operation, row.priority): row.calls for row in list_all(session, account.id, "feed", now)}

    # Three windows of 30 days, and the completeness check.
    for operation in ("createReport", "getReport", "getReportDocument"):
        assert calls[operation, "backfill"] == 4
    assert calls["searchOrders", "backfill"] == calls["searchOrders", "sync"] == 1
    assert calls["getMessagingActionsForOrder", "submission"] == calls["createUnexpectedProblem", "submission"] == 1
    assert calls["listTransactions", "sync"] == 1


def test_reading_takes_no_token(job_queue: Redis) -> None:
    use_up(job_queue, 1, "searchOrders")
    job_queue.hset("channeldesk:amazon:bucket:1:searchOrders", "tokens", "7")
    for _ in range(20):
        (bucket,) = [bucket for bucket in read_buckets(job_queue, "1") if bucket.operation == "searchOrders"]
        assert 7 <= bucket.tokens < 8


def test_the_page_shows_operations_that_were_called(
    owner_client: FlaskClient, session: Session, job_queue: Redis
) -> None:
    order = create_processing_order(session, invoiced=False)
    account_id = session.get_one(AmazonOrder, order.amazon_order_id).account_id
    session.rollback()
    use_up(job_queue, account_id, "searchOrders")
    page = owner_client.get(f"/accounts/{account_id}/quotas").text
    assert "searchOrders" in page
    assert "cancelReport" not in page
    assert f"/accounts/{account_id}/quotas" in owner_client.get(f"/accounts/{account_id}").text
    assert owner_client.get("/accounts/99/quotas").status_code == 404
