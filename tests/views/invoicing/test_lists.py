"""The lists of invoices, shipments, credit memos and customers."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import event, select

from tests.support.factories import NOW, a_store, an_account, an_order
from tests.support.order_processing import AUDIT_ARGS, create_orders
from tests.support.pages import plain
from webapp.core.extensions import db
from webapp.domain.amazon.types import Buyer
from webapp.domain.invoicing import drafts
from webapp.domain.shipping import parcels
from webapp.models.customers import Customer
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.shipments import Shipment
from webapp.services.invoicing import credit_memos, invoices
from webapp.services.shipping import shipments


def rows(response):
    body = response.get_data(as_text=True).partition("<tbody")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", unescape(row)).split()) for row in re.findall(r"<tr>.*?</tr>", body, re.S)]


def cost(do):
    seen = []
    listen = (db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    event.listen(*listen)
    try:
        do()
    finally:
        event.remove(*listen)
    return len([one for one in seen if not one.startswith(("BEGIN", "PRAGMA"))])


@pytest.fixture
def orders(session):
    """Three Orders of a store that builds accounts, the first two of one buyer; nothing is written of them yet."""
    account = an_account(session, ("DE", "GB"))
    store = a_store(account)
    store.auto_invoice, store.customer_creation = False, "account"
    session.commit()
    buyer = Buyer(name="Buyer Number1", email="Buyer1@marketplace.example")
    return create_orders(
        session,
        an_order(1, buyer=buyer),
        an_order(2, buyer=buyer, purchased_at=NOW - timedelta(days=3)),
        an_order(3),
    )


@pytest.fixture
def documents_written(session, orders):
    """An invoice of each, a shipment of two parcels of the first, a credit memo of the second."""
    for order in orders:
        invoices.create(session, order.id, **AUDIT_ARGS)
    first, second = orders[0], orders[1]
    line = first.items[0].id
    packed = [
        parcels.Parcel(carrier="DHL", tracking_number="00340434161094042557", quantities={line: 1}),
        parcels.Parcel(carrier="DHL", tracking_number="00340434161094042564", quantities={line: 1}),
    ]
    shipments.create(session, first.id, packed, **AUDIT_ARGS)
    credit_memos.create(session, second.id, drafts.CreditRequest(quantities={second.items[0].id: 1}), **AUDIT_ARGS)
    session.commit()


def test_each_kind_of_document_has_a_list(owner_client, documents_written):
    assert rows(owner_client.get("/invoices"))[0].startswith("100003 ")
    assert rows(owner_client.get("/invoices"))[2].endswith(" Desk DE Buyer Number1 €26.00 View")
    (shipment,) = rows(owner_client.get("/shipments"))
    assert "Recipient Number1 2 00340434161094042557, 00340434161094042564 View" in shipment
    (memo,) = rows(owner_client.get("/credit-memos"))
    assert "Desk DE Buyer Number1 Recorded only (offline) €" in memo


def test_a_colleague_sees_no_names(viewer_client, documents_written):
    for path in ("/invoices", "/shipments", "/credit-memos", "/customers", "/customers/1"):
        page = viewer_client.get(path)
        assert page.status_code == 200
        for hidden in ("Buyer Number1", "Recipient Number1", "marketplace.example"):
            assert hidden not in page.text


def test_each_filter_finds_what_it_says(owner_client, documents_written):
    for path, query, expected in [
        ("/invoices", {"q": "Number3"}, ["100003"]),
        ("/invoices", {"q": "0000-0000002"}, ["100002"]),
        ("/invoices", {"total_min": "26.01"}, []),
        ("/invoices", {"total_max": "26.00", "sort": "number"}, ["100001", "100002", "100003"]),
        ("/invoices", {"created_to": "2026-03-01"}, []),
        ("/invoices", {"created_from": "2026-03-02", "store": "desk-gb"}, []),
        ("/shipments", {"tracking": "0034 0434 1610 9404 2564"}, ["100001"]),
        ("/shipments", {"tracking": "9404"}, []),
        ("/credit-memos", {"memo_state": "offline"}, ["100001"]),
        ("/credit-memos", {"memo_state": "asked"}, []),
    ]:
        assert [row.split()[0] for row in rows(owner_client.get(path, query_string=query))] == expected, path


def test_a_number_leads_straight_to_its_document(owner_client, documents_written):
    assert owner_client.get("/invoices?q=100002").location == "/invoices/100002"
    assert owner_client.get("/shipments?q=100001").location == "/shipments/100001"
    assert owner_client.get("/credit-memos?q=100001").location == "/credit-memos/100001"


@pytest.mark.parametrize("path", ["/invoices", "/shipments", "/credit-memos", "/customers"])
def test_names_in_urls_are_encrypted_and_mistakes_reported(owner_client, documents_written, path):
    location = owner_client.post(f"{path}/searches", data={"name": "Number1"}).location
    assert "Number1" not in location
    assert len(rows(owner_client.get(location))) >= 1
    wrong = owner_client.get(f"{path}?{'since' if path == '/customers' else 'created'}_from=tomorrow")
    assert (wrong.status_code, "Enter a day as 2026-03-31." in plain(wrong)) == (422, True)


@pytest.mark.parametrize(
    ("path", "model"), [("/invoices", Invoice), ("/shipments", Shipment), ("/credit-memos", CreditMemo)]
)
def test_a_list_costs_as_many_statements_for_many_as_for_one(owner_client, session, documents_written, path, model):
    few = cost(lambda: owner_client.get(path))
    more = create_orders(session, *(an_order(n, country=("DE", "GB")[n % 2]) for n in range(10, 40)))
    for order in more[3:]:
        if order.total_invoiced == 0:
            invoices.create(session, order.id, **AUDIT_ARGS)
        if model is Shipment:
            shipments.create(session, order.id, **AUDIT_ARGS)
        if model is CreditMemo:
            credit_memos.create(
                session, order.id, drafts.CreditRequest(quantities={order.items[0].id: 1}), **AUDIT_ARGS
            )
    session.commit()

    assert cost(lambda: owner_client.get(path)) == few == 4
    assert len(rows(owner_client.get(path))) > 25
    session.commit()


def test_empty_lists_say_what_belongs_there(owner_client):
    assert "No invoices yet" in plain(owner_client.get("/invoices"))
    assert "No shipments yet" in plain(owner_client.get("/shipments"))
    assert "No credit memos yet" in plain(owner_client.get("/credit-memos"))
    assert "No customer accounts yet" in plain(owner_client.get("/customers"))


def test_documents_are_printed_from_their_list(owner_client, session, documents_written):
    ids = session.scalars(select(Invoice.id)).all()
    session.commit()

    begun = owner_client.post("/grids/invoices/selections", data={"kind": "print_these_invoices", "id": ids})

    assert begun.location == "/bulk/1"
    assert "Print invoices" in plain(owner_client.get("/bulk/1"))


def test_customers_are_listed_with_their_orders(owner_client, orders):
    listed = rows(owner_client.get("/customers?sort=id"))

    assert [row.split()[0] for row in listed] == ["1", "2"]
    assert "Buyer Number1 Buyer1@marketplace.example Desk DE 2 " in listed[0]
    assert " Desk DE 1 " in listed[1]


def test_customers_are_found_by_e_mail_name_and_store(owner_client, orders):
    for query, expected in [
        ({"email": "buyer1@MARKETPLACE.example"}, ["1"]),
        ({"email": "buyer1"}, []),
        ({"name": "number3"}, ["2"]),
        ({"store": "desk-de"}, ["2", "1"]),
        ({"store": "desk-gb"}, []),
    ]:
        assert [row.split()[0] for row in rows(owner_client.get("/customers", query_string=query))] == expected, query


def test_the_page_of_a_customer_shows_what_they_ordered(owner_client, session, orders):
    credit = orders[1]
    invoices.create(session, credit.id, **AUDIT_ARGS)
    credit_memos.create(session, credit.id, drafts.CreditRequest(quantities={credit.items[0].id: 2}), **AUDIT_ARGS)
    session.commit()

    page = owner_client.get("/customers/1")

    content = plain(page)
    for part in ("Orders, not cancelled 2", "Ordered €52.00", "Refunded €", "Buyer1@marketplace.example", "Desk DE"):
        assert part in content
    assert [row.split()[0] for row in rows(page)] == ["100001", "100002"]
    all_of_them = owner_client.get("/orders?customer=1")
    assert "2 orders" in plain(all_of_them)
    assert "Customer: 1" in plain(all_of_them)
    assert owner_client.get("/orders?customer=x").status_code == 422
    # The filters of that list keep whose orders they are.
    assert "customer=1" in owner_client.post("/orders/searches", data={"customer": "1", "state": "new"}).location


def test_an_unknown_customer_is_said(owner_client):
    page = owner_client.get("/customers/99")
    assert (page.status_code, "There is no customer 99." in plain(page)) == (404, True)


def test_the_page_of_a_customer_costs_the_same_for_many_orders(owner_client, session, orders):
    few = cost(lambda: owner_client.get("/customers/1"))
    buyer = Buyer(name="Buyer Number1", email="buyer1@marketplace.example")
    create_orders(session, *(an_order(n, buyer=buyer) for n in range(10, 35)))
    assert session.scalar(select(Customer.id).where(Customer.id == 3)) is None
    session.commit()

    assert cost(lambda: owner_client.get("/customers/1")) == few
