"""What pages say of a refund at Amazon, and what a person who has looked there can answer."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.factories import NOW, a_component, an_item
from tests.support.order_processing import create_processing_order, set_vat_rate
from tests.support.pages import plain
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.submissions import Submission
from webapp.services.invoicing import credit_memos
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.submissions import user_actions as submission_actions

pytestmark = pytest.mark.usefixtures("monday")

BY = {"now": NOW, "actor": "user:1"}


@pytest.fixture
def asked(session):
    """A refund of one of two lines, queued: 26.00 with its shipping and tax."""
    order = shipped_order(session)
    memo = credit_memos.create(
        session, order.id, CreditRequest({order.items[0].id: 2}, 0), on_amazon=True, reason="CustomerReturn", **BY
    )
    session.commit()
    return memo


def shipped_order(session):
    def item(n, quantity):
        parts = [a_component("ITEM", f"{10 * quantity}.00"), a_component("SHIPPING", "3.00")]
        parts += [a_component("TAX", "4.00"), a_component("DISCOUNT", "-1.00")]
        return an_item(n, quantity=quantity, quantity_shipped=quantity, components=tuple(parts))

    order = create_processing_order(session, items=(item(1, 2), item(2, 1)), status="SHIPPED")
    session.commit()
    return order


def doubted(session, asked):
    submission = session.scalars(select(Submission)).one()
    submission_transitions.apply(submission, "send", NOW)
    submission_transitions.mark_unconfirmed(session, submission, "feed_lost", NOW)
    session.commit()
    return submission


def test_its_page_shows_each_amount_sent_to_amazon(owner_client, session, asked):
    submission = session.scalars(select(Submission)).one()
    page = plain(owner_client.get(f"/submissions/{submission.id}"))

    assert f"Credit memo {asked.number}: 23.00 EUR" in page
    assert "Sent to Amazon Refund requested The buyer returned it" in page
    assert "Product Total Items Tax on items Article 1 SKU SKU-1 €23.00 €19.00 €4.00" in page


def test_the_credit_memo_says_that_it_is_only_asked_for(owner_client, asked):
    page = owner_client.get(f"/credit-memos/{asked.number}")
    assert "Refund requested" in plain(page)
    assert "Total to refund €23.00" in plain(page)
    assert "Items to refund" in plain(page)
    assert "Print" not in plain(page)


@pytest.mark.parametrize(
    ("verb", "heading", "stock"),
    [
        (None, "Items to refund", "Once refunded"),
        ("arrival", "Items refunded", "Returned"),
        ("miss", "Items to refund", ""),
    ],
)
def test_what_comes_back_to_stock_is_said_to_be_there_when_the_buyer_was_refunded(
    owner_client, session, asked, verb, heading, stock
):
    asked.items[0].return_to_stock = True
    page = f"/credit-memos/{asked.number}"
    if verb:
        url = f"/submissions/{doubted(session, asked).id}/{verb}"
        session.commit()
        assert owner_client.post(url).status_code == 303
    session.commit()

    content = plain(owner_client.get(page))

    assert heading in content
    assert [word for word in ("Once refunded", "Returned") if word in content] == ([stock] if stock else [])


@pytest.mark.parametrize(
    ("verb", "state", "memo_state", "message"),
    [
        ("arrival", "verified", "refunded", "Recorded as refunded."),
        ("miss", "rejected", "refused", "Recorded as not refunded. The amount can be refunded again."),
        ("resends", "queued", "asked", ""),
    ],
)
def test_who_has_looked_at_amazon_says_what_happened(owner_client, session, asked, verb, state, memo_state, message):
    submission = doubted(session, asked)
    url = f"/submissions/{submission.id}"
    session.commit()
    page = owner_client.get(url)
    assert "The buyer was refunded Not refunded Not refunded: send it again" in plain(page)
    assert page.text.count("Have you checked in Seller Central that the buyer was not refunded?") == 2
    assert f'action="{url}/{verb}"' in page.text
    assert f'action="{url}/again"' not in page.text

    answered = owner_client.post(f"{url}/{verb}", follow_redirects=True)

    assert message in plain(answered)
    session.refresh(submission)
    session.refresh(asked)
    assert (submission.state, asked.state) == (state, memo_state)
    session.commit()
    assert owner_client.post(f"{url}/{verb}").status_code == 409


def test_who_only_looks_gets_no_answers_to_give(viewer_client, session, asked):
    submission = doubted(session, asked)

    page = viewer_client.get(f"/submissions/{submission.id}")

    assert "Check in Seller Central whether the buyer was refunded." in plain(page)
    assert "/arrival" not in page.text
    assert viewer_client.post(f"/submissions/{submission.id}/arrival").status_code == 403


def test_an_invoice_page_says_what_of_the_sellers_data_is_missing(owner_client, session):
    shipped_order(session)

    page = owner_client.get("/invoices/100001")

    assert "A tax invoice needs your name and address, and your VAT number." in plain(page)
    assert owner_client.post("/invoices/100001/uploads").status_code == 409
    assert session.scalars(select(Submission)).all() == []


def test_an_invoice_is_uploaded_with_a_button_and_then_followed(owner_client, session):
    order = shipped_order(session)
    order.store.documents_sender, order.store.documents_tax_number = "Desk\nHafen 1", "DE123456789"
    set_vat_rate(session, order)
    number = "100001"
    page = owner_client.get(f"/invoices/{number}")
    assert "Not uploaded yet. Upload to Amazon" in plain(page)

    answered = owner_client.post(f"/invoices/{number}/uploads", follow_redirects=True)

    assert "At Amazon Amazon shows the document to the buyer Queued" in plain(answered)
    assert 'id="vat-invoice" aria-live="polite" hx-get="/invoices/100001" hx-select="#vat-invoice"' in answered.text
    submission = session.scalars(select(Submission)).one()
    assert f'action="/submissions/{submission.id}/undo"' in answered.text
    assert (submission.kind, submission.amazon_order_id) == ("vat_invoice", order.amazon_order_id)
    session.commit()
    assert owner_client.post(f"/invoices/{number}/uploads").status_code == 409
    page = plain(owner_client.get(f"/submissions/{submission.id}"))
    assert "Document Tax invoice Total €42.00 Included tax €8.00" in page
    assert f"{number}: 42.00 EUR" in page
    undo = f"/submissions/{submission.id}/undo"
    session.commit()
    undone = owner_client.post(undo, data={"next": f"/invoices/{number}"}, follow_redirects=True)
    assert "Upload again" in plain(undone)
    assert "hx-select" not in undone.text, "nothing is followed that has ended"


def test_where_amazon_takes_no_invoices_nothing_is_offered(owner_client, session):
    create_processing_order(session)
    page = owner_client.get("/invoices/100001")
    assert "At Amazon" in plain(page)
    assert "Amazon accepts the invoice once it shows a shipment of the order." in plain(page)
    assert "/uploads" not in page.text


def test_undone_in_its_time_the_page_says_so(owner_client, session, asked):
    submission = session.scalars(select(Submission)).one()
    submission_actions.undo(session, submission.id, now=NOW + timedelta(seconds=5), actor="user:1")
    page = plain(owner_client.get(f"/credit-memos/{asked.number}"))
    assert "Undone" in page
