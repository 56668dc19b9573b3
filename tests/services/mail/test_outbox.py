"""Queuing mails: with what they tell of, or not at all."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from tests.support.factories import NOW, a_store, an_account, an_order
from tests.support.mailboxes import save_mail_server
from tests.support.order_processing import (
    AUDIT_ARGS,
    create_orders,
    create_processing_order,
    event_kinds,
    expect_refusal,
    run_concurrently,
)
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.domain.shipping.parcels import Parcel
from webapp.models.audit_log import Event
from webapp.models.comments import Comment
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.queries import mails as queries
from webapp.services.accounts import stores
from webapp.services.invoicing import credit_memos, invoices
from webapp.services.mail import outbox as mail_outbox
from webapp.services.orders import comments
from webapp.services.shipping import shipments

ADDRESS = "buyer1@marketplace.example"


@pytest.fixture
def order(session):
    save_mail_server(session)
    return create_processing_order(session, invoiced=False)


def queued(session):
    return session.scalars(select(Mail).order_by(Mail.id)).all()


def test_a_comment_for_the_customer_makes_one_mail(session, order):
    comment = comments.create(session, order.id, "Called Buyer Number1", notify=True, **AUDIT_ARGS)

    (mail,) = queued(session)
    assert (mail.kind, mail.comment_id, mail.document_id, mail.recipient) == ("comment", comment.id, None, ADDRESS)
    assert (mail.state, mail.due_at, mail.language, mail.actor) == ("queued", NOW, "de", "user:1")
    assert event_kinds(session, order) == ["order_commented_notify", "mail_queued"]


def test_a_comment_of_the_house_makes_none(session, order):
    comments.create(session, order.id, "Called", **AUDIT_ARGS)
    assert queued(session) == []


@pytest.mark.both_databases
def test_each_document_makes_its_mail_with_its_comment(session, order):
    invoice = invoices.create(session, order.id, comment="Thank you", notify=True, **AUDIT_ARGS)
    shipment = shipments.create(
        session, order.id, [Parcel(None, "DHL", "", "JJD01460000A1")], notify=True, **AUDIT_ARGS
    )
    memo = credit_memos.create(session, order.id, CreditRequest({order.items[0].id: 1}), notify=True, **AUDIT_ARGS)

    mails = [(mail.kind, mail.document_id, mail.attach) for mail in queued(session)]
    assert mails == [("invoice", invoice.id, True), ("shipment", shipment.id, True), ("credit_memo", memo.id, True)]
    comment = session.scalars(select(Comment)).one()
    assert [mail.comment_id for mail in queued(session)] == [comment.id, None, None]


def test_nothing_of_a_mail_is_readable_in_the_database_or_in_events(session, order):
    mail_outbox.queue_mail(session, order, "free", text=("To Buyer Number1", "Dear Buyer Number1"), **AUDIT_ARGS)

    row = session.execute(text("SELECT recipient, subject, body FROM mails")).one()
    assert all("Number1" not in value and "@" not in value for value in row)
    entry = session.scalars(select(Event).where(Event.kind == "mail_queued")).one()
    assert entry.args == {"mail": queued(session)[0].id, "mail_kind": "free"}


@pytest.mark.parametrize(
    ("buyer", "cause"),
    [
        (None, "mail_no_address"),
        ("buyer number1", "mail_address_unusable"),
        ("a@b\nBcc: c@d.example", "mail_address_unusable"),
    ],
)
def test_without_a_usable_address_neither_mail_nor_document_is_written(session, order, buyer, cause):
    order.email = buyer
    session.commit()

    assert expect_refusal(lambda: invoices.create(session, order.id, notify=True, **AUDIT_ARGS)) == (cause, {})
    assert expect_refusal(lambda: comments.create(session, order.id, "Hello", notify=True, **AUDIT_ARGS)) == (cause, {})
    assert expect_refusal(lambda: mail_outbox.queue_mail(session, order, "order", **AUDIT_ARGS)) == (cause, {})


def test_without_a_server_neither_mail_nor_document_is_written(session):
    order = create_processing_order(session, invoiced=False)
    assert expect_refusal(lambda: invoices.create(session, order.id, notify=True, **AUDIT_ARGS)) == (
        "mail_not_configured",
        {},
    )
    assert expect_refusal(lambda: mail_outbox.queue_mail(session, order, "order", **AUDIT_ARGS)) == (
        "mail_not_configured",
        {},
    )


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (("Hello\nBcc: other@shop.example", "Text"), "mail_one_line"),
        (("Hello\r\nX: y", "Text"), "mail_one_line"),
        (("", "Text"), "mail_subject_required"),
        (("Hello", " \n "), "mail_body_required"),
        (("Hello", "a\0b"), "mail_control_signs"),
        (("x" * 201, "Text"), "text_too_long"),
        (("Hello", "x" * 20_001), "text_too_long"),
    ],
)
def test_what_no_mail_may_say_is_refused(session, order, written, code):
    assert expect_refusal(lambda: mail_outbox.queue_mail(session, order, "free", text=written, **AUDIT_ARGS))[0] == code


@pytest.mark.both_databases
def test_the_same_form_sent_twice_is_one_mail(app, session, order):
    text = ("Hello", "Text")
    first = mail_outbox.queue_mail(session, order, "free", text=text, idempotency_key="form1", **AUDIT_ARGS)
    assert (
        mail_outbox.queue_mail(session, order, "free", text=text, idempotency_key="form1", **AUDIT_ARGS).id == first.id
    )
    session.rollback()

    def send(own):
        mail_outbox.queue_mail(
            own, own.get_one(Order, order_id), "free", text=text, idempotency_key="form2", **AUDIT_ARGS
        )

    order_id = order.id
    session.rollback()
    assert run_concurrently(app, send, send) == ["done", "done"]
    assert [mail.idempotency_key for mail in queued(session)] == ["form1", "form2"]


def test_a_document_that_is_on_its_way_is_not_sent_again_by_a_second_click(session, order):
    mail_outbox.queue_mail(session, order, "order", **AUDIT_ARGS)
    assert expect_refusal(lambda: mail_outbox.queue_mail(session, order, "order", **AUDIT_ARGS)) == (
        "mail_on_its_way",
        {},
    )


def test_what_has_not_failed_is_neither_sent_again_nor_dropped_late(session, order):
    mail = mail_outbox.queue_mail(session, order, "order", **AUDIT_ARGS)
    assert expect_refusal(lambda: mail_outbox.retry(session, mail.id, **AUDIT_ARGS)) == ("mail_cannot_retry", {})

    mail_outbox.discard(session, mail.id, **AUDIT_ARGS)

    assert (mail.state, mail.due_at) == ("dropped", None)
    assert expect_refusal(lambda: mail_outbox.discard(session, mail.id, **AUDIT_ARGS)) == ("mail_cannot_drop", {})
    assert expect_refusal(lambda: mail_outbox.discard(session, 99, **AUDIT_ARGS)) == ("mail_not_there", {"name": 99})
    assert event_kinds(session, order) == ["mail_queued", "mail_dropped"]


@pytest.mark.both_databases
def test_a_store_that_wants_it_confirms_new_orders_of_its_own(session):
    save_mail_server(session)
    account = an_account(session)
    a_store(account).order_mails = True
    session.commit()
    old = {"purchased_at": NOW - timedelta(days=3)}

    create_orders(
        session,
        an_order(1),
        an_order(2, buyer=None),
        an_order(3, "SHIPPED", fulfilled_by="AMAZON"),
        an_order(4, **old),
    )

    (mail,) = queued(session)
    assert (mail.order.amazon_order.number[-1], mail.kind, mail.recipient, mail.state) == (
        "1",
        "order",
        ADDRESS,
        "queued",
    )
    assert (mail.attach, mail.due_at, mail.tries) == (False, NOW, 0)
    assert event_kinds(session, mail.order) == ["mail_queued"]


@pytest.mark.parametrize(("wanted", "server"), [(False, True), (True, False)])
def test_other_stores_leave_it_to_amazon(session, wanted, server):
    if server:
        save_mail_server(session)
    a_store(an_account(session)).order_mails = wanted
    session.commit()
    create_orders(session, an_order(1))
    assert queued(session) == []


def test_a_deleted_store_takes_its_mails_along(session, order):
    comments.create(session, order.id, "Hello", notify=True, **AUDIT_ARGS)
    stores.delete_store(session, order.store, order.store.name, **AUDIT_ARGS)
    assert queued(session) == []


def test_whether_a_buyer_can_be_written_to_is_known_beforehand(session, order):
    assert queries.find_mail_refusal_reason(session, order) is None
    order.email = None
    assert queries.find_mail_refusal_reason(session, order) == "mail_no_address"


def test_a_mail_on_its_way_holds_up_none_of_another_kind_document_or_order(session, order):
    other = create_orders(session, an_order(2))[1]
    one = invoices.create(session, order.id, {order.items[0].id: 1}, **AUDIT_ARGS)
    two = invoices.create(session, order.id, **AUDIT_ARGS)
    mail_outbox.queue_mail(session, order, "invoice", one.id, **AUDIT_ARGS)

    mail_outbox.queue_mail(session, order, "invoice", two.id, **AUDIT_ARGS)
    mail_outbox.queue_mail(session, order, "order", **AUDIT_ARGS)
    mail_outbox.queue_mail(session, other, "order", **AUDIT_ARGS)

    again = expect_refusal(lambda: mail_outbox.queue_mail(session, order, "invoice", one.id, **AUDIT_ARGS))
    assert again == ("mail_on_its_way", {})
    assert expect_refusal(lambda: mail_outbox.queue_mail(session, other, "order", **AUDIT_ARGS)) == (
        "mail_on_its_way",
        {},
    )
    assert [(mail.order_id, mail.kind, mail.document_id) for mail in queued(session)] == [
        (order.id, "invoice", one.id),
        (order.id, "invoice", two.id),
        (order.id, "order", None),
        (other.id, "order", None),
    ]
