"""Asking Amazon to cancel: what is refused, what proves it, and asking once more."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.factories import NOW, an_item, an_order
from tests.support.order_processing import AUDIT_ARGS, create_orders, create_processing_order, expect_refusal
from webapp.models.audit_log import Event
from webapp.services.shipping import shipments
from webapp.services.submissions import cancellations
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.submissions import user_actions as submission_actions


@pytest.fixture
def order(session):
    return create_processing_order(session)


def ask(session, order, reason="NoInventory"):
    return cancellations.request(session, order.amazon_order_id, reason, undo_seconds=60, **AUDIT_ARGS)


@pytest.mark.parametrize("actor", ["BUYER", "MERCHANT", None])
def test_whoever_cancelled_it_at_amazon_it_is_amazon_that_proves_it(session, order, actor):
    asked = ask(session, order)
    lines = (an_item(1, quantity=2, cancelled_by=actor), an_item(2, quantity=1))

    create_orders(session, an_order(status="CANCELLED", updated=5, items=lines))

    session.refresh(asked)
    assert (asked.state, asked.cause) == ("verified", "cancelled_meanwhile")
    entry = session.scalars(select(Event).where(Event.kind == "cancellation_not_needed")).one()
    assert (entry.actor, entry.args) == ("amazon", {"reason": "NoInventory"})


def test_what_amazon_refused_is_asked_once_more_with_its_own_time_to_undo(session, order):
    old = ask(session, order, "PricingError")
    assert expect_refusal(lambda: ask(session, order)) == ("cancel_requested_already", {})
    submission_transitions.reject(session, old, "No.", NOW)
    session.commit()
    assert submission_actions.resubmit_error(session, old) is None

    new = submission_actions.resubmit(session, old.id, undo_seconds=15, **AUDIT_ARGS)

    assert (new.id != old.id, new.state, new.details) == (True, "queued", {"reason": "PricingError"})
    assert new.undo_until == NOW + timedelta(seconds=15)


def test_what_was_sent_meanwhile_is_not_cancelled_by_asking_once_more(session, order):
    old = ask(session, order)
    submission_transitions.reject(session, old, "No.", NOW)
    shipments.create(session, order.id, **AUDIT_ARGS)

    assert submission_actions.resubmit_error(session, old) == "cancel_shipped"
    assert expect_refusal(lambda: submission_actions.resubmit(session, old.id, undo_seconds=0, **AUDIT_ARGS)) == (
        "cancel_shipped",
        {},
    )


def test_an_order_that_is_not_there_and_a_reason_amazon_does_not_have_are_said(session, order):
    unknown = order.amazon_order_id + 1
    assert expect_refusal(
        lambda: cancellations.request(session, unknown, "NoInventory", undo_seconds=0, **AUDIT_ARGS)
    ) == (
        "amazon_order_unknown",
        {"number": unknown},
    )
    code, about = expect_refusal(lambda: ask(session, order, "BecauseISaySo"))
    assert (code, about["reason"]) == ("reason_unknown", "BecauseISaySo")
