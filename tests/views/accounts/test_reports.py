"""The reports page: each chart has the numbers of its table."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.support.factories import NOW, a_package, an_item, an_order, shipped_fields
from tests.support.pages import plain
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def some_orders(session, import_orders):
    """Sales of two days and two stores, one order shipped late, one overdue, one on hold, two cancelled."""
    late = a_package(shipped_at=NOW - timedelta(hours=1))
    import_orders(
        an_order(1, items=(an_item(1, 3),), purchased_at=NOW - timedelta(hours=2)),
        an_order(2, country="GB", items=(an_item(2, currency="GBP"),), purchased_at=NOW - timedelta(days=1)),
        an_order(
            3,
            **shipped_fields(an_order(3), packages=(late,)),
            purchased_at=NOW - timedelta(hours=31),
            ship_by=NOW - timedelta(hours=5),
        ),
        an_order(4, ship_by=NOW - timedelta(hours=1)),
        an_order(5, ship_by=NOW - timedelta(hours=1)),
        an_order(6, "CANCELLED"),
        an_order(7, "CANCELLED"),
        an_order(8, purchased_at=NOW - timedelta(days=20)),
    )
    session.execute(update(AmazonOrder).where(AmazonOrder.number.endswith("6")).values(cancelled_by="BUYER"))
    session.execute(update(AmazonOrder).where(AmazonOrder.number.endswith("7")).values(cancelled_by="MERCHANT"))
    session.scalars(select(Order).where(Order.number == "100005")).one().state = "holded"
    session.commit()


def rows(response, caption):
    """The cells of each row of the table with this caption."""
    table = re.search(rf"<caption[^>]*>{caption}</caption>.*?<tbody>(.*?)</tbody>", response.text, re.DOTALL)[1]
    return [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    ]


def test_each_table_has_the_numbers_of_the_orders(owner_client, some_orders):
    page = owner_client.get("/reports?days=7")

    assert rows(page, "Units by day")[-3:] == [["Feb 28", "0"], ["Mar 1", "4"], ["Mar 2", "7"]]
    hours = dict(rows(page, "Units by hour"))
    assert (hours["08:00"], hours["09:00"], hours["03:00"]) == ("3", "6", "2")
    assert dict(rows(page, "Lead time"))["Up to 48 hours"] == "1"
    assert rows(page, "Late orders") == [
        ["Shipped after the ship-by time", "1"],
        ["Overdue, not shipped", "1"],
        ["Overdue, on hold", "1"],
    ]
    assert rows(page, "Cancelled orders") == [["By the buyer", "1"], ["By the seller", "1"]]
    by_store = {name: (orders, units) for name, orders, units, _ in rows(page, "Sales by store")}
    assert by_store == {"Desk DE": ("4", "9"), "Desk GB": ("1", "2")}


def test_a_chart_draws_its_table(owner_client, some_orders):
    page = owner_client.get("/reports?days=7").text

    drawn = re.search(r'<svg class="plot columns"[^>]*aria-label="Units by day">(.*?)</svg>', page, re.DOTALL)[1]
    heights = [float(height) for height in re.findall(r'<rect[^>]*height="([\d.]+)"', drawn)]
    assert heights[-2] == pytest.approx(heights[-1] * 4 / 7, abs=0.1)
    assert heights[-1] > 100
    assert "style=" not in drawn


def test_a_store_and_a_period_are_chosen(owner_client, some_orders):
    british = owner_client.get("/reports?days=7&store=desk-gb")
    longer = owner_client.get("/reports?days=30")

    assert [row[0] for row in rows(british, "Sales by store")] == ["Desk GB"]
    assert "Revenue by day, EUR" not in british.text
    assert {row[0]: row[1] for row in rows(longer, "Sales by store")}["Desk DE"] == "5"
    assert len(rows(longer, "Units by day")) == 30


def test_a_period_without_orders_says_so(owner_client, account):
    assert "Nothing in this period." in plain(owner_client.get("/reports?days=1"))
