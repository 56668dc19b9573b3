"""The tab of an order with Amazon's own transactions."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from simulator.operations import control
from tests.queries.accounts.test_dashboard import counted
from tests.support.factories import NOW
from tests.support.order_processing import AUDIT_ARGS, create_processing_order
from tests.support.pages import plain
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.order_transactions import OrderTransaction
from webapp.models.refund_transactions import RefundTransaction
from webapp.services.invoicing import credit_memos

URL = "/orders/100001/payments"


@pytest.fixture
def order(session):
    order = create_processing_order(session)
    session.commit()
    return order


def add(session, order, transaction_id, *, account_id=None, **fields):
    values = {
        "kind": "Shipment",
        "description": "Order Payment",
        "status": "RELEASED",
        "posted_at": NOW,
        "currency": "EUR",
        "charges": 3600,
        "tax": 600,
        "fees": -630,
        "other": 0,
        "total": 3570,
        "number": order.amazon_order.number,
    } | fields
    account_id = account_id or order.amazon_order.account_id
    session.add(OrderTransaction(account_id=account_id, transaction_id=transaction_id, read_at=NOW, **values))
    session.commit()


def test_the_transactions_of_the_order_are_shown_with_their_sum(owner_client, session, order):
    memo = credit_memos.create(session, order.id, CreditRequest(), **AUDIT_ARGS)
    add(session, order, "T-1")
    refunded = {"charges": -1000, "tax": -190, "fees": 120, "other": 10, "total": -1060}
    add(session, order, "T-2", kind="Refund", status="DEFERRED", posted_at=NOW + timedelta(days=1), **refunded)
    add(session, order, "T-3", number="303-9999999-9999999")
    about = {"kind": "Refund", "posted_at": NOW, "currency": "EUR", "amount": 1190, "read_at": NOW}
    about |= {"account_id": order.amazon_order.account_id, "number": order.amazon_order.number}
    session.add(RefundTransaction(transaction_id="T-2", credit_memo_id=memo.id, **about))
    session.commit()

    page = plain(owner_client.get(URL))

    assert "Sale T-1 €36.00 €6.00 -€6.30 – €35.70" in page
    assert f"Refund Deferred Credit memo {memo.number} T-2 -€10.00 -€1.90 €1.20 €0.10 -€10.60" in page
    assert "Prices and shipping €26.00 Tax €4.10 Amazon's fees -€5.10 Other amounts €0.10 Net proceeds €25.10" in page
    assert "T-3" not in page


def test_a_transaction_of_an_unknown_type_has_amazons_word_and_two_currencies_have_no_sum(owner_client, session, order):
    add(session, order, "T-1", kind="RetroCharge")
    add(session, order, "T-2", currency="USD")

    page = plain(owner_client.get(URL))

    assert "RetroCharge T-1" in page
    assert "Net proceeds" not in page


def test_without_transactions_the_page_says_when_they_appear_or_which_role_is_missing(owner_client, session, order):
    assert "Amazon shows a transaction up to 48 hours after a shipment or refund." in plain(owner_client.get(URL))
    order.amazon_order.store.account.finances_refused_at = NOW
    session.commit()
    assert "The application lacks the role Finance and Accounting." in plain(owner_client.get(URL))


def test_the_tab_needs_its_permission(owner_client, viewer_client, order):
    assert "/orders/100001/payments" in owner_client.get("/orders/100001").text
    assert "/orders/100001/payments" not in viewer_client.get("/orders/100001").text
    assert viewer_client.get(URL).status_code == 403
    # The address of the other tabs does not lead to it.
    assert "Amazon's payments" not in plain(viewer_client.get("/orders/100001?tab=payments"))


def test_the_tab_needs_one_query_however_many_transactions_there_are(owner_client, session, order):
    add(session, order, "T-0")
    owner_client.get(URL)
    with counted() as few:
        owner_client.get(URL)
    for index in range(1, 30):
        add(session, order, f"T-{index}")
    with counted() as many:
        owner_client.get(URL)
    assert len(many) == len(few)
    assert sum("order_transactions" in statement for statement in many) == 1
    assert session.scalars(select(OrderTransaction.id)).all()


def test_the_transactions_of_an_order_are_read_at_once_by_who_may_process_it(
    owner_client, viewer_client, harness, job_queue
):
    harness.world.finances_delay = 0
    number = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    harness.session.commit()
    control.run(harness.world, lambda world: control.set_clock(world, {"move": 200}))
    assert viewer_client.post(f"{URL}/readings").status_code == 403
    assert harness.world.call_counts["listTransactions"] == 0

    page = owner_client.post(f"{URL}/readings", follow_redirects=True)

    assert "Amazon's payments of this order were read." in plain(page)
    assert harness.session.scalars(select(OrderTransaction.number)).all() == [number]


@pytest.mark.parametrize(
    ("without_role", "fault", "text"),
    [(True, None, "Amazon does not show this account its payments"), (False, "throttled", "Amazon's rate limit")],
)
def test_why_the_transactions_cannot_be_read_is_said(owner_client, harness, job_queue, without_role, fault, text):
    harness.world.place("DE", status="SHIPPED")
    harness.sync()
    harness.session.commit()
    harness.world.switches["finances"] = not without_role
    if fault:
        harness.world.faults.arm(fault, "listTransactions", times=None)

    page = owner_client.post(f"{URL}/readings", follow_redirects=True)

    assert page.status_code == 200
    assert text in plain(page)
