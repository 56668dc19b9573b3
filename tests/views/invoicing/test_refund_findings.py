"""The refund check on its page, the order, the credit memo, the store and the account."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.factories import NOW
from tests.support.refunds import ON_AMAZON, apply_feed_report, create_shipped_order
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.accounts import Account
from webapp.models.refund_transactions import RefundFinding, RefundTransaction, UnreadableTransaction
from webapp.services.accounts import stores
from webapp.services.invoicing import credit_memos, refund_check


@pytest.fixture
def order(session):
    return create_shipped_order(session)


@pytest.fixture
def memo(session, order):
    """A credit memo of 5.00 that Amazon has accepted."""
    memo = credit_memos.create(session, order.id, CreditRequest({}, 0, adjustment_refund=500), **ON_AMAZON)
    apply_feed_report(session, memo)
    return memo


def add_transaction(session, order, amount, **fields):
    row = {
        "account_id": 1,
        "transaction_id": f"t-{amount}-{len(session.scalars(select(RefundTransaction)).all())}",
        "number": order.amazon_order.number,
        "amazon_order_id": order.amazon_order_id,
        "kind": "Refund",
        "posted_at": NOW + timedelta(hours=1),
        "currency": "EUR",
        "amount": amount,
        "read_at": NOW,
        "request_id": "request-1",
    }
    session.add(RefundTransaction(**row | fields))
    session.commit()


def compare(session, days=3):
    account = session.get_one(Account, 1)
    account.finances_since, account.finances_until = NOW, NOW + timedelta(days=days)
    session.commit()
    refund_check.compare_account(session, 1, now=NOW + timedelta(days=days))
    session.commit()


def texts(response):
    return " ".join(response.text.replace("&#39;", "'").split())


def test_a_confirmed_refund_shows_amount_and_day_on_the_credit_memo_and_the_order(session, owner_client, order, memo):
    url = f"/credit-memos/{memo.number}"
    assert "Not in Amazon's payments yet" in texts(owner_client.get(url))
    add_transaction(session, order, 500)
    compare(session)
    page = texts(owner_client.get(url))
    assert "In Amazon's payments: €5.00 on Mar 2" in page
    assert "Not in Amazon's payments yet" not in page
    assert "In Amazon's payments" in texts(owner_client.get(f"/orders/{order.number}?tab=credit_memos"))
    history = texts(owner_client.get(f"/orders/{order.number}?tab=history"))
    assert "Amazon's payments show the refund: 5.00 EUR on 2026-03-02" in history


def test_a_missing_refund_is_on_the_list_the_order_the_credit_memo_and_the_store(session, owner_client, order, memo):
    compare(session)
    for url, text in {
        "/refund-check": "its payments do not show it after 48 hours",
        f"/orders/{order.number}": "1 refund does not agree with Amazon's payments",
        f"/credit-memos/{memo.number}": "Not in the payments",
        "/": "1 refund does not agree with Amazon's payments",
    }.items():
        assert text in texts(owner_client.get(url)), url


def test_a_finding_is_marked_as_checked_and_stays_in_the_list(session, owner_client, order):
    add_transaction(session, order, 700)
    compare(session)
    ((finding_id, kind),) = session.execute(select(RefundFinding.id, RefundFinding.kind)).all()
    order_number = order.number
    session.commit()
    assert kind == "elsewhere"
    assert "Mark as checked" in owner_client.get("/refund-check?unresolved=1").text
    response = owner_client.post(f"/refund-check/{finding_id}/checks")
    assert (response.status_code, response.headers["location"]) == (303, "/refund-check?unresolved=1")
    assert "No results" in owner_client.get("/refund-check?unresolved=1").text
    assert "owner@desk.example" in owner_client.get("/refund-check").text
    assert "does not agree" not in owner_client.get(f"/orders/{order_number}").text


def test_filters_and_unknown_findings(session, owner_client, viewer_client, order):
    add_transaction(session, order, 700)
    compare(session)
    order_number = order.number
    session.commit()
    assert order_number in owner_client.get("/refund-check?kind=elsewhere").text
    assert "No results" in owner_client.get("/refund-check?kind=missing").text
    assert owner_client.post("/refund-check/99/checks").status_code == 404
    assert "Mark as checked" not in viewer_client.get("/refund-check").text
    assert viewer_client.post("/refund-check/1/checks").status_code == 403


def test_an_account_without_the_role_says_so(session, owner_client, order):
    session.get_one(Account, 1).finances_refused_at = NOW
    session.commit()
    for url in ("/accounts/1", "/refund-check"):
        page = texts(owner_client.get(url))
        assert "Amazon does not show" in page
        assert "Finance and Accounting" in page


def test_a_deleted_store_takes_its_transactions_along(session, order, memo):
    add_transaction(session, order, 500)
    add_transaction(session, order, 700)
    compare(session)
    stores.delete_store(session, order.store, order.store.name, now=NOW, actor="test")
    assert session.scalars(select(RefundTransaction)).all() == []


def test_transactions_that_cannot_be_read_are_on_the_page(session, owner_client, order):
    assert "cannot be read" not in texts(owner_client.get("/refund-check"))
    for n in range(6):
        session.add(
            UnreadableTransaction(
                account_id=1,
                transaction_id=f"t-{n}",
                number="303-1",
                cause="postedDate is missing",
                first_seen_at=NOW + timedelta(hours=n),
            )
        )
    session.commit()
    page = texts(owner_client.get("/refund-check"))
    assert "6 transactions in Amazon's payments cannot be read" in page
    assert "t-5 (303-1): <code>postedDate is missing</code>" in page
    assert "t-0" not in page
