"""Rows of lists are drawn once, and anew as soon as anything they say is another."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from cachetools import LRUCache
from flask import Flask
from markupsafe import Markup

from webapp.domain.common.marketplaces import BY_COUNTRY
from webapp.web.formatting import dates as date_format

NOW = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)


class Row(NamedTuple):
    id: int = 7
    store_id: int = 1
    number: str = "100001"
    state: str = "processing"
    status: str = ""
    purchased_at: datetime = NOW - timedelta(hours=1)
    currency: str = "EUR"
    total: int = 1250
    amazon_number: str = "303-0000000-0000001"
    amazon_status: str = "UNSHIPPED"
    fulfilled_by: str = "MERCHANT"
    ship_by: datetime | None = NOW + timedelta(hours=5)
    bill_to_name: str = "Ada Byron"
    handling: str | None = None


class Shop(NamedTuple):
    name: str = "Laden"
    marketplace: Any = BY_COUNTRY["DE"]


NAMES = ("id", "store", "bill_to", "total", "ship_by")


class RecordingCache(LRUCache[Any, Markup]):
    """Records of each row that was looked up whether it was cached."""

    def __init__(self, maxsize: int) -> None:
        super().__init__(maxsize)
        self.hits: list[bool] = []

    def get(self, key: Any, default: Any = None) -> Any:
        self.hits.append(key in self)
        return super().get(key, default)


@pytest.fixture
def hits(app: Flask) -> list[bool]:
    """Of each row that was looked up, whether it was cached."""
    cache = app.extensions["render_cache"] = RecordingCache(maxsize=1_000)
    return cache.hits


def drawn(
    app: Flask, *found: Row, names: tuple[str, ...] = NAMES, shop: Shop | None = None, language: str = "en"
) -> str:
    with app.app_context(), app.test_request_context(headers={"Accept-Language": language}):
        return str(app.jinja_env.get_template("orders/_rows.html").module.rows(found, names, {1: shop or Shop()}))


def test_a_row_is_drawn_once_while_it_says_the_same(app: Flask, hits: list[bool]) -> None:
    first = drawn(app, Row(), Row(id=8, number="100002"))
    assert drawn(app, Row(), Row(id=8, number="100002")) == first
    assert hits == [False, False, True, True]


def test_a_row_that_changed_is_drawn_anew(app: Flask) -> None:
    for changes, expected in [
        ({"total": 1300}, "€13.00"),
        ({"bill_to_name": "Grace Hopper"}, "G••• H•••"),
        ({"number": "100009"}, "100009"),
    ]:
        drawn(app, Row())
        assert expected in drawn(app, Row(**changes)), (changes, expected)


def test_each_choice_of_columns_and_each_store_is_drawn_by_itself(app: Flask, hits: list[bool]) -> None:
    drawn(app, Row())
    assert "UNSHIPPED" not in drawn(app, Row(), names=("status",))
    assert "Kiosk" in drawn(app, Row(), shop=Shop("Kiosk"))
    assert "€12.50" in drawn(app, Row())
    assert hits == [False, False, False, True]


def test_a_store_on_another_clock_says_the_other_hour(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(date_format, "now", lambda: NOW)
    assert "CET" in drawn(app, Row(), names=("purchased",))
    assert "JST" in drawn(app, Row(), names=("purchased",), shop=Shop(marketplace=BY_COUNTRY["JP"]))


def test_each_reader_has_their_own(app: Flask, hits: list[bool]) -> None:
    assert "PM" in drawn(app, Row(), names=("purchased",), language="en-US")
    assert "PM" not in drawn(app, Row(), names=("purchased",), language="en-GB")
    assert hits == [False, False]


def test_names_are_masked_for_who_may_not_read_them_though_another_did(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = {"pii.read": True}
    monkeypatch.setitem(app.jinja_env.globals, "can", lambda name: may[name])
    assert "Ada Byron" in drawn(app, Row())
    may["pii.read"] = False
    assert "Ada" not in drawn(app, Row())


def test_what_is_due_goes_on_with_the_minute(app: Flask, monkeypatch: pytest.MonkeyPatch, hits: list[bool]) -> None:
    monkeypatch.setattr(date_format, "now", lambda: NOW)
    assert "in 5 hours" in drawn(app, Row())
    monkeypatch.setattr(date_format, "now", lambda: NOW + timedelta(seconds=20))
    assert "in 5 hours" in drawn(app, Row())
    monkeypatch.setattr(date_format, "now", lambda: NOW + timedelta(hours=2))
    assert "in 3 hours" in drawn(app, Row())
    assert hits == [False, True, False]


def test_a_row_of_what_has_left_is_known_all_day(app: Flask, monkeypatch: pytest.MonkeyPatch, hits: list[bool]) -> None:
    sent = Row(amazon_status="SHIPPED")
    for hours in (0, 2, 24):
        monkeypatch.setattr(date_format, "now", lambda hours=hours: NOW + timedelta(hours=hours))
        drawn(app, sent)
    assert hits == [False, True, False]


def test_the_rows_used_least_recently_leave_a_full_cache(app: Flask) -> None:
    app.extensions["render_cache"] = cache = RecordingCache(maxsize=2)
    one, two, three = (Row(id=n) for n in range(3))
    drawn(app, one, two)
    drawn(app, one)
    drawn(app, three)
    cache.hits.clear()

    drawn(app, one)
    drawn(app, two)

    assert cache.hits == [True, False]


def test_rows_are_not_cached_while_templates_are_edited(app: Flask, hits: list[bool]) -> None:
    app.debug = True
    assert "100001" in drawn(app, Row())
    assert hits == []
