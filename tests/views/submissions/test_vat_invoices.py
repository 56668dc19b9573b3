"""Uploading an invoice or credit note on its page."""

import pytest
from sqlalchemy import select

from tests.support.factories import NOW, an_item, an_order, shipped_fields
from tests.support.order_processing import AUDIT_ARGS, create_orders, create_processing_order, set_vat_rate
from tests.support.pages import HTMX, fields, plain
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.documents import Invoice
from webapp.models.order_transactions import OrderTransaction
from webapp.models.refund_transactions import RefundTransaction
from webapp.models.submissions import Submission
from webapp.services.invoicing import credit_memos, invoices

pytestmark = pytest.mark.usefixtures("job_queue")
MEMO, UPLOADS = "/credit-memos/100001", "/credit-memos/100001/uploads"


@pytest.fixture
def order(session):
    """A shipped order of a German store whose documents name the seller."""
    order = create_processing_order(session, **shipped_fields(an_order(1)))
    order.store.documents_sender, order.store.documents_tax_number = "Desk GmbH\nHafen 1", "DE123456789"
    set_vat_rate(session, order)
    return order


@pytest.fixture
def memo(session, order):
    memo = credit_memos.create(session, order.id, CreditRequest(), **AUDIT_ARGS)
    set_vat_rate(session, order)
    return memo


def submission_of(session):
    return session.scalars(select(Submission).where(Submission.kind == "vat_invoice")).one()


def test_a_credit_note_needs_the_transaction_id(owner_client, session, memo):
    page = owner_client.get(MEMO)
    assert fields(page)["reference_id"] == ""
    assert "Transaction ID Of the refund. Channeldesk enters it once Amazon's payments show the refund" in plain(page)

    fragment = owner_client.post(UPLOADS, data={"reference_id": " "}, headers=HTMX)
    page = owner_client.post(UPLOADS, data={"reference_id": "T=1"})

    assert (fragment.status_code, page.status_code) == (422, 422)
    assert "Amazon rejects a credit note without the ID of its refund's transaction." in plain(fragment)
    assert "/orders/100001/payments" in fragment.text
    assert "<html" not in fragment.text
    assert "Amazon's IDs have letters, digits and" in plain(page)
    assert fields(page)["reference_id"] == "T=1"
    assert owner_client.post(UPLOADS, data={"reference_id": " T-1 "}).location == MEMO
    assert submission_of(session).details["transaction_id"] == "T-1"


def test_the_transaction_id_is_filled_in_where_amazons_payments_show_it(owner_client, session, order, memo):
    about = {"kind": "Refund", "posted_at": NOW, "currency": "EUR", "amount": memo.total, "read_at": NOW}
    about |= {"account_id": order.amazon_order.account_id, "number": order.amazon_order.number}
    session.add(RefundTransaction(transaction_id="T-7", credit_memo_id=memo.id, **about))
    session.commit()

    page = owner_client.get(MEMO)

    assert fields(page)["reference_id"] == "T-7"
    assert "From Amazon's payments." in plain(page)


def test_an_invoice_of_a_part_asks_for_the_shipping_id_and_one_of_the_whole_does_not(owner_client, session, order):
    assert "reference_id" not in fields(owner_client.get("/invoices/100001"))
    order.store.auto_invoice = False
    session.commit()
    items = (an_item(3, quantity=2),)
    *_, partial = create_orders(session, an_order(2, **shipped_fields(an_order(2, items=items))))
    set_vat_rate(session, partial)
    invoice = invoices.create(session, partial.id, {partial.items[0].id: 1}, **AUDIT_ARGS)
    url = f"/invoices/{invoice.number}"

    assert "Shipping ID Of the shipment that this invoice is for." in plain(owner_client.get(url))
    about = {"number": partial.amazon_order.number, "kind": "Shipment", "posted_at": NOW, "currency": "EUR"}
    amounts = {"charges": invoice.total - 100, "tax": 100, "fees": -200, "other": 0, "total": invoice.total - 200}
    session.add(
        OrderTransaction(
            account_id=partial.amazon_order.account_id,
            transaction_id="S-1",
            shipment_id="D1",
            read_at=NOW,
            **about,
            **amounts,
        )
    )
    session.commit()
    assert fields(owner_client.get(url))["reference_id"] == "D1"
    assert owner_client.post(f"{url}/uploads", data={"reference_id": "D1"}).status_code == 303
    assert submission_of(session).details["shipping_id"] == "D1"


def test_a_store_with_the_vat_calculation_service_says_why_nothing_is_uploaded(owner_client, session, order):
    order.store.vat_calculation_service = True
    session.commit()
    number = session.scalars(select(Invoice.number)).one()

    page = plain(owner_client.get(f"/invoices/{number}"))

    assert "This store uses Amazon's VAT Calculation Service" in page
    assert "Upload to Amazon" not in page
