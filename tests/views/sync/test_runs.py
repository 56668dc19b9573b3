"""The Sync runs pages, the quarantine, and the age of Amazon's data."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.account_harness import AccountHarness
from tests.support.factories import NOW, an_account
from tests.support.pages import HTMX
from webapp.domain.amazon.types import UnparseableOrder
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder, QuarantinedOrder
from webapp.models.audit_log import Event
from webapp.models.recurring_jobs import RecurringJob
from webapp.models.sync_runs import SyncRun
from webapp.services.sync import quarantine

SECRET = "Recipient Number1"


@pytest.fixture
def desk_account(monday, session: Session) -> Account:
    return an_account(session)


@pytest.fixture
def run(session: Session, desk_account: Account):
    """Write a run that began `minutes` ago and took 90 seconds."""

    def run(state: str = "done", minutes: int = 10, **more) -> SyncRun:
        began = NOW - timedelta(minutes=minutes)
        fields = {"ended_at": None if state == "running" else began + timedelta(seconds=90), "updated_after": began}
        made = SyncRun(account_id=desk_account.id, actor="schedule", state=state, started_at=began, **fields | more)
        session.add(made)
        session.commit()
        return made

    return run


@pytest.fixture
def kept(session: Session, desk_account: Account) -> QuarantinedOrder:
    body = {"orderId": "303-0000000-0000009", "recipient": SECRET}
    unreadable = UnparseableOrder(number="303-0000000-0000009", cause="purchaseDate is missing", raw=body)
    quarantine.add(session, desk_account.id, [unreadable], NOW)
    session.commit()
    return session.scalars(select(QuarantinedOrder)).one()


def test_a_run_says_what_it_brought_and_how_long_it_took(owner_client, run):
    run(pages=2, received=150, new=41, changed=32, same=77, orders_created=38)
    page = owner_client.get("/syncs").text
    for text in ("Desk", "Done", "1 min 30 s", ">150<", ">41<", ">32<", ">77<", ">38<"):
        assert text in page, text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "under 0.1 s"), (1.44, "1.4 s"), (12.4, "12 s"), (59.9, "60 s"), (185, "3 min 5 s")]
)
def test_a_duration_is_as_exact_as_it_is_useful(owner_client, run, seconds, text):
    began = NOW - timedelta(minutes=10)
    made = run(ended_at=began + timedelta(seconds=seconds))
    assert f"<dd>{text}</dd>" in owner_client.get(f"/syncs/{made.id}").text.replace("&lt;", "<")


def test_a_failure_says_its_cause_amazons_words_and_the_request_id(owner_client, run):
    failed = run("failed", cause="throttled", message="You exceeded your quota.", request_id="REQUEST-1")
    for page in ("/syncs", f"/syncs/{failed.id}"):
        text = owner_client.get(page).text
        for said in ("rate limit was reached", "You exceeded your quota.", "REQUEST-1", 'data-copy="REQUEST-1"'):
            assert said in text
    assert "Sync now" in owner_client.get(f"/syncs/{failed.id}").text


def test_refused_credentials_lead_to_the_account(owner_client, run):
    failed = run("failed", cause="bad_credentials", message="invalid grant")
    page = owner_client.get(f"/syncs/{failed.id}").text
    assert f'href="/accounts/{failed.account_id}"' in page
    assert "Enter new credentials" in page


def test_an_interrupted_run_says_so(owner_client, run):
    lost = run("lost")
    assert "Interrupted" in owner_client.get("/syncs").text
    assert "The sync was interrupted" in owner_client.get(f"/syncs/{lost.id}").text


def test_filters_narrow_the_runs(owner_client, run):
    run("done", minutes=10)
    run("failed", minutes=20, cause="unavailable")
    run("done", minutes=60 * 24)
    for query, expected in [
        ("outcome=failed", {2}),
        ("account=1", {1, 2, 3}),
        ("account=77", set()),
        ("started_from=2026-03-02", {1, 2}),
        ("started_to=2026-03-01", {3}),
        ("started_from=2026-03-02&started_to=2026-03-01", set()),
        ("started_from=nonsense", set()),
    ]:
        page = owner_client.get(f"/syncs?{query}").text
        assert {n for n in (1, 2, 3) if f'href="/syncs/{n}"' in page} == expected, (query, expected)


def test_the_first_page_keeps_itself_new_and_faster_while_one_runs(owner_client, run):
    run("done")
    assert 'hx-trigger="every 10s"' in owner_client.get("/syncs", headers=HTMX).text
    running = run("running", minutes=1)
    assert 'hx-trigger="every 2s"' in owner_client.get("/syncs", headers=HTMX).text
    assert 'hx-trigger="every 2s"' in owner_client.get(f"/syncs/{running.id}", headers=HTMX).text


def test_sync_now_lets_the_scheduler_ring_at_once(session, owner_client, desk_account, post):
    job = session.scalars(select(RecurringJob)).one()
    job.next_run_at = NOW + timedelta(hours=1)
    session.commit()
    answer = post(owner_client, "/syncs", data={"account": desk_account.id})
    assert (answer.status_code, answer.location) == (303, f"/syncs?account={desk_account.id}")
    session.refresh(job)
    assert job.next_run_at == NOW
    assert post(owner_client, "/syncs", data={"account": 99}).status_code == 404
    assert post(owner_client, "/syncs").status_code == 404


def test_who_only_looks_cannot_sync(viewer_client, run, post):
    failed = run("failed", cause="unavailable")
    assert "Sync now" not in viewer_client.get("/syncs").text + viewer_client.get(f"/syncs/{failed.id}").text
    assert post(viewer_client, "/syncs", data={"account": failed.account_id}).status_code == 403


def test_the_quarantine_lists_what_cannot_be_read_without_showing_it(owner_client, kept):
    assert "1 order from Amazon cannot be read" in owner_client.get("/syncs").text
    page = owner_client.get("/syncs/quarantine?waiting=1").text
    assert "303-0000000-0000009" in page
    assert "purchaseDate is missing" in page
    assert SECRET not in page + owner_client.get(f"/syncs/quarantine/{kept.id}").text


def test_what_amazon_sent_is_shown_to_who_may_see_it_and_that_is_written_down(
    session, owner_client, viewer_client, kept, post
):
    assert "reveals" not in viewer_client.get(f"/syncs/quarantine/{kept.id}").text
    assert post(viewer_client, f"/syncs/quarantine/{kept.id}/reveals").status_code == 403
    assert SECRET in post(owner_client, f"/syncs/quarantine/{kept.id}/reveals").text
    looked = session.scalars(select(Event).where(Event.kind == "quarantine_revealed")).one()
    assert (looked.args, looked.actor.startswith("user:")) == ({"number": "303-0000000-0000009"}, True)


def test_an_order_without_a_number_says_why_it_cannot_be_asked_for(session, owner_client, desk_account, post):
    quarantine.add(session, desk_account.id, [UnparseableOrder(cause="it is not an object", raw=[])], NOW)
    session.commit()
    assert "has no order number" in owner_client.get("/syncs/quarantine/1").text
    assert post(owner_client, "/syncs/quarantine/1/reads").status_code == 409
    assert owner_client.get("/syncs/quarantine/9").status_code == 404


def quarantined(harness: AccountHarness, number: str) -> QuarantinedOrder:
    """A body of this order that could not be read."""
    body = UnparseableOrder(number=number, cause="purchaseDate is missing", raw={"orderId": number})
    quarantine.add(harness.session, harness.account.id, [body], harness.clock())
    harness.session.commit()
    return harness.session.scalars(select(QuarantinedOrder)).one()


def test_read_again_asks_amazon_and_lets_the_order_go(
    app: Flask, redis: Redis, owner_client: FlaskClient, harness: AccountHarness, post
):
    app.extensions["channeldesk_redis"] = redis
    number = harness.world.place("DE")
    row = quarantined(harness, number)
    answer = post(owner_client, f"/syncs/quarantine/{row.id}/reads")
    assert (answer.status_code, answer.location) == (303, "/syncs/quarantine")
    harness.session.expire_all()
    assert harness.session.scalars(select(AmazonOrder.number)).all() == [number]
    assert row.resolved_at is not None
    harness.session.commit()
    assert f"Order {number} can be read now." in owner_client.get("/syncs/quarantine").text


def test_read_again_says_why_it_still_cannot_be_read(
    app: Flask, redis: Redis, owner_client: FlaskClient, harness: AccountHarness, post
):
    app.extensions["channeldesk_redis"] = redis
    row = quarantined(harness, harness.world.place("DE"))
    harness.world.faults.arm("unreadable_order", "getOrder", times=None)
    post(owner_client, f"/syncs/quarantine/{row.id}/reads")
    harness.session.refresh(row)
    assert row.resolved_at is None
    harness.session.commit()
    assert "still cannot be read" in owner_client.get("/syncs/quarantine").text


def test_the_age_of_the_data_is_that_of_the_account_that_is_worst_off(session, owner_client, desk_account):
    other = an_account(session, name="Other", seller_id="A2SELLER")
    desk_account.last_synced_at = NOW - timedelta(minutes=2)
    other.last_synced_at = NOW - timedelta(minutes=4)
    session.commit()
    page = owner_client.get("/syncs/data-age", headers=HTMX).text
    assert "4 minutes ago" in page
    assert "tone-good" in page
    assert f"account={other.id}" in page


def test_data_older_than_three_intervals_raises_the_alarm(session, owner_client, desk_account):
    desk_account.last_synced_at = NOW - timedelta(minutes=9)
    session.commit()
    assert "tone-good" in owner_client.get("/syncs/data-age", headers=HTMX).text
    desk_account.last_synced_at = NOW - timedelta(minutes=9, seconds=1)
    session.commit()
    assert "tone-bad" in owner_client.get("/syncs/data-age", headers=HTMX).text


def test_an_account_in_trouble_raises_the_alarm_and_leads_there(session, owner_client, viewer_client, desk_account):
    an_account(session, name="Other", seller_id="A2SELLER").last_synced_at = NOW - timedelta(minutes=2)
    desk_account.last_synced_at, desk_account.error_code = NOW, "bad_credentials"
    session.commit()
    page = owner_client.get("/syncs/data-age", headers=HTMX).text
    assert "tone-bad" in page
    assert f'href="/accounts/{desk_account.id}"' in page
    assert f'href="/syncs?account={desk_account.id}"' in viewer_client.get("/syncs/data-age", headers=HTMX).text


def test_an_account_never_synced_is_late_once_it_should_have_been(session, owner_client, desk_account, monday):
    page = owner_client.get("/syncs/data-age", headers=HTMX).text
    assert "No data from Amazon yet" in page
    assert "tone-bad" not in page
    monday.shift(timedelta(minutes=10))
    assert "tone-bad" in owner_client.get("/syncs/data-age", headers=HTMX).text


def test_without_accounts_nothing_is_said(owner_client):
    assert owner_client.get("/syncs/data-age", headers=HTMX).text.strip() == ""
