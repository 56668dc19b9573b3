"""Lists return what a plain search through all rows returns, for random filters, orders and page sizes."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import object_session

from tests.support.factories import NOW, an_account, an_item, an_order
from webapp.domain.amazon.types import Address, Buyer
from webapp.domain.common.marketplaces import BY_ID
from webapp.domain.common.money import Money, minor_digits
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.documents import Invoice
from webapp.models.orders import Order
from webapp.models.stores import Store
from webapp.queries.accounts import stores
from webapp.queries.invoicing import lists
from webapp.queries.listing import fetch, query_plan
from webapp.queries.listing.fetch import END, Grid, encode_cursor, parse_page_request
from webapp.queries.orders import orders
from webapp.queries.sync import amazon_orders
from webapp.services.sync.importing import import_page

COUNTRIES = ("DE", "FR", "GB", "SE")
NAMES = ("Anna Odd", "Bert Even", "Annabel Straße", "Żaneta Even")
STATUSES = ("UNSHIPPED", "SHIPPED", "PARTIALLY_SHIPPED", "PENDING", "CANCELLED")

Predicate = Callable[[Any, Any], bool]


@pytest.fixture
def random_orders(session):
    rng = random.Random(7)
    account = an_account(session, COUNTRIES)
    for store in session.scalars(select(Store)):
        store.auto_invoice = store.slug != "fr"
    session.commit()
    imported = []
    for n in range(1, 61):
        country = rng.choice(COUNTRIES)
        currency = BY_ID[an_order(country=country).marketplace_id].currency
        amount = rng.choice((None, 0, 999, 1000, 1250, 1251, 99_900))
        imported.append(
            an_order(
                n,
                status=rng.choice(STATUSES),
                country=country,
                purchased_at=NOW - timedelta(hours=rng.choice((0, 0, 1, 9, 10, 23, 24, 25, 26, 300))),
                ship_by=rng.choice((None, NOW, NOW + timedelta(hours=rng.randrange(3)))),
                items=(an_item(n, total=None if amount is None else Money(amount, currency), components=()),),
                buyer=Buyer(name=rng.choice(NAMES)),
                recipient=Address(name="Someone Else", line1="Street", city="Town", country_code=country),
                fulfilled_by=rng.choice(("MERCHANT", "AMAZON")),
                programs=rng.choice(((), ("PRIME",), ("AMAZON_BUSINESS",))),
            )
        )
    rng.shuffle(imported)
    # Some orders are created later than those of Amazon orders with a higher id.
    import_page.import_page(session, account.id, imported[:40], now=NOW, actor="test")
    pending = [order for order in imported if order.status == "PENDING"]
    import_page.import_page(session, account.id, imported[40:], now=NOW, actor="test")
    released = [an_order(**_fields(order), status="UNSHIPPED", updated=5) for order in pending[::2]]
    import_page.import_page(session, account.id, released, now=NOW, actor="test")
    session.commit()
    return stores.list_store_names(session)


def _fields(order: Any) -> dict[str, Any]:
    names = ("purchased_at", "ship_by", "items", "buyer", "recipient", "fulfilled_by", "programs")
    country = BY_ID[order.marketplace_id].country_code
    return {"n": int(order.number[-7:]), "country": country, **{name: getattr(order, name) for name in names}}


def _day(row: Any, instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(row.store.marketplace.time_zone)).date()


def _units(row: Any) -> Decimal | None:
    return None if row.total is None else Decimal(row.total).scaleb(-minor_digits(row.currency))


def _has_name(amazon_order: AmazonOrder, text: str) -> bool:
    words = (amazon_order.buyer_name or "").casefold().split()
    return all(any(word.startswith(term) for word in words) for term in text.casefold().split())


def _has_number(row: AmazonOrder, text: str) -> bool:
    starts = (0, *(position + 1 for position, character in enumerate(row.number) if character == "-"))
    return row.number.endswith(text) or any(row.number[start:].startswith(text) for start in starts)


_COMMON: dict[str, tuple[tuple[Any, ...], Predicate]] = {
    "store": (("de", "fr", "nowhere"), lambda row, slug: row.store.slug == slug),
    "purchased_from": (
        tuple((NOW - timedelta(days=days)).date() for days in (0, 1, 2)),
        lambda row, day: _day(row, row.purchased_at) >= day,
    ),
    "purchased_to": (
        tuple((NOW - timedelta(days=days)).date() for days in (0, 1, 2)),
        lambda row, day: _day(row, row.purchased_at) <= day,
    ),
    "total_min": (
        (Decimal(0), Decimal("9.99"), Decimal("12.505")),
        lambda row, bound: row.total is not None and _units(row) >= bound,
    ),
    "total_max": (
        (Decimal("9.995"), Decimal("12.5"), Decimal(1000)),
        lambda row, bound: row.total is not None and _units(row) <= bound,
    ),
}
_AMAZON = _COMMON | {
    "status": (
        (["UNSHIPPED"], ["SHIPPED", "UNSHIPPED"], ["UNSHIPPED", "UNSHIPPED"], list(STATUSES), ["NOWHERE"]),
        lambda row, values: row.status in values,
    ),
    "channel": (("MERCHANT", "AMAZON"), lambda row, value: row.fulfilled_by == value),
    "prime": ((True,), lambda row, _: row.prime),
    "business": ((True,), lambda row, _: row.business),
    "blocked": ((True,), lambda row, _: row.blocked is not None),
    "buyer": (("anna", "Even", "odd anna", "nobody"), _has_name),
    "q": (("anna", "even", "Town"), lambda row, text: text == "Town" or _has_name(row, text)),
    "number": (("303", "0000001", "303-0000000-0000007"), _has_number),
}
_ORDERS = _COMMON | {
    "state": (
        (["processing"], ["processing", "complete"], ["complete", "complete"], ["nowhere"]),
        lambda row, values: row.state in values,
    ),
    "name": (("anna", "Even", "someone"), lambda row, text: text == "someone" or _has_name(row.amazon_order, text)),
    "q": (("anna", "even", "Town"), lambda row, text: text == "Town" or _has_name(row.amazon_order, text)),
}


def _order(invoice: Invoice) -> Order:
    return object_session(invoice).get_one(Order, invoice.order_id)


def _of_order(filters: dict[str, tuple[tuple[Any, ...], Predicate]]) -> dict[str, tuple[tuple[Any, ...], Predicate]]:
    return {
        name: (values, lambda row, value, test=test: test(_order(row), value))
        for name, (values, test) in filters.items()
        if name in ("name", "store")
    }


_LISTS = {
    "amazon_orders": (AmazonOrder, amazon_orders.build_grid, _AMAZON),
    "orders": (Order, orders.build_grid, _ORDERS),
    "invoices": (Invoice, lists.invoice_grid, _of_order(_ORDERS)),
}


def expected_ids(
    rows: list[Any], grid: Grid, sort: str, filters: dict[str, Any], tests: Any, *, by_amazon: bool
) -> list[int]:
    matches = [row for row in rows if all(tests[name][1](row, value) for name, value in filters.items())]
    column, descending = grid.column(sort.removeprefix("-")), sort.startswith("-")
    sort_column = column.sort_column

    def tie(row):
        if by_amazon:
            return row.amazon_order_id if hasattr(row, "amazon_order_id") else row.id
        return row.id if column.tie_breaker is None else row.amazon_order_id

    def value(row):
        if sort_column.class_ is not type(row):
            row = row.amazon_order if sort_column.class_ is AmazonOrder else _order(row)
        return getattr(row, sort_column.key)

    having = sorted((row for row in matches if value(row) is not None), key=lambda row: (value(row), tie(row)))
    without = sorted((row for row in matches if value(row) is None), key=tie)
    return [row.id for part in (having, without) for row in (reversed(part) if descending else part)]


def read_pages(session, grid, sort, size, filters, step, **first):
    pages, arguments = [], first
    while True:
        request = fetch.replace(parse_page_request(grid, {"sort": sort, **arguments}), size=size)
        page = fetch.fetch_page(session, grid, request, filters)
        pages.append([row.id for row in page.rows])
        edge = getattr(page, step)
        if edge is None:
            return pages
        arguments = {"after" if step == "next" else "before": encode_cursor(request, edge)}
        assert len(pages) < 100, "endless paging"


@pytest.mark.both_databases
@pytest.mark.parametrize("name", _LISTS)
def test_pages_jumps_counts_and_exports_equal_a_search_through_all_rows(session, random_orders, monkeypatch, name):
    model, open_grid, tests = _LISTS[name]
    grid = open_grid(random_orders).choose().for_reader(personal=True)
    rows = list(session.scalars(select(model)))
    assert len(rows) > 20
    rng = random.Random(name)
    sorts = [sign + column.name for column in grid.columns if column.sort_column is not None for sign in ("", "-")]
    for _ in range(25):
        counted, collected = rng.choice(((1_000, 7_000), (5, 7_000), (5, 10), (1, 1)))
        monkeypatch.setattr(query_plan, "COUNTED", counted)
        monkeypatch.setattr(query_plan, "COLLECTED", collected)
        names = rng.sample(sorted(tests), min(rng.randrange(4), len(tests)))
        filters = {name: rng.choice(tests[name][0]) for name in names}
        sort, size = rng.choice(sorts), rng.randint(1, 9)
        case = (filters, sort, size, counted, collected)
        request = parse_page_request(grid, {"sort": sort})
        filtered = query_plan.apply_filters(session, grid, filters)
        plan = query_plan.choose_plan(session, filtered, request, filtered.count(session))
        ids = expected_ids(rows, grid, sort, filters, tests, by_amazon=plan.search is not None)

        pages = read_pages(session, grid, sort, size, filters, "next")
        assert list(chain.from_iterable(pages)) == ids, case
        backwards = read_pages(session, grid, sort, size, filters, "previous", before=END)
        assert list(chain.from_iterable(reversed(backwards))) == ids, case
        assert [row.id for chunk in fetch.iterate(session, grid, request, filters, size) for row in chunk] == ids, case
        assert fetch.fetch_ids(session, grid, request, filters, 100) == ids, case
        page = rng.randint(1, len(pages))
        jumped = fetch.fetch_page(session, grid, fetch.replace(request, size=size, page=page), filters)
        assert [row.id for row in jumped.rows] == pages[page - 1], case
        assert jumped.count == min(len(ids), counted + 1), case
