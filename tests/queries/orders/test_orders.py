"""The grids over orders: every order they offer, from both ends, with words that few and that many hold."""

from decimal import Decimal

import pytest
from sqlalchemy import delete

from tests.support.factories import NOW, a_searchable_order, an_account
from webapp.models.documents import Invoice, InvoiceItem
from webapp.queries.accounts import stores
from webapp.queries.invoicing import lists as document_lists
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing import query_plan
from webapp.queries.listing.fetch import END, encode_cursor, parse_page_request
from webapp.queries.orders import orders
from webapp.queries.sync import amazon_orders
from webapp.services.sync.importing import import_page

pytestmark = pytest.mark.both_databases


@pytest.fixture
def eleven(session):
    """Of odd and even numbers, some without a day they have to leave by, some bought in the same second."""
    account = an_account(session)
    many = [a_searchable_order(n, status="UNSHIPPED" if n % 3 else "SHIPPED") for n in range(1, 12)]
    import_page.import_page(session, account.id, many, now=NOW, actor="test")
    session.commit()
    return stores.list_store_names(session)


GRIDS = {
    "orders": lambda stores: orders.build_grid(stores).for_reader(personal=True),
    "amazon_orders": lambda stores: amazon_orders.build_grid(stores).for_reader(personal=True),
}
NAMED = {"orders": "name", "amazon_orders": "buyer"}


def every_sort(make):
    return [sign + column.name for column in make([]).columns if column.sort_column is not None for sign in ("", "-")]


def forth_and_back(session, grid, sort, filters, size=2):
    """The ids as the links lead, from the first page to the last and from the last to the first."""
    ways = []
    for step, side, first in (("next", "after", {}), ("previous", "before", {"before": END})):
        met, edges = [], first
        while True:
            place = grid_fetch.replace(parse_page_request(grid, {"sort": sort} | edges), size=size)
            page = grid_fetch.fetch_page(session, grid, place, filters)
            ids = [row.id for row in page.rows]
            met = met + ids if step == "next" else ids + met
            edge = getattr(page, step)
            if edge is None:
                break
            edges = {side: encode_cursor(place, edge)}
        ways.append(met)
    return ways


@pytest.mark.parametrize("name", GRIDS)
def test_each_order_leads_through_all_rows_both_ways(session, eleven, monkeypatch, name):
    grid, named = GRIDS[name](eleven).choose(), {NAMED[name]: "odd"}
    for sort in every_sort(GRIDS[name]):
        monkeypatch.setattr(query_plan, "COUNTED", 1000)
        place = parse_page_request(grid, {"sort": sort})
        forth, back = forth_and_back(session, grid, sort, {})
        assert sorted(forth) == list(range(1, 12)), sort
        assert back == forth, sort
        assert grid_fetch.fetch_ids(session, grid, place, {}, 100) == forth, sort
        assert [row.id for some in grid_fetch.iterate(session, grid, place, {}, 4) for row in some] == forth, sort

        for counted in (1000, 3):
            # Words that more than so many orders hold are read in the index's own order where it is that of the page.
            monkeypatch.setattr(query_plan, "COUNTED", counted)
            found, found_back = forth_and_back(session, grid, sort, named)
            assert sorted(found) == [1, 3, 5, 7, 9, 11], sort
            assert found_back == found, sort
            assert sort.endswith("purchased") or found == [id_ for id_ in forth if id_ % 2], sort
            assert grid_fetch.fetch_ids(session, grid, place, named, 2) == [id_ for id_ in forth if id_ % 2][:2], sort


@pytest.mark.parametrize("far", [grid_fetch.FAR, 1])
@pytest.mark.parametrize("name", GRIDS)
def test_a_page_is_found_by_its_number(session, eleven, monkeypatch, name, far):
    monkeypatch.setattr(grid_fetch, "FAR", far)
    grid = GRIDS[name](eleven).choose()
    for sort in every_sort(GRIDS[name]):
        every = grid_fetch.fetch_ids(session, grid, parse_page_request(grid, {"sort": sort}), {}, 100)
        pages = {}
        for number in (1, 2, 3, 4, 5, 9_999_999):
            place = grid_fetch.replace(parse_page_request(grid, {"sort": sort, "page": str(number)}), size=3)
            pages[number] = grid_fetch.fetch_page(session, grid, place, {})

        ids = {number: [row.id for row in page.rows] for number, page in pages.items()}
        in_turn = {number: every[3 * number - 3 : 3 * number] for number in (1, 2, 3, 4)}
        assert ids == in_turn | {5: every[-3:], 9_999_999: every[-3:]}, sort
        assert (pages[1].previous, pages[4].next) == (None, None), sort


def test_a_page_that_is_no_number_is_the_first(session, eleven):
    grid = orders.build_grid(eleven).choose().for_reader(personal=True)
    for page in ["0", "-1", "x", "1.5", "99999999", "١"]:
        assert parse_page_request(grid, {"page": page}).page is None, page


@pytest.mark.parametrize("name", GRIDS)
def test_counts_are_exact_or_say_more(session, eleven, monkeypatch, name):
    grid = GRIDS[name](eleven).choose()
    field = NAMED[name]

    def count(**filters):
        page = grid_fetch.fetch_page(session, grid, parse_page_request(grid, {}), filters)
        return page.count, page.has_more

    assert count() == (11, False)
    assert count(**{field: "odd"}) == (6, False)
    assert count(**{field: "common", "store": eleven[0].slug}) == (11, False)
    monkeypatch.setattr(query_plan, "COUNTED", 5)
    assert count() == (6, True)
    assert count(**{field: "odd"}) == (6, True)
    assert count(**{field: "even"}) == (5, False)
    assert count(**{field: "common", "store": "nowhere"}) == (0, False)
    assert count(**{field: "common odd", "store": eleven[0].slug}) == (6, True)


def test_words_that_many_orders_hold_are_counted_in_the_rows_of_the_list(session, eleven, monkeypatch):
    monkeypatch.setattr(query_plan, "COUNTED", 5)
    session.execute(delete(InvoiceItem).where(InvoiceItem.invoice_id > 4))
    session.execute(delete(Invoice).where(Invoice.id > 4))

    def counted(grid):
        grid = grid(eleven).choose().for_reader(personal=True)
        return grid_fetch.fetch_page(session, grid, parse_page_request(grid, {}), {"q": "common"}).count

    assert counted(document_lists.invoice_grid) == 4
    assert counted(document_lists.build_shipment_grid) == 0
    assert counted(orders.build_grid) == counted(amazon_orders.build_grid) == 6


def test_a_row_bought_within_the_same_second_is_neither_repeated_nor_lost(session, eleven, monkeypatch):
    monkeypatch.setattr(query_plan, "COUNTED", 3)
    grid = orders.build_grid(eleven).choose().for_reader(personal=True)
    forth, back = forth_and_back(session, grid, "-purchased", {"q": "common"}, size=1)

    assert sorted(forth) == list(range(1, 12))
    assert back == forth


@pytest.mark.parametrize("without", [range(1, 6), range(20, 25)], ids=["newest", "oldest"])
def test_orders_are_found_where_others_with_the_words_have_none(session, monkeypatch, without):
    account = an_account(session)
    many = [a_searchable_order(n, status="PENDING" if n in without else "UNSHIPPED") for n in range(1, 25)]
    import_page.import_page(session, account.id, many, now=NOW, actor="test")
    session.commit()
    monkeypatch.setattr(query_plan, "COUNTED", 3)
    grid = orders.build_grid(stores.list_store_names(session)).choose().for_reader(personal=True)

    for sort in ("-purchased", "purchased"):
        forth, back = forth_and_back(session, grid, sort, {"q": "common"}, size=1)
        assert sorted(forth) == list(range(1, 20)), sort
        assert back == forth, sort


@pytest.mark.parametrize("name", GRIDS)
def test_what_is_counted_with_the_rows_is_what_there_is(session, eleven, monkeypatch, name):
    grid, field = GRIDS[name](eleven).choose(), "state" if name == "orders" else "status"
    waiting, here = ["UNSHIPPED", "new", "processing"], eleven[0].slug
    every = (
        {},
        {field: waiting[:1]},
        {field: waiting},
        {"store": here},
        {"store": "nowhere"},
        {"total_min": Decimal(1)},
    )
    for most in (1000, 4):
        monkeypatch.setattr(query_plan, "COUNTED", most)
        for filters in every:
            there = query_plan.apply_filters(session, grid, filters).count(session)
            for sort in every_sort(GRIDS[name]):
                for edge in ({}, {"before": END}):
                    place = grid_fetch.replace(parse_page_request(grid, {"sort": sort} | edge), size=2)
                    page = grid_fetch.fetch_page(session, grid, place, filters)
                    assert page.count == there, (sort, filters)
                    if page.next is not None:
                        behind = grid_fetch.fetch_page(
                            session, grid, grid_fetch.replace(place, before=None, after=page.next), filters
                        )
                        assert behind.count == there, (sort, filters)
