import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.factories import an_item, an_order
from tests.support.mailboxes import save_mail_server
from tests.support.order_processing import (
    AUDIT_ARGS,
    create_orders,
    create_processing_order,
    event_kinds,
    expect_refusal,
    line_quantities,
    run_concurrently,
)
from webapp.core.extensions import db
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.comments import Comment
from webapp.models.documents import CreditMemo
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.services.invoicing import credit_memos
from webapp.services.shipping import shipments


def parts(document) -> tuple[int, ...]:
    return (document.subtotal, document.shipping, document.tax, document.discount, document.other, document.total)


def test_a_line_then_the_rest_are_given_back(session):
    order = create_processing_order(session)
    first, second = [item.id for item in order.items]
    shipments.create(session, order.id, **AUDIT_ARGS)
    assert order.state == "processing"

    asked = CreditRequest({second: 1}, shipping=100, adjustment_refund=50, adjustment_fee=20)
    memo = credit_memos.create(
        session, order.id, asked, return_to_stock={first, second}, comment="Broken", **AUDIT_ARGS
    )

    assert (memo.number, memo.offline, parts(memo)) == ("100001", True, (1000, 100, 400, -100, 0, 1430))
    assert (memo.adjustment_refund, memo.adjustment_fee) == (50, 20)
    assert [(i.order_item_id, i.quantity, i.return_to_stock, parts(i)) for i in memo.items] == [
        (first, 0, False, (0, 50, 0, 0, 0, 50)),
        (second, 1, True, (1000, 50, 400, -100, 0, 1350)),
    ]
    assert (order.state, order.total_refunded) == ("processing", 1430)
    assert line_quantities(order) == [(2, 2, 0, 0), (1, 1, 1, 0)]

    left = CreditRequest(adjustment_fee=30)
    rest = credit_memos.create(session, order.id, left, **AUDIT_ARGS)

    assert parts(rest) == (2000, 500, 400, -100, 0, 2770)
    assert (order.state, order.total_refunded, order.total_invoiced) == ("closed", 4200, 4200)
    assert event_kinds(session, order)[1:] == ["order_refunded", "order_refunded", "order_closed"]
    assert expect_refusal(lambda: credit_memos.create(session, order.id, CreditRequest(), **AUDIT_ARGS)) == (
        "cannot_refund",
        {"state": "closed"},
    )


def test_what_cannot_be_given_back_is_refused_and_changes_nothing(session):
    order = create_processing_order(session)
    first = order.items[0].id

    def credit(**asked):
        refund = CreditRequest(**{"quantities": {}, "shipping": 0} | asked)
        return expect_refusal(lambda: credit_memos.create(session, order.id, refund, comment="Hello", **AUDIT_ARGS))

    assert credit(quantities={first: 3}) == ("quantity_over", {"item": "SKU-1", "asked": 3, "left": 2})
    assert credit(quantities={first: -1}) == ("quantity_negative", {"item": "SKU-1"})
    assert credit(shipping=601) == ("shipping_over", {"left": "6.00", "currency": "EUR"})
    assert credit(shipping=-1) == ("amount_negative", {})
    assert credit(adjustment_refund=4201) == ("refund_over", {"left": "42.00", "currency": "EUR"})
    assert credit(adjustment_fee=1) == ("credit_memo_negative", {})
    assert credit() == ("credit_memo_empty", {})


def test_an_order_that_was_not_invoiced_gives_nothing_back(session):
    order = create_processing_order(session, invoiced=False)
    assert expect_refusal(lambda: credit_memos.create(session, order.id, CreditRequest(), **AUDIT_ARGS)) == (
        "cannot_refund",
        {"state": "new"},
    )
    shipments.create(session, order.id, **AUDIT_ARGS)

    assert expect_refusal(lambda: credit_memos.create(session, order.id, CreditRequest(), **AUDIT_ARGS)) == (
        "nothing_to_refund",
        {},
    )


def test_a_cancellation_at_amazon_credits_what_no_memo_has_given_back(session):
    order = create_processing_order(session)
    first = order.items[0].id
    credit_memos.create(session, order.id, CreditRequest({first: 1}, 200, adjustment_refund=7), **AUDIT_ARGS)
    items = (an_item(1, quantity=2, cancelled_by="BUYER"), an_item(2, quantity=1, cancelled_by="BUYER"))

    create_orders(session, an_order(status="CANCELLED", updated=5, items=items))

    session.refresh(order)
    one, rest = session.scalars(select(CreditMemo).order_by(CreditMemo.id)).all()
    assert (one.total, rest.total, order.total_refunded, order.state) == (1357, 2843, 4200, "canceled")
    assert (rest.reason, parts(rest), rest.adjustment_refund, rest.adjustment_fee) == (
        "cancelled_at_amazon",
        (2000, 400, 600, -150, 0, 2843),
        0,
        7,
    )
    assert line_quantities(order) == [(2, 0, 2, 2), (1, 0, 1, 1)]


def test_of_two_tabs_one_refunds_and_the_other_is_refused(app, session):
    order = create_processing_order(session)
    order_id, first = order.id, order.items[0].id
    session.commit()

    def refund(own):
        [item.refunded for item in own.get_one(Order, order_id).items]
        credit_memos.create(own, order_id, CreditRequest({first: 2}, 0), **AUDIT_ARGS)

    assert run_concurrently(app, refund, refund) == ["done", "quantity_over"]
    assert [memo.total for memo in session.scalars(select(CreditMemo))] == [2300]


@pytest.mark.parametrize(("notify", "append"), [(True, True), (True, False), (False, True)])
def test_the_comment_stands_at_its_memo_and_goes_along_only_where_it_is_meant_to(session, notify, append):
    save_mail_server(session)
    order = create_processing_order(session)

    memo = credit_memos.create(
        session, order.id, CreditRequest(), comment="Sorry", notify=notify, append=append, **AUDIT_ARGS
    )

    comment = session.scalars(select(Comment)).one()
    assert (comment.text, comment.credit_memo_id, comment.notify) == ("Sorry", memo.id, notify and append)
    mails = [(mail.kind, mail.document_id, mail.comment_id) for mail in session.scalars(select(Mail))]
    assert mails == ([("credit_memo", memo.id, comment.id if append else None)] if notify else [])


def test_what_somebody_saw_before_another_step_gives_nothing_back(session):
    """An adjustment is not limited by the quantities of the lines."""
    order = create_processing_order(session)
    seen = order.version
    goodwill = CreditRequest({}, 0, adjustment_refund=500)
    credit_memos.create(session, order.id, goodwill, expected_version=seen, **AUDIT_ARGS)
    assert order.version > seen

    again = expect_refusal(
        lambda: credit_memos.create(session, order.id, goodwill, expected_version=seen, **AUDIT_ARGS)
    )

    assert (again, order.total_refunded) == (("order_changed", {}), 500)


@pytest.mark.both_databases
def test_what_was_read_before_the_lock_is_read_again_under_it(session):
    order_id = create_processing_order(session).id
    session.commit()
    with Session(db.engine) as own:
        early = own.get_one(Order, order_id)
        lines = list(early.items)
        assert (early.total_refunded, [line.refunded for line in lines]) == (0, [0, 0])
        pieces = {line.id: 1 for line in lines}
        if db.engine.dialect.name == "sqlite":
            # Who reads there keeps the others out until then.
            own.rollback()
        credit_memos.create(session, order_id, CreditRequest(pieces, 0), **AUDIT_ARGS)

        memo = credit_memos.create(own, order_id, CreditRequest(), **AUDIT_ARGS)

        assert [item.quantity for item in memo.items if item.quantity] == [1]
        assert [line.refunded for line in lines] == [2, 1]
        assert (early.total_refunded, early.state) == (early.total_invoiced, "closed")
