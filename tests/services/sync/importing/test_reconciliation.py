"""Changes at Amazon to orders that are further along here than at Amazon."""

import pytest
from sqlalchemy import select

from tests.support.factories import an_item, an_order
from tests.support.order_processing import (
    AUDIT_ARGS,
    create_orders,
    create_processing_order,
    event_kinds,
    line_quantities,
)
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.audit_log import Event
from webapp.models.documents import CreditMemo
from webapp.services.invoicing import credit_memos, invoices
from webapp.services.shipping import shipments

LINES = (an_item(1, quantity=2), an_item(2, quantity=1))


@pytest.mark.parametrize("refunded", [False, True])
def test_cancelled_at_amazon_when_all_was_shipped_here_nothing_is_credited_and_the_history_says_so(session, refunded):
    order = create_processing_order(session)
    # Without a tracking number, Amazon cannot be event of it.
    shipments.create(session, order.id, **AUDIT_ARGS)
    if refunded:
        credit_memos.create(session, order.id, CreditRequest(), **AUDIT_ARGS)
    state, given = order.state, order.total_refunded
    assert state == ("closed" if refunded else "processing")

    create_orders(session, an_order(status="CANCELLED", updated=5, items=LINES))

    session.refresh(order)
    assert (order.state, order.total_refunded, line_quantities(order)) == (
        state,
        given,
        [(2, 2, 2 * refunded, 0), (1, 1, refunded, 0)],
    )
    assert len(session.scalars(select(CreditMemo)).all()) == refunded
    event = session.scalars(select(Event).where(Event.kind == "cancelled_at_amazon_but")).one()
    assert (event.order_id, event.actor, event.args) == (order.id, "amazon", {"state": state})


def test_cancelled_at_amazon_the_order_ends_with_what_was_invoiced_credited(session):
    order = create_processing_order(session)
    order.status, seen = "Picking", order.version
    session.commit()

    create_orders(session, an_order(status="CANCELLED", updated=5, items=LINES))

    session.refresh(order)
    assert (order.state, order.status, order.total_refunded) == ("canceled", "", order.total)
    assert order.version > seen
    assert event_kinds(session, order) == ["credited_offline", "order_canceled"]
    event = session.scalars(select(Event).where(Event.kind == "credited_offline")).one()
    assert event.args == {"number": session.scalars(select(CreditMemo.number)).one()}


def test_cancelled_at_amazon_when_only_a_fee_is_left_the_fee_is_credited(session):
    order = create_processing_order(session, invoiced=False)
    first = order.items[0].id
    invoices.create(session, order.id, {first: 1}, **AUDIT_ARGS)
    credit_memos.create(session, order.id, CreditRequest({first: 1}, adjustment_fee=5), **AUDIT_ARGS)
    assert (order.state, order.total_invoiced - order.total_refunded) == ("processing", 5)

    create_orders(session, an_order(status="CANCELLED", updated=5, items=LINES))

    session.refresh(order)
    _, memo = session.scalars(select(CreditMemo).order_by(CreditMemo.id)).all()
    assert (memo.total, memo.adjustment_refund, [item.quantity for item in memo.items]) == (5, 5, [])
    assert (order.state, order.total_refunded) == ("canceled", order.total_invoiced)


def test_shipped_at_amazon_and_not_here_counts_once_and_is_not_shipped_again(session):
    order = create_processing_order(session)
    items = (an_item(1, quantity=2, quantity_shipped=1), an_item(2, quantity=1))

    for updated in (5, 6):
        create_orders(session, an_order(status="PARTIALLY_SHIPPED", updated=updated, items=items))

    session.refresh(order)
    assert line_quantities(order) == [(2, 1, 0, 0), (1, 0, 0, 0)]
    assert event_kinds(session, order) == ["shipped_at_amazon"]
    # Amazon says less than before: what has left has left.
    create_orders(session, an_order(status="UNSHIPPED", updated=7, items=LINES))
    session.refresh(order)
    assert line_quantities(order) == [(2, 1, 0, 0), (1, 0, 0, 0)]
