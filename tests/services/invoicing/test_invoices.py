import pytest
from sqlalchemy import select

from tests.support.factories import Money, an_item, an_order
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
from webapp.models.audit_log import Event
from webapp.models.comments import Comment
from webapp.models.documents import Invoice
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.services.invoicing import invoices


def parts(document) -> tuple[int, ...]:
    return (document.subtotal, document.shipping, document.tax, document.discount, document.other, document.total)


def test_an_order_is_invoiced_in_portions_that_sum_to_it(session):
    order = create_processing_order(session, invoiced=False)
    first, second = [item.id for item in order.items]

    one = invoices.create(session, order.id, {first: 1}, comment=" With the first parcel ", **AUDIT_ARGS)

    assert (one.number, one.order_id, parts(one)) == ("100001", order.id, (1000, 150, 200, -50, 0, 1300))
    assert [(item.order_item_id, item.quantity, parts(item)) for item in one.items] == [
        (first, 1, (1000, 150, 200, -50, 0, 1300))
    ]
    assert (order.state, order.total_invoiced, line_quantities(order)) == (
        "processing",
        1300,
        [(1, 0, 0, 0), (0, 0, 0, 0)],
    )
    comment = session.scalars(select(Comment)).one()
    assert (comment.text, comment.invoice_id, comment.order_id, comment.actor) == (
        "With the first parcel",
        one.id,
        order.id,
        "user:1",
    )

    rest = invoices.create(session, order.id, **AUDIT_ARGS)

    assert (rest.number, parts(rest)) == ("100002", (2000, 450, 600, -150, 0, 2900))
    assert [(item.order_item_id, item.quantity, item.total) for item in rest.items] == [
        (first, 1, 1300),
        (second, 1, 1600),
    ]
    assert (order.total_invoiced, order.total) == (4200, 4200)
    assert event_kinds(session, order) == ["order_invoiced", "order_processing", "order_invoiced"]
    entry = session.scalars(select(Event).where(Event.kind == "order_invoiced")).first()
    assert (entry.actor, entry.args) == ("user:1", {"number": "100001", "amount": "13.00", "currency": "EUR"})


def test_what_cannot_be_invoiced_is_refused_and_changes_nothing(session):
    order = create_processing_order(session, invoiced=False)
    first = order.items[0].id

    assert expect_refusal(lambda: invoices.create(session, order.id, {first: 3}, comment="Hello", **AUDIT_ARGS)) == (
        "quantity_over",
        {"item": "SKU-1", "asked": 3, "left": 2},
    )
    assert (
        expect_refusal(lambda: invoices.create(session, order.id, {first: -1}, **AUDIT_ARGS))[0] == "quantity_negative"
    )
    assert expect_refusal(lambda: invoices.create(session, order.id, {first: 0}, **AUDIT_ARGS))[0] == "quantity_none"
    assert (
        expect_refusal(lambda: invoices.create(session, order.id, comment="x" * 5001, **AUDIT_ARGS))[0]
        == "text_too_long"
    )
    assert expect_refusal(lambda: invoices.create(session, 99, **AUDIT_ARGS)) == ("order_unknown", {"number": 99})


def test_an_order_invoiced_at_import_has_nothing_left_to_invoice(session):
    order = create_processing_order(session)

    assert expect_refusal(lambda: invoices.create(session, order.id, **AUDIT_ARGS)) == ("nothing_to_invoice", {})
    assert parts(session.scalars(select(Invoice)).one()) == (3000, 600, 800, -200, 0, 4200)


def test_what_amazon_counts_for_no_line_is_billed_with_the_lines(session):
    create_processing_order(session)
    items = (an_item(3, quantity=2), an_item(4, quantity=1))

    order = create_orders(session, an_order(2, items=items, total=Money(4263, "EUR")))[1]

    invoice = session.scalars(select(Invoice).where(Invoice.order_id == order.id)).one()
    assert (order.other, parts(invoice)) == (63, (3000, 600, 800, -200, 63, 4263))
    assert [(item.quantity, item.other, item.total) for item in invoice.items] == [(2, 39, 2639), (1, 24, 1624)]


def test_of_two_tabs_one_invoices_and_the_other_is_refused(app, session):
    order = create_processing_order(session, invoiced=False)
    order_id = order.id
    session.commit()

    def bill(own):
        own.get_one(Order, order_id)
        invoices.create(own, order_id, **AUDIT_ARGS)

    assert run_concurrently(app, bill, bill) == ["done", "nothing_to_invoice"]
    assert [invoice.total for invoice in session.scalars(select(Invoice))] == [4200]


def test_what_somebody_saw_before_another_step_is_not_written(session):
    order = create_processing_order(session, invoiced=False)
    seen = order.version
    invoices.create(session, order.id, {order.items[0].id: 1}, expected_version=seen, **AUDIT_ARGS)

    again = expect_refusal(
        lambda: invoices.create(session, order.id, {order.items[0].id: 1}, expected_version=seen, **AUDIT_ARGS)
    )

    assert again == ("order_changed", {})
    assert line_quantities(order)[0] == (1, 0, 0, 0)


@pytest.mark.parametrize(("notify", "append"), [(True, True), (True, False), (False, True)])
def test_the_comment_stands_at_its_invoice_and_goes_along_only_where_it_is_meant_to(session, notify, append):
    save_mail_server(session)
    order = create_processing_order(session, invoiced=False)

    invoice = invoices.create(session, order.id, comment="Thank you", notify=notify, append=append, **AUDIT_ARGS)

    comment = session.scalars(select(Comment)).one()
    assert (comment.text, comment.invoice_id, comment.notify) == ("Thank you", invoice.id, notify and append)
    mails = [(mail.kind, mail.document_id, mail.comment_id) for mail in session.scalars(select(Mail))]
    assert mails == ([("invoice", invoice.id, comment.id if append else None)] if notify else [])
