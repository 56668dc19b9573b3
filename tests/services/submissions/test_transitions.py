"""What becomes of a submission: its event, its note on the order, and what it says of why."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.factories import NOW
from tests.support.order_processing import AUDIT_ARGS, create_processing_order
from webapp.models.audit_log import Event
from webapp.services.submissions import cancellations
from webapp.services.submissions import transitions as submission_transitions

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def asked(session):
    order = create_processing_order(session)
    return cancellations.request(session, order.amazon_order_id, "NoInventory", undo_seconds=60, **AUDIT_ARGS)


def moved(submission, *names):
    for name in names:
        submission_transitions.apply(submission, name, NOW)


def event(session, submission):
    """Kind, who and arguments of the last event."""
    session.flush()
    mine = select(Event).where(Event.submission_id == submission.id).order_by(Event.id.desc())
    found = session.scalars(mine).first()
    assert (found.account_id, found.amazon_order_id) == (submission.account_id, submission.amazon_order_id)
    return found.kind, found.actor, found.args


def note(submission):
    return submission.amazon_order.note, submission.amazon_order.note_args


def test_a_move_counts_its_tries_anew_and_says_when_it_was(session, asked):
    asked.tries, seen = 7, asked.version
    submission_transitions.apply(asked, "send", LATER)
    assert (asked.state, asked.open, asked.tries, asked.changed_at, asked.version) == (
        "sending",
        True,
        0,
        LATER,
        seen + 1,
    )
    submission_transitions.apply(asked, "give_up", LATER)
    assert (asked.state, asked.open) == ("unproved", False)


def test_each_transition_is_one_line_of_the_log_without_personal_data(session, caplog):
    order = create_processing_order(session)
    with caplog.at_level(logging.INFO, "webapp"):
        submission = cancellations.request(session, order.amazon_order_id, "NoInventory", undo_seconds=60, **AUDIT_ARGS)
        submission_transitions.apply(submission, "send", NOW)
        submission_transitions.apply(submission, "sent", NOW)
        submission_transitions.accept(session, submission, NOW)
        session.commit()
    prefix = f"Submission {submission.id} (cancellation, order {submission.amazon_order.number}): "
    changes = ("queued", "queued → sending", "sending → sent", "sent → accepted")
    assert caplog.messages == [prefix + change for change in changes]
    assert {record.levelno for record in caplog.records} == {logging.INFO}


def test_a_transition_that_is_rolled_back_is_not_logged(session, asked, caplog):
    with caplog.at_level(logging.INFO, "webapp"):
        submission_transitions.apply(asked, "send", NOW)
        assert caplog.messages == []
        session.rollback()
        session.commit()
        assert caplog.messages == []
        submission_transitions.log_state(asked, "closed")
        session.close()
        session.commit()
        session.add(asked)
        submission_transitions.apply(asked, "send", NOW)
        with session.begin_nested() as outer_savepoint:
            with session.begin_nested():
                submission_transitions.log_state(asked, "rolled back")
            outer_savepoint.rollback()
        with session.begin_nested():
            submission_transitions.apply(asked, "sent", NOW)
        assert caplog.messages == []
        session.commit()
    assert [message.partition(": ")[2] for message in caplog.messages] == ["queued → sending", "sending → sent"]


def test_what_amazon_took_is_looked_for_soon_and_not_believed_before_the_order_shows_it(session, asked):
    moved(asked, "send", "sent")
    asked.message, asked.cause = "Try again.", "unavailable"

    submission_transitions.accept(session, asked, LATER)

    assert (asked.state, asked.accepted_at, asked.verified_at) == ("accepted", LATER, None)
    assert (asked.due_at, asked.message, asked.cause) == (LATER + timedelta(seconds=2), None, None)
    assert event(session, asked) == ("cancellation_accepted", "amazon", {"reason": "NoInventory"})


@pytest.mark.parametrize(
    ("moves", "what", "cause"),
    [
        ((), "not_needed", "cancelled_meanwhile"),
        (("conflict",), "not_needed", "cancelled_meanwhile"),
        (("send",), "verified", None),
        (("send", "sent", "accept", "give_up"), "verified", None),
    ],
)
def test_what_the_order_shows_is_proved_by_us_or_was_not_needed(session, asked, moves, what, cause):
    moved(asked, *moves)

    submission_transitions.confirm(session, asked, LATER)

    assert (asked.state, asked.verified_at, asked.cause) == ("verified", LATER, cause)
    assert event(session, asked)[0] == f"cancellation_{what}"


def test_a_refusal_keeps_amazons_words_and_its_request_id(session, asked):
    moved(asked, "send", "sent")
    asked.request_id = "feed-1"

    submission_transitions.reject(session, asked, "No. " * 100, LATER, cause="feed_failed")

    assert (asked.state, asked.message, asked.cause, asked.request_id) == (
        "rejected",
        "No. " * 100,
        "feed_failed",
        "feed-1",
    )
    said = {"reason": "NoInventory", "words": "No. " * 100, "cause": "feed_failed", "request_id": "feed-1"}
    assert event(session, asked) == ("cancellation_rejected", "amazon", said)
    assert note(asked) == ("note_cancel_rejected", {"words": ("No. " * 100)[:300], "cause": "feed_failed"})


def test_a_later_request_id_stands_for_the_refusal(session, asked):
    asked.request_id = "feed-1"
    submission_transitions.reject(session, asked, None, LATER, request_id="call-2", actor="user:1")
    assert (asked.request_id, event(session, asked)[1]) == ("call-2", "user:1")
    assert note(asked) == ("note_cancel_rejected", {"words": "", "cause": ""})


def test_what_is_never_shown_or_has_changed_says_why_and_waits_for_a_person(session, asked):
    submission_transitions.conflict(session, asked, "ship_cancel_requested", LATER)
    said = {"reason": "NoInventory", "words": "", "cause": "ship_cancel_requested"}
    assert (asked.state, asked.open, event(session, asked)) == (
        "conflict",
        True,
        ("cancellation_conflict", "amazon", said),
    )
    assert note(asked) == ("note_cancel_conflict", {"cause": "ship_cancel_requested"})

    moved(asked, "force", "send", "accept")
    submission_transitions.mark_unconfirmed(session, asked, "cancel_not_shown", LATER)
    assert (asked.state, asked.open, asked.cause) == ("unproved", False, "cancel_not_shown")
    assert event(session, asked) == ("cancellation_unproved", "amazon", said | {"cause": "cancel_not_shown"})
    assert note(asked) == ("note_cancel_unproved", {})


def test_what_was_thought_better_of_says_by_whom(session, asked):
    submission_transitions.undo(session, asked, now=LATER, actor="user:2")
    assert event(session, asked) == ("cancellation_undone", "user:2", {"reason": "NoInventory"})
    assert (asked.state, note(asked)) == ("undone", ("note_cancel_undone", {}))
