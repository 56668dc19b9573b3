from datetime import timedelta

from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from tests.support.factories import NOW, an_item, an_order
from tests.support.order_processing import (
    AUDIT_ARGS,
    create_orders,
    create_processing_order,
    event_kinds,
    expect_refusal,
    run_concurrently,
)
from webapp.core.extensions import db
from webapp.models.audit_log import Event
from webapp.models.comments import Comment
from webapp.models.orders import Order
from webapp.services.invoicing import invoices
from webapp.services.orders import holds

LATER = NOW + timedelta(days=2)


def test_an_order_on_hold_goes_back_to_where_it_was(session):
    order = create_processing_order(session)
    order.status = "Pick today"
    session.commit()

    holds.hold(session, order.id, " Wait for the buyer ", until=LATER, **AUDIT_ARGS)

    assert (order.state, order.status, order.hold_reason, order.hold_until) == (
        "holded",
        "",
        "Wait for the buyer",
        LATER,
    )
    holds.unhold(session, order.id, **AUDIT_ARGS)
    assert (order.state, order.status, order.hold_reason, order.hold_until) == ("processing", "Pick today", None, None)
    assert (order.state_before_hold, order.status_before_hold) == (None, "")
    assert event_kinds(session, order) == ["order_held_until", "order_unheld"]
    comment = session.scalars(select(Comment)).one()
    entry = session.scalars(select(Event).where(Event.kind == "order_held_until")).one()
    assert (comment.text, entry.args) == (
        "Wait for the buyer",
        {"comment": comment.id, "until": "2026-03-04 10:00 CET"},
    )


def test_who_saw_an_order_before_its_hold_or_during_it_saw_another_one(session):
    order = create_processing_order(session, invoiced=False)
    before = order.version
    holds.hold(session, order.id, "Wait", **AUDIT_ARGS)
    during = order.version
    holds.unhold(session, order.id, **AUDIT_ARGS)

    assert before < during < order.version
    for seen in (before, during):
        assert expect_refusal(
            lambda seen=seen: invoices.create(session, order.id, expected_version=seen, **AUDIT_ARGS)
        ) == (
            "order_changed",
            {},
        )


def test_an_order_shipped_during_its_hold_goes_on_from_there(session):
    order = create_processing_order(session)
    holds.hold(session, order.id, "Wait", **AUDIT_ARGS)
    items = (an_item(1, quantity=2, quantity_shipped=2), an_item(2, quantity=1, quantity_shipped=1))

    create_orders(session, an_order(status="SHIPPED", updated=5, items=items))

    session.refresh(order)
    assert order.state == "holded"
    holds.unhold(session, order.id, **AUDIT_ARGS)
    assert order.state == "complete"
    assert event_kinds(session, order) == ["order_held", "shipped_at_amazon", "order_unheld", "order_complete"]


def test_a_hold_needs_a_reason_and_a_time_to_come(session):
    order = create_processing_order(session)

    assert expect_refusal(lambda: holds.hold(session, order.id, "  ", **AUDIT_ARGS))[0] == "hold_reason_required"
    assert (
        expect_refusal(lambda: holds.hold(session, order.id, "Wait", until=NOW, **AUDIT_ARGS))[0] == "hold_until_past"
    )
    assert expect_refusal(lambda: holds.unhold(session, order.id, **AUDIT_ARGS)) == (
        "cannot_unhold",
        {"state": "processing"},
    )
    holds.hold(session, order.id, "Wait", **AUDIT_ARGS)
    assert expect_refusal(lambda: holds.hold(session, order.id, "Wait", **AUDIT_ARGS)) == (
        "cannot_hold",
        {"state": "holded"},
    )


def test_a_hold_ends_when_its_time_has_come(session):
    order, other, third = (create_processing_order(session), *create_orders(session, an_order(2), an_order(3))[1:])
    holds.hold(session, order.id, "Wait", until=LATER, **AUDIT_ARGS)
    holds.hold(session, other.id, "Wait", until=LATER + timedelta(seconds=1), **AUDIT_ARGS)
    holds.hold(session, third.id, "Wait", **AUDIT_ARGS)

    assert holds.release_due(session, now=LATER, actor="schedule") == 1

    assert (order.state, other.state, third.state) == ("processing", "holded", "holded")
    assert holds.release_due(session, now=LATER, actor="schedule") == 0


def test_of_two_tabs_one_holds_and_the_other_is_refused(app, session):
    order_id = create_processing_order(session).id
    session.commit()

    def hold(own):
        holds.hold(own, order_id, "Wait", **AUDIT_ARGS)

    assert run_concurrently(app, hold, hold) == ["cannot_hold", "done"]


def test_a_hold_that_is_prolonged_after_it_was_found_is_not_released(session):
    order = create_processing_order(session)
    order_id = order.id
    holds.hold(session, order_id, "Wait", until=LATER, **AUDIT_ARGS)
    much_later = LATER + timedelta(days=5)

    def prolong(_session):
        """Somebody is quicker, between the look for what is due and the lock on the Order."""
        with Session(db.engine) as other:
            other.execute(update(Order).where(Order.id == order_id).values(hold_until=much_later))
            other.commit()

    event.listen(session, "after_rollback", prolong, once=True)
    assert holds.release_due(session, now=LATER, actor="schedule") == 0

    session.refresh(order)
    assert (order.state, order.hold_until) == ("holded", much_later)
    session.rollback()
    assert holds.release_due(session, now=much_later, actor="schedule") == 1


def test_a_hold_that_is_made_indefinite_after_it_was_found_is_not_released(session):
    order = create_processing_order(session)
    order_id = order.id
    holds.hold(session, order_id, "Wait", until=LATER, **AUDIT_ARGS)

    def make_indefinite(_session):
        with Session(db.engine) as other:
            other.execute(update(Order).where(Order.id == order_id).values(hold_until=None))
            other.commit()

    event.listen(session, "after_rollback", make_indefinite, once=True)
    assert holds.release_due(session, now=LATER, actor="schedule") == 0

    session.refresh(order)
    assert (order.state, order.hold_until) == ("holded", None)
    session.rollback()
    assert holds.release_due(session, now=LATER + timedelta(days=3650), actor="schedule") == 0
