"""The lists of documents, as both databases read them."""

import pytest

from tests.support.factories import a_store, an_account, an_order
from tests.support.order_processing import AUDIT_ARGS, create_orders
from webapp.domain.invoicing import drafts
from webapp.domain.shipping import parcels
from webapp.queries.accounts import stores
from webapp.queries.invoicing import lists as document_lists
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing.fetch import parse_page_request
from webapp.queries.orders import customers
from webapp.services.invoicing import credit_memos
from webapp.services.shipping import shipments

pytestmark = pytest.mark.both_databases


def fetch(session, grid, filters=None, **arguments):
    grid = grid.for_reader(personal=True)
    page = grid_fetch.fetch_page(session, grid, parse_page_request(grid, arguments), filters or {})
    return list(page.rows)


@pytest.fixture
def every(session):
    """The stores, with two Orders that were invoiced; the first has two parcels and the second a credit memo."""
    account = an_account(session)
    store = a_store(account)
    store.customer_creation = "account"
    session.commit()
    first, second = create_orders(session, an_order(1), an_order(2))
    line = first.items[0].id
    packed = [
        parcels.Parcel(carrier="DHL", tracking_number=number, quantities={line: 1})
        for number in ("00340434161094042557", "00340434161094042564")
    ]
    shipments.create(session, first.id, packed, **AUDIT_ARGS)
    credit_memos.create(session, second.id, drafts.CreditRequest(quantities={second.items[0].id: 1}), **AUDIT_ARGS)
    return stores.list_store_names(session)


def test_a_shipment_counts_its_pieces_and_lists_its_numbers(session, every):
    (row,) = fetch(session, document_lists.build_shipment_grid(every).choose())

    assert row.quantity == 2
    assert sorted(row.tracking_numbers.split(", ")) == ["00340434161094042557", "00340434161094042564"]
    assert fetch(session, document_lists.build_shipment_grid(every), {"tracking": "0034043416109404256"})
    assert not fetch(session, document_lists.build_shipment_grid(every), {"tracking": "161094"})


def test_an_untracked_shipment_has_no_number(session, every):
    account_order = create_orders(session, an_order(3))[2]
    shipments.create(session, account_order.id, **AUDIT_ARGS)

    newest = fetch(session, document_lists.build_shipment_grid(every).choose())[0]

    assert (newest.quantity, newest.tracking_numbers) == (2, None)


def test_invoices_are_sorted_by_what_their_heads_say(session, every):
    for sort in ["number", "-number", "created", "-created", "order", "-order", "total", "-total"]:
        numbers = [row.number for row in fetch(session, document_lists.invoice_grid(every).choose(), sort=sort)]

        assert sorted(numbers) == ["100001", "100002"], sort
        if sort.removeprefix("-") in {"number", "order"}:
            assert numbers == sorted(numbers, reverse=sort.startswith("-")), sort


def test_documents_are_found_by_numbers_and_words(session, every):
    for filters, expected in [
        ({"q": "100002"}, ["100002"]),
        ({"q": "0000002"}, ["100002"]),
        ({"q": "recipient number1"}, ["100001"]),
        ({"name": "number2"}, ["100002"]),
        ({"store": "nowhere"}, []),
    ]:
        assert [row.number for row in fetch(session, document_lists.invoice_grid(every).choose(), filters)] == expected


def test_credit_memos_say_how_they_were_refunded(session, every):
    (row,) = fetch(session, document_lists.credit_memo_grid(every).choose(), {"memo_state": ["offline"]})

    assert row.memo_state == "offline"
    assert row.total > 0


def test_customers_know_their_orders(session, every):
    first, second = fetch(session, customers.build_grid(every).choose(), sort="id")

    assert (first.orders, second.orders) == (1, 1)
    assert first.email == "buyer1@marketplace.example"
    assert [row.id for row in fetch(session, customers.build_grid(every), {"email": "BUYER2@marketplace.example"})] == [
        second.id
    ]
    assert [row.id for row in fetch(session, customers.build_grid(every), {"name": "number1"})] == [first.id]
    (worth,) = customers.sum_orders(session, second.id)
    assert (worth.orders, worth.total.amount) == (1, "26.00")
    assert worth.refunded.minor > 0
