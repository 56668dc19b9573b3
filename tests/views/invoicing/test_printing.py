"""Printing from the pages: the right file, its name, and who may have it."""

import pytest

from tests.printing.orders import a_memo, a_printed_order, pages, the_invoice, two_parcels
from tests.support.factories import NOW
from webapp.services.bulk import printing as bulk_printing
from webapp.services.bulk import runner as bulk_runner


@pytest.fixture
def order(session):
    return a_printed_order(session)


def test_each_document_is_shown_under_a_name_of_its_own(owner_client, session, order):
    invoice, shipment, memo = the_invoice(session), two_parcels(session, order), a_memo(session, order)
    for address, name, title in (
        (f"/invoices/{invoice.number}/pdf", f"invoice-{invoice.number}.pdf", "Rechnung"),
        (f"/shipments/{shipment.number}/pdf", f"packing-slip-{shipment.number}.pdf", "Lieferschein"),
        (f"/credit-memos/{memo.number}/pdf", f"credit-memo-{memo.number}.pdf", "Rechnungskorrektur"),
    ):
        answer = owner_client.get(address)
        assert answer.status_code == 200
        assert answer.mimetype == "application/pdf"
        assert answer.headers["Content-Disposition"] == f"inline; filename={name}"
        assert answer.headers["Cache-Control"] == "no-store"
        (page,) = pages(answer.data)
        assert f" {title} " in page


def test_all_of_an_order_is_one_file(owner_client, session, order):
    two_parcels(session, order)
    a_memo(session, order)
    session.commit()

    answer = owner_client.get(f"/orders/{order.number}/pdf")

    assert answer.headers["Content-Disposition"] == f"inline; filename=order-{order.number}.pdf"
    assert [page.split()[3] for page in pages(answer.data)] == ["Rechnung", "Lieferschein", "Rechnungskorrektur"]


def test_an_order_without_documents_says_so(owner_client, session):
    order = a_printed_order(session)
    invoice = the_invoice(session)
    for item in invoice.items:
        session.delete(item)
    session.flush()
    session.delete(invoice)
    session.commit()
    answer = owner_client.get(f"/orders/{order.number}/pdf")
    assert answer.status_code == 409
    assert f"Order {order.number} has no invoice, shipment or credit memo to print." in answer.text


def test_who_may_not_see_buyers_cannot_print_them(viewer_client, owner_client, session, order):
    number = the_invoice(session).number
    session.rollback()
    assert viewer_client.get(f"/invoices/{number}/pdf").status_code == 403
    assert f"/invoices/{number}/pdf" not in viewer_client.get(f"/invoices/{number}").text
    assert f"/invoices/{number}/pdf" in owner_client.get(f"/invoices/{number}").text


def test_what_is_not_there_is_not_found(owner_client):
    for address in ("/invoices/1/pdf", "/shipments/1/pdf", "/credit-memos/1/pdf", "/orders/1/pdf"):
        assert owner_client.get(address).status_code == 404


def test_what_many_printed_is_offered_to_who_may_print(owner_client, viewer_client, session, order):
    action = bulk_runner.start(session, "print_invoices", [order.id], now=NOW, actor="user:1")
    bulk_runner.process_rows(session, action.id, lambda: NOW)
    address = f"/bulk/{action.id}/pdf"
    session.rollback()

    assert f'href="{address}"' in owner_client.get(f"/bulk/{action.id}").text
    answer = owner_client.get(address)
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/pdf", "no-store")
    assert answer.headers["Content-Disposition"] == f"inline; filename=bulk-{action.id}.pdf"
    assert len(pages(answer.data)) == 1
    assert address not in viewer_client.get(f"/bulk/{action.id}").text
    assert viewer_client.get(address).status_code == 403


@pytest.mark.parametrize("kind", [kind.name for kind in bulk_printing.HANDLERS if kind.subject == "order"])
def test_each_kind_of_printing_many_orders_offers_its_file(owner_client, session, kind):
    order = a_printed_order(session)
    if kind == "print_credit_memos":
        a_memo(session, order)
        session.commit()
    action = bulk_runner.start(session, kind, [order.id], now=NOW, actor="user:1")
    bulk_runner.process_rows(session, action.id, lambda: NOW)
    session.rollback()

    assert f'href="/bulk/{action.id}/pdf"' in owner_client.get(f"/bulk/{action.id}").text
    assert len(pages(owner_client.get(f"/bulk/{action.id}/pdf").data)) >= 1


def test_a_file_that_is_gone_says_how_to_get_it_back(owner_client, session, order):
    answer = owner_client.get("/bulk/1/pdf")
    assert answer.status_code == 404
    assert "Print it again." in answer.text
