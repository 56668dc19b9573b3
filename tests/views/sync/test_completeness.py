"""The completeness ledger, and fetching one order from Amazon."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from webapp.models.amazon_orders import AmazonOrder
from webapp.models.completeness import CompletenessCheck, CompletenessDay
from webapp.models.reported_orders import OrderRead

NOW = datetime.now(UTC)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def gap(session, demo_account):
    """A day with one missing order."""
    store = demo_account.stores[0]
    counts = {"at_amazon": 58, "here": 57, "missing": 1, "differing": 0}
    session.add(CompletenessDay(store_id=store.id, day=NOW.date(), checked_at=NOW, **counts))
    times = {"purchased_at": NOW, "requested_at": NOW}
    session.add(
        OrderRead(
            account_id=demo_account.id,
            store_id=store.id,
            number="302-0000001-0000001",
            reason="missing",
            tries=12,
            **times,
        )
    )
    session.commit()


def test_a_day_shows_amazons_count_beside_ours_and_the_missing_order(owner_client, gap):
    page = owner_client.get("/syncs/completeness").text

    assert ">58<" in page
    assert ">57<" in page
    assert "302-0000001-0000001" in page
    assert "1 order is missing or out of date" in page


def test_a_repair_and_a_check_are_started_by_button(owner_client, viewer_client, session, demo_account, gap):
    account_id = demo_account.id
    session.rollback()
    assert viewer_client.post("/syncs/completeness/repairs").status_code == 403

    assert owner_client.post("/syncs/completeness/repairs").status_code == 303
    assert session.scalars(select(OrderRead.next_try_at)).one() is not None
    session.rollback()
    assert owner_client.post("/syncs/completeness/checks", data={"account": account_id}).status_code == 303
    check = session.scalars(select(CompletenessCheck)).one()
    assert (check.is_long, check.next_try_at <= datetime.now(UTC)) == (True, True)
    session.rollback()
    assert owner_client.post("/syncs/completeness/checks", data={"account": 999}).status_code == 404


def test_a_ledger_without_checks_says_when_the_first_one_runs(owner_client, session, demo_account):
    session.rollback()

    assert "No checks yet" in owner_client.get("/syncs/completeness", headers=HTMX).text


def test_an_unknown_order_is_fetched_from_amazon(owner_client, viewer_client, session, demo_account, amazon, job_queue):
    session.rollback()
    number = amazon.world.place("DE")
    offered = owner_client.get("/search", query_string={"q": number}).text
    assert "Fetch from Amazon" in offered
    assert "Fetch from Amazon" not in viewer_client.get("/search", query_string={"q": number}).text

    fetched = owner_client.post("/amazon-orders/fetches", data={"number": number})

    assert (fetched.status_code, fetched.location) == (303, f"/amazon-orders/{number}")
    assert session.scalars(select(AmazonOrder.number)).all() == [number]


@pytest.mark.parametrize(
    ("number", "text"),
    [("302-0000009-0000009", "Amazon has no order 302-0000009-0000009"), ("302", "302 is not an Amazon order number")],
)
def test_what_cannot_be_fetched_is_said(owner_client, session, demo_account, job_queue, number, text):
    session.rollback()

    page = owner_client.post("/amazon-orders/fetches", data={"number": number}, follow_redirects=True)

    assert text in page.text


def test_complete_days_are_listed_for_a_week_and_days_with_gaps_longer(owner_client, session, demo_account):
    store_id = demo_account.stores[0].id
    ages = {2: 0, 20: 0, 21: 1, 40: 1}
    for age, missing in ages.items():
        counts = {"at_amazon": 900 + 3 * age, "here": 900 + 3 * age - missing, "missing": missing, "differing": 0}
        session.add(CompletenessDay(store_id=store_id, day=NOW.date() - timedelta(days=age), checked_at=NOW, **counts))
    session.commit()

    def list_ages(path: str) -> list[int]:
        page = owner_client.get(path).text
        return [age for age in ages if f">{900 + 3 * age}<" in page]

    assert list_ages("/syncs/completeness") == [2, 21]
    assert list_ages("/syncs/completeness?days=all") == [2, 20, 21]
