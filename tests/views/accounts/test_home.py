"""The start page: counts that lead into lists, what needs a person, the seller metrics."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.queries.accounts.test_dashboard import counted
from tests.support.factories import NOW, a_package, an_account, an_order, shipped_fields
from tests.support.pages import plain
from tests.views.accounts.test_stores import submission
from tests.views.orders.test_orders import numbers
from webapp.domain.accounts.seller_metrics import METRICS, Estimate
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.queries.accounts import seller_metrics

pytestmark = pytest.mark.usefixtures("monday")


def tiles(response):
    """The counts of the page with their links, by their labels."""
    found = re.findall(
        r'work-tile tone-(\w+)" href="([^"]+)">\s*<span class="figure-label">.*?</svg>(.*?)</span>\s*'
        r'<span class="figure-value">(.*?)</span>',
        response.text,
        re.DOTALL,
    )
    return {text: (count, url.replace("&amp;", "&"), tone) for tone, url, text, count in found}


def notices(response):
    return re.findall(r'store-card-notice tone-(\w+)" href="([^"]+)">.*?<strong>([^<]+)</strong>', response.text, re.S)


def test_a_new_installation_is_led_to_connecting(owner_client, viewer_client):
    page = owner_client.get("/").text

    assert "Connect your first seller account" in page
    assert 'href="/stores/connect"' in page
    assert 'href="/stores/connect"' not in viewer_client.get("/").text


def test_each_count_leads_to_the_orders_it_counts(owner_client, session, import_orders):
    import_orders(
        an_order(1, ship_by=NOW - timedelta(hours=1)),
        an_order(2, ship_by=NOW + timedelta(hours=1)),
        an_order(3, ship_by=NOW + timedelta(hours=6)),
        an_order(4, ship_by=NOW + timedelta(hours=6), country="GB"),
        an_order(5, ship_by=NOW + timedelta(days=1)),
        an_order(6, ship_by=NOW + timedelta(days=5)),
        an_order(7, ship_by=NOW - timedelta(days=5)),
        an_order(8, **shipped_fields(an_order(8))),
    )
    session.scalars(select(AmazonOrder).where(AmazonOrder.number.endswith("5"))).one().cancel_requested = True
    held, waiting = session.scalars(select(Order).where(Order.number.in_(("100006", "100007"))).order_by(Order.id))
    held.state, waiting.state = "holded", "awaiting_amazon"
    session.commit()

    page = tiles(owner_client.get("/"))

    assert {text: count for text, (count, _, _) in page.items()} == {
        "Overdue": "1",
        "Next 2 hours": "1",
        "Later today": "2",
        "Tomorrow": "1",
        "Later": "0",
        "Buyer requested cancellation": "1",
        "On hold": "1",
        "Shipped, awaiting Amazon": "1",
        "Low stock": "0",
    }
    for text, expected in {
        "Overdue": ["100001"],
        "Later today": ["100003", "100004"],
        "Buyer requested cancellation": ["100005"],
        "On hold": ["100006"],
        "Shipped, awaiting Amazon": ["100007"],
    }.items():
        assert sorted(numbers(owner_client.get(page[text][1]))) == expected, text
    assert page["Overdue"][2] == "bad"
    assert page["Later"][2] == "quiet"


def test_what_needs_a_person_is_said_once_for_all_stores(owner_client, session, account, import_orders):
    import_orders(an_order(1), an_order(2, country="GB"))
    submission(session, an_order(1).number, "rejected")
    submission(session, an_order(2).number, "rejected")
    account.error_code = "bad_credentials"
    session.commit()

    listed = notices(owner_client.get("/"))

    assert listed == [
        ("bad", "/accounts/1", "Desk: Orders are not being fetched"),
        ("bad", "/submissions?state=rejected", "Amazon rejected 2 requests"),
        ("wait", "/products?account=1&amp;flagged=1", "2 new products to review"),
    ]


def test_a_cause_of_several_stores_leads_to_all_of_them(owner_client, session, import_orders):
    unpriced = {"total": None, "missing": frozenset({"PROCEEDS"})}
    import_orders(an_order(1, **unpriced), an_order(2, country="GB", **unpriced))

    assert ("warn", "/amazon-orders?blocked=1", "2 orders could not be imported") in notices(owner_client.get("/"))


def test_nothing_to_do_is_said(owner_client, account):
    assert "Nothing needs attention" in plain(owner_client.get("/"))


def test_the_start_page_costs_the_same_with_one_store_or_many(owner_client, session):
    an_account(session)
    session.commit()
    with counted() as few:
        owner_client.get("/")
    an_account(session, ("FR", "IT", "GB", "NL"), name="Other", seller_id="A2OTHER")
    session.commit()
    with counted() as many:
        owner_client.get("/")

    # The session; the stores and their names; due orders; numbers; alerts.
    assert len(few) == len(many) == 6


def test_seller_metrics_are_estimates_from_the_orders(owner_client, session, import_orders):
    late, packed = NOW - timedelta(days=2), a_package(tracking_number="1Z1", shipped_at=NOW - timedelta(days=1))
    untracked = a_package(tracking_number=None, shipped_at=NOW - timedelta(days=3))
    import_orders(
        an_order(1, ship_by=late, **shipped_fields(an_order(1), packages=(packed,))),
        an_order(2, ship_by=late, **shipped_fields(an_order(2), packages=(untracked,))),
        an_order(3, ship_by=NOW - timedelta(hours=1)),
        an_order(4, "CANCELLED"),
        an_order(5, "CANCELLED"),
        an_order(6, ship_by=NOW - timedelta(days=40)),
    )
    by_number = {order.number[-1]: order for order in session.scalars(select(AmazonOrder))}
    by_number["4"].cancelled_by, by_number["5"].cancelled_by = "MERCHANT", "BUYER"
    session.commit()

    page = plain(owner_client.get("/home/metrics"))

    for words in (
        "2 of 3 in 30 days.",
        "1 of 6 in 7 days.",
        "1 of 2 in 30 days.",
        "under 4%",
        "under 2.5%",
        "at least 95%",
    ):
        assert words in page, words
    assert "Confirm shipments before their ship-by time" in page
    assert "Estimates from the orders in Channeldesk" in page


def test_a_metric_is_marked_before_it_misses_its_target():
    late, cancelled, tracked = METRICS

    assert [Estimate(late, count, 100).tone for count in (0, 2, 3, 4)] == ["good", "good", "warn", "bad"]
    assert [Estimate(tracked, count, 100).tone for count in (100, 97, 96, 95, 94)] == [
        *("good", "good", "warn", "warn", "bad")
    ]
    assert Estimate(cancelled, 0, 0).tone == "quiet"


def test_metrics_without_orders_have_no_share(session):
    assert [estimate.share for estimate in seller_metrics.load_estimates(session, NOW)] == [None] * 3
