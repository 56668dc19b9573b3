"""The pages of invoices, shipments and credit memos."""

import pytest
from sqlalchemy import select

from tests.support.mailboxes import save_mail_server
from tests.support.order_processing import AUDIT_ARGS, create_processing_order
from tests.support.pages import plain
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.domain.shipping.parcels import Parcel
from webapp.models.comments import Comment
from webapp.services.invoicing import credit_memos, invoices
from webapp.services.shipping import shipments


@pytest.fixture
def order(session):
    return create_processing_order(session, invoiced=False)


@pytest.fixture
def written(session, order):
    """One document of each kind: an invoice of a piece of each line, two parcels, a credit memo of a piece."""
    first, second = [item.id for item in order.items]
    invoices.create(session, order.id, {first: 1, second: 1}, comment="Paid by card", **AUDIT_ARGS)
    packed = [Parcel({first: 1}, "DHL", "", "JJD014600003"), Parcel({second: 1}, "Other", "Bike", "JJD01460000B2")]
    shipments.create(session, order.id, packed, **AUDIT_ARGS)
    asked = CreditRequest({first: 1}, 0, adjustment_refund=200, adjustment_fee=50)
    credit_memos.create(session, order.id, asked, return_to_stock={first}, comment="Came back", **AUDIT_ARGS)
    return order


def test_an_invoice_shows_its_order_lines_totals_and_comments(owner_client, written):
    page = plain(owner_client.get("/invoices/100001"))

    for text in (
        "Invoice 100001",
        "Order 100001",
        "303-0000000-0000001",
        "Buyer Number1",
        "Street 1",
        "Article 1 SKU SKU-1 · B000000001 €10.00 1 €10.00 €1.50 €2.00 -€0.50 €13.00",
        "Article 2 SKU SKU-2 · B000000002 €10.00 1 €10.00 €3.00 €4.00 -€1.00 €16.00",
        "Subtotal €20.00",
        "Grand total €29.00",
        "Paid by card",
    ):
        assert text in page


def test_a_credit_memo_shows_what_was_given_and_kept(owner_client, written):
    page = plain(owner_client.get("/credit-memos/100001"))

    for text in (
        "Credit memo 100001",
        "Recorded only (offline)",
        "€10.00 1 €10.00 €0.00 €2.00 -€0.50 Returned €11.50",
        "Adjustment refund €2.00",
        "Adjustment fee -€0.50",
        "Total refunded €13.00",
        "Came back",
    ):
        assert text in page


def test_a_shipment_shows_each_parcel_and_where_to_follow_it(owner_client, written):
    answer = owner_client.get("/shipments/100001")
    page = plain(answer)

    for text in ("Shipment 100001", "Package 1 of 2", "Carrier DHL", "JJD014600003", "Package 2 of 2", "Carrier Bike"):
        assert text in page
    assert "tracking-id=JJD014600003" in answer.text
    assert page.count("Amazon does not show this package yet") == 2


@pytest.mark.parametrize("kind", ["invoices", "shipments", "credit-memos"])
def test_a_comment_stands_on_its_document_alone(owner_client, session, written, kind):
    url = f"/{kind}/100001"
    save_mail_server(session)

    sent = owner_client.post(f"{url}/comments", data={"comment": "Look at 3 < 4", "notify": "y"})

    assert (sent.status_code, sent.location) == (303, url)
    column = {"invoices": "invoice_id", "shipments": "shipment_id", "credit-memos": "credit_memo_id"}[kind]
    comment = session.scalars(select(Comment).order_by(Comment.id.desc())).first()
    assert (comment.text, comment.notify) == ("Look at 3 < 4", True)
    assert getattr(comment, column) is not None
    session.rollback()
    assert "Look at 3 &lt; 4" in owner_client.get(url).text
    others = {"invoices", "shipments", "credit-memos"} - {kind}
    assert not any("Look at" in plain(owner_client.get(f"/{other}/100001")) for other in others)


def test_an_empty_comment_is_refused_at_its_field(owner_client, written):
    page = owner_client.post("/invoices/100001/comments", data={"comment": "  "})
    fragment = owner_client.post("/invoices/100001/comments", data={"comment": ""}, headers={"HX-Request": "true"})

    assert (page.status_code, fragment.status_code) == (422, 422)
    assert "Enter a comment." in plain(page)
    assert "Enter a comment." in plain(fragment)
    assert "<html" not in fragment.text


@pytest.mark.parametrize("kind", ["invoices", "shipments", "credit-memos"])
def test_a_colleague_sees_no_buyer_and_no_words(viewer_client, written, kind):
    answer = viewer_client.get(f"/{kind}/100001")

    assert answer.status_code == 200
    for hidden in ("Buyer Number1", "Recipient Number1", "Street 1", "Paid by card", "Came back", "<textarea"):
        assert hidden not in answer.text


def test_an_unknown_number_is_said(owner_client):
    for kind in ["invoice", "shipment", "credit memo"]:
        page = owner_client.get(f"/{kind.replace(' ', '-')}s/999999")

        assert page.status_code == 404, kind
        assert f"There is no {kind} 999999." in plain(page), kind
