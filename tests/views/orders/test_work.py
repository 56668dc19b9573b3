"""The list of orders as work: tabs by state, ship-by times, SKUs."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.factories import NOW, an_account, an_item, an_order, shipped_fields
from tests.support.pages import plain
from tests.views.orders.test_orders import numbers
from webapp.models.orders import Order
from webapp.models.users import User
from webapp.queries.orders import work

GRID = "/orders"


def tabs(response):
    """The texts of the tabs with their counts, and which one is current."""
    navigation = re.search(r'<nav class="tabs list-tabs".*?</nav>', response.text, re.DOTALL)
    assert navigation is not None
    links = re.findall(r'<a id="tab-[^>]*?(aria-current="page")?>(.*?)</a>', navigation[0])
    return [(re.sub(r"<[^>]+>", " ", text).split(), bool(current)) for current, text in links]


def url_of(response, name):
    return re.search(rf'<a id="tab-{name}"[^>]* href="([^"]+)"', response.text)[1].replace("&amp;", "&")


@pytest.fixture
def some_orders(session, import_orders, monday):
    """Three to ship, one of them on hold, and one shipped."""
    import_orders(
        an_order(1, ship_by=NOW + timedelta(hours=30)),
        an_order(2, ship_by=NOW - timedelta(hours=1)),
        an_order(3, ship_by=NOW + timedelta(hours=1)),
        an_order(4, **shipped_fields(an_order(4))),
    )
    session.scalars(select(Order).where(Order.number == "100003")).one().state = "holded"
    session.commit()


def test_each_tab_counts_and_lists_its_orders(owner_client, some_orders):
    page = owner_client.get(GRID)

    assert tabs(page) == [
        (["To", "ship", "2"], False),
        (["Awaiting", "Amazon", "0"], False),
        (["On", "hold", "1"], False),
        (["Shipped", "1"], False),
        (["Cancelled", "0"], False),
        (["All"], True),
    ]
    for name, expected in {
        "to_ship": ["100002", "100001"],
        "on_hold": ["100003"],
        "shipped": ["100004"],
        "canceled": [],
    }.items():
        listed = owner_client.get(url_of(page, name))
        assert numbers(listed) == expected, name
        assert "Remove the filter" not in listed.text


def test_a_tab_keeps_the_other_filters_and_then_counts_nothing(owner_client, some_orders):
    listed = owner_client.get(f"{GRID}?ship_by=overdue&state=holded")

    assert (["On", "hold"], True) in tabs(listed)
    assert numbers(owner_client.get(url_of(listed, "to_ship"))) == ["100002"]
    assert "Remove the filter Ship by: Overdue" in listed.text
    assert "Remove the filter Status" not in listed.text


def test_an_empty_tab_offers_no_filter_to_remove(owner_client, some_orders):
    listed = plain(owner_client.get(f"{GRID}?state=canceled"))

    assert "No orders with this status" in listed
    assert "Clear all filters" not in listed


@pytest.mark.parametrize(
    ("name", "expected"),
    [("overdue", ["100002"]), ("soon", ["100003"]), ("today", []), ("tomorrow", ["100001"]), ("later", [])],
)
def test_ship_by_times_are_those_of_orders_still_to_be_shipped(owner_client, some_orders, name, expected):
    assert numbers(owner_client.get(f"{GRID}?ship_by={name}")) == expected


def test_days_of_several_time_zones_are_told_apart(owner_client, import_orders, monday):
    # 23:30 in London is Tuesday in Berlin.
    late = NOW.replace(hour=23, minute=30)
    import_orders(an_order(1, ship_by=late), an_order(2, ship_by=late, country="GB"))

    assert numbers(owner_client.get(f"{GRID}?ship_by=today")) == ["100002"]
    assert numbers(owner_client.get(f"{GRID}?ship_by=tomorrow")) == ["100001"]


def test_a_saved_view_stands_beside_the_tabs(owner_client, post, some_orders):
    post(owner_client, "/grids/orders/views", data={"name": "Late", "query": "ship_by=overdue"})

    page = owner_client.get(GRID)
    opened = owner_client.get(url_of(page, "view-1"))

    assert tabs(page)[-1] == (["Late"], False)
    assert numbers(opened) == ["100002"]
    assert [text for text, current in tabs(opened) if current] == [["Late"]]


def test_many_orders_are_counted_up_to_a_limit(owner_client, some_orders, monkeypatch):
    monkeypatch.setattr(work, "COUNTED", 1)
    monkeypatch.setattr("webapp.views.listing.tabs.COUNTED", 1)

    assert tabs(owner_client.get(GRID))[0] == (["To", "ship", "1+"], False)


def test_a_row_shows_what_is_in_the_order(owner_client, import_orders, monday):
    import_orders(
        an_order(1, items=tuple(an_item(n, quantity=n, sku=f"MUG-{n}", title=f"Mug {n}") for n in range(1, 6))),
        an_order(2, items=(an_item(9, sku=None, asin="B000000001"),)),
    )

    listed = owner_client.get(GRID)
    text = plain(listed)

    for words in ("MUG-1 × 1", "MUG-3 × 3", "2 more items", "B000000001 × 2"):
        assert words in text
    assert "MUG-4 ×" not in text
    assert "4 × Mug 4" in listed.text


def test_orders_of_a_sku_are_found(owner_client, import_orders):
    import_orders(
        an_order(1, items=(an_item(1, sku="MUG-1"), an_item(2, sku="CUP"))),
        an_order(2, items=(an_item(3, sku="MUG-10"),)),
    )

    assert numbers(owner_client.get(f"{GRID}?sku=MUG-1")) == ["100001"]
    assert numbers(owner_client.get(f"{GRID}?sku=mug-10")) == ["100002"]
    assert numbers(owner_client.get(f"{GRID}?sku=MUG")) == []


def test_a_store_is_its_flag_and_code_unless_two_are_alike(owner_client, session, import_orders):
    import_orders(an_order(1), an_order(2, country="GB"))
    assert ">DE</span>" in owner_client.get(GRID).text

    an_account(session, ("DE",), name="Other", seller_id="A2SELLER")
    session.commit()

    listed = owner_client.get(GRID).text
    assert ">DE</span>" not in listed
    assert ">GB</span>" in listed


def test_times_of_several_zones_are_named_and_those_of_one_are_said_once(owner_client, session, import_orders, monday):
    import_orders(an_order(1), an_order(2, country="GB"))

    several = plain(owner_client.get(GRID))
    assert "9:00 AM CET" in several
    assert "8:00 AM GMT" in several
    assert "Each time is in the time zone of its store." in several

    session.scalars(select(User)).one().preferences = {"time_zone": "Asia/Tokyo"}
    session.commit()
    chosen = plain(owner_client.get(GRID))
    assert "Times are in the time zone Asia/Tokyo." in chosen
    assert "5:00 PM" in chosen
    assert "CET" not in chosen
