"""Every query plan returns the same rows, and SQLite uses the intended index."""

from datetime import timedelta
from decimal import Decimal
from itertools import combinations

import pytest
from sqlalchemy import event

from tests.support.factories import NOW, a_searchable_order, an_account
from webapp.core.extensions import db
from webapp.queries.accounts import stores
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing import keyset, query_plan
from webapp.queries.listing.fetch import END, parse_page_request
from webapp.queries.orders import orders
from webapp.queries.sync import amazon_orders
from webapp.services.sync.importing import import_page

STATUSES = ("UNSHIPPED", "SHIPPED", "PARTIALLY_SHIPPED", "UNSHIPPED")


@pytest.fixture
def many(session):
    """24 orders of two stores with every status and channel, some without a ship-by date."""
    account = an_account(session, ("DE", "FR"))
    orders_at_amazon = [
        a_searchable_order(
            n,
            status=STATUSES[n % 4],
            country="DE" if n % 3 else "FR",
            fulfilled_by="MERCHANT" if n % 5 else "AMAZON",
            programs=("PRIME",) if n % 7 == 0 else (),
        )
        for n in range(1, 25)
    ]
    import_page.import_page(session, account.id, orders_at_amazon, now=NOW, actor="test")
    session.commit()
    return stores.list_store_names(session)


def asked(grid, every):
    """Filters of each kind, alone and in pairs."""
    names = {"amazon_orders": ("status", "buyer", STATUSES), "orders": ("state", "name", ("processing", "complete"))}
    state, name, words = names[grid]
    each = [
        {state: [words[0]]},
        {state: list(dict.fromkeys(words[:3]))},
        {state: ["nowhere"]},
        {"store": every[0].slug},
        {"total_min": Decimal(10), "total_max": Decimal(30)},
        {"purchased_from": (NOW - timedelta(hours=9)).date()},
        {name: "odd"},
        *([{"channel": "AMAZON"}, {"prime": True}, {"business": True}] if grid == "amazon_orders" else []),
    ]
    return [*each, *({**one, **other} for one, other in combinations(each, 2) if not one.keys() & other.keys())]


SORTS = ("-purchased", "status", "ship_by", "-total")
GRIDS = {"orders": orders.build_grid, "amazon_orders": amazon_orders.build_grid}


@pytest.mark.both_databases
@pytest.mark.parametrize("name", GRIDS)
def test_every_plan_returns_the_same_rows(session, many, monkeypatch, name):
    grid = GRIDS[name](many).choose()
    everything = {row.id: row for row in session.execute(grid.select)}
    assert len(everything) > 20
    for filters in asked(name, many):
        plainly = {row.id for row in session.execute(grid_fetch.select_filtered(session, grid, filters))}
        for sort in SORTS:
            in_order = grid_fetch.fetch_ids(session, grid, parse_page_request(grid, {"sort": sort}), {}, 100)
            # Ids materialised below and above the counted number, and an index scan.
            for counted, collected in ((100, 100), (2, 100), (2, 3)):
                monkeypatch.setattr(query_plan, "COUNTED", counted)
                monkeypatch.setattr(query_plan, "COLLECTED", collected)
                place = grid_fetch.replace(parse_page_request(grid, {"sort": sort}), size=200)
                page = grid_fetch.fetch_page(session, grid, place, filters)

                ids = [row.id for row in page.rows]
                assert set(ids) == plainly, (filters, sort, counted)
                assert page.count == min(len(plainly), counted + 1)
                words = filters.get("buyer") or filters.get("name")
                assert words or ids == [id_ for id_ in in_order if id_ in plainly], (filters, sort, counted)
                assert words or grid_fetch.fetch_ids(session, grid, place, filters, 100) == ids
                last = grid_fetch.fetch_page(session, grid, grid_fetch.replace(place, size=3, before=END), filters)
                assert words or [row.id for row in last.rows] == ids[-3:]


@pytest.fixture
def plans(session):
    """The query plans of the statements a test executes, as SQLite explains them."""
    statements = []

    def explain(connection, cursor, statement, parameters, _context, _many):
        if statement.startswith("SELECT"):
            cursor.execute("EXPLAIN QUERY PLAN " + statement, parameters)
            statements.append([row[3] for row in cursor.fetchall()])

    event.listen(db.engine, "before_cursor_execute", explain)
    yield statements
    event.remove(db.engine, "before_cursor_execute", explain)


@pytest.mark.parametrize(
    ("filters", "sort", "index"),
    [
        ({"status": ["UNSHIPPED"]}, "-purchased", "ix_amazon_orders_status_purchased (status=?)"),
        ({"status": ["SHIPPED", "UNSHIPPED"]}, "-purchased", "ix_amazon_orders_status_purchased (status=?)"),
        ({"status": ["UNSHIPPED"]}, "ship_by", "ix_amazon_orders_status_ship_by (status=? AND ship_by>?)"),
        ({"status": ["UNSHIPPED"]}, "total", "ix_amazon_orders_total"),
        ({"status": ["SHIPPED", "UNSHIPPED"]}, "-number", "ix_amazon_orders_number"),
        ({"store": "de"}, "-purchased", "ix_amazon_orders_store_purchased (store_id=?)"),
        ({"store": "de"}, "-total", "ix_amazon_orders_total"),
        ({"channel": "MERCHANT"}, "purchased", "ix_amazon_orders_channel_purchased (fulfilled_by=?)"),
        ({"prime": True}, "-purchased", "ix_amazon_orders_prime"),
        ({"business": True}, "-purchased", "ix_amazon_orders_business"),
        ({"blocked": True}, "-purchased", "ix_amazon_orders_blocked"),
        ({"handling": "signature"}, "-purchased", "ix_amazon_orders_handling"),
        ({"total_min": Decimal(10)}, "-total", "ix_amazon_orders_total (total>?)"),
        ({"purchased_from": NOW.date()}, "-purchased", "ix_amazon_orders_purchased (purchased_at>?)"),
    ],
)
def test_many_rows_are_scanned_by_the_sort_index_and_not_sorted(
    session, many, monkeypatch, plans, filters, sort, index
):
    monkeypatch.setattr(query_plan, "COUNTED", 2)
    monkeypatch.setattr(query_plan, "COLLECTED", 2)
    grid = amazon_orders.build_grid(many).choose()
    filters = {name: many[0].slug if name == "store" else value for name, value in filters.items()}
    request = parse_page_request(grid, {"sort": sort})
    plan = query_plan.choose_plan(session, query_plan.apply_filters(session, grid, filters), request, 3)
    session.rollback()
    plans.clear()

    keyset.read_page(session, plan, request, grid.select)

    first = plans[0]
    walked = [line for line in first if line.startswith(("SEARCH amazon_orders", "SCAN amazon_orders"))]
    assert walked
    assert all(line.split(" INDEX ", 1)[-1].startswith(index) for line in walked), first
    assert len(walked) > 1 or not any("TEMP B-TREE" in line for line in first), first
