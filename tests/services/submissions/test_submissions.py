"""What people may do with a submission, and when it is too late or too soon for it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.factories import NOW
from tests.support.order_processing import AUDIT_ARGS, create_processing_order, expect_refusal
from webapp.models.audit_log import Event
from webapp.services.submissions import cancellations
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.submissions import user_actions as submission_actions


@pytest.fixture
def asked(session):
    """A cancellation that can be undone for a minute."""
    order = create_processing_order(session)
    return cancellations.request(session, order.amazon_order_id, "NoInventory", undo_seconds=60, **AUDIT_ARGS)


def moved(session, submission, *names):
    for name in names:
        submission_transitions.apply(submission, name, NOW)
    session.commit()


def test_what_is_asked_is_kept_with_the_order_as_it_was_known(session, asked):
    assert (asked.state, asked.open, asked.requested_by, asked.requested_at) == ("queued", True, "user:1", NOW)
    assert (asked.undo_until, asked.due_at) == (NOW + timedelta(seconds=60), NOW + timedelta(seconds=60))
    assert asked.snapshot == {
        "status": "UNSHIPPED",
        "quantity": 3,
        "quantity_shipped": 0,
        "cancel_requested": False,
        "total": 4200,
        "currency": "EUR",
    }
    entry = session.scalars(select(Event).where(Event.submission_id == asked.id)).one()
    assert (entry.kind, entry.actor, entry.args) == ("cancellation_requested", "user:1", {"reason": "NoInventory"})
    mirror = asked.amazon_order
    assert (mirror.note, mirror.note_args) == ("note_cancel_requested", {"reason": "NoInventory"})


def test_what_is_still_open_is_not_asked_for_again(session, asked):
    def again():
        return submission_actions.resubmit(session, asked.id, undo_seconds=0, **AUDIT_ARGS)

    for move in ("send", "accept"):
        assert expect_refusal(again) == ("again_still_open", {})
        assert submission_actions.resubmit_error(session, asked) == "again_still_open"
        moved(session, asked, move)
    assert expect_refusal(again) == ("again_still_open", {})

    moved(session, asked, "reject")
    assert submission_actions.resubmit_error(session, asked) is None
    new = again()
    assert (new.id != asked.id, new.state, new.details) == (True, "queued", {"reason": "NoInventory"})


def test_only_a_conflict_is_insisted_on(session, asked):
    def force():
        return submission_actions.override_conflict(session, asked.id, now=NOW + timedelta(hours=1), actor="user:2")

    assert expect_refusal(force) == ("force_no_conflict", {"state": "queued"})
    submission_transitions.conflict(session, asked, "cancel_shipped", NOW)
    session.commit()

    assert force().state == "queued"

    assert (asked.due_at, asked.cause, asked.details["conflict_overridden"]) == (NOW + timedelta(hours=1), None, True)
    assert expect_refusal(force) == ("force_no_conflict", {"state": "queued"})


def test_a_look_is_hurried_only_where_it_proves_something(session, asked):
    def look(seconds):
        return submission_actions.check_now(session, asked.id, now=NOW + timedelta(seconds=seconds))

    # Within the time to think better of it Amazon hears nothing, whoever looks.
    assert expect_refusal(lambda: look(59)) == ("look_too_soon", {})
    assert look(61).due_at == NOW + timedelta(seconds=60)
    moved(session, asked, "send")
    asked.due_at = NOW + timedelta(hours=2)
    session.commit()
    assert expect_refusal(lambda: look(61)) == ("look_too_soon", {})
    moved(session, asked, "sent")
    assert look(61).due_at == NOW + timedelta(seconds=61)


@pytest.mark.parametrize("verb", [submission_actions.undo, submission_actions.override_conflict])
def test_what_is_not_there_is_said(session, asked, verb):
    assert expect_refusal(lambda: verb(session, asked.id + 1, **AUDIT_ARGS)) == (
        "submission_unknown",
        {"name": asked.id + 1},
    )
