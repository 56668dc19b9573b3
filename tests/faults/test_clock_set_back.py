"""A clock that was ten days ahead and has been set back: nothing waits for the days in between."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.e2e.test_refund_at_amazon import submission_of
from tests.support.refunds import lines_sent
from webapp.db import leases
from webapp.db.leases import LEASE, Lease
from webapp.domain.errors import BusyError
from webapp.domain.submissions.state_machine import compute_backoff
from webapp.models.recurring_jobs import RecurringJob
from webapp.queries import submissions as queries
from webapp.services import clock_corrections, schedule

TEN_DAYS = timedelta(days=10)


@pytest.fixture
def number(harness):
    number = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    return number


def ahead(harness):
    harness.ahead += TEN_DAYS


def set_back(harness):
    harness.ahead -= TEN_DAYS


def advance_for(harness, submission, seconds):
    """What the scheduler does within this time: a pass whenever one is due."""
    for _ in range(round(seconds / 10)):
        if queries.list_accounts_with_work(harness.session, harness.clock()):
            harness.advance()
        harness.session.refresh(submission)
        if not submission.open:
            return
        harness.later(10)


def test_a_refund_requested_while_the_clock_was_ahead_is_carried_out_within_minutes(harness, number):
    ahead(harness)
    memo = harness.refund(number)
    set_back(harness)

    submission = submission_of(harness, memo)
    assert queries.list_accounts_with_work(harness.session, harness.clock()) == [harness.account.id]
    advance_for(harness, submission, 10)
    # Whoever asked for it still has their time to undo it.
    assert submission.state == "queued"
    assert timedelta() < submission.undo_until - harness.clock() <= timedelta(seconds=30)
    advance_for(harness, submission, 120)

    assert submission.state == "verified"
    assert len(harness.world.effects("refund", number)) == len(memo.amazon_lines)
    assert set(lines_sent(harness.world, number).values()) == {1}


def test_refunds_after_one_sent_while_the_clock_was_ahead_wait_for_one_interval_at_most(harness, number):
    other = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    ahead(harness)
    first = submission_of(harness, harness.refund(number))
    harness.later(31)
    harness.advance_until_ended(first)
    set_back(harness)

    submission = submission_of(harness, harness.refund(other))
    advance_for(harness, submission, 200)

    assert (first.state, submission.state) == ("verified", "verified")


@pytest.mark.parametrize("fault", ["lost_answer", "error_500"])
def test_a_refund_whose_response_was_lost_while_the_clock_was_ahead_is_looked_for(harness, number, fault):
    harness.world.faults.arm(fault, "createFeed")
    ahead(harness)
    submission = submission_of(harness, harness.refund(number))
    harness.later(31)
    harness.advance()
    harness.session.refresh(submission)
    assert submission.state == "sending"
    set_back(harness)

    advance_for(harness, submission, 900)

    known = {"lost_answer": ("verified", None), "error_500": ("unproved", "feed_lost")}[fault]
    assert (submission.state, submission.cause) == known


def test_submissions_postponed_while_the_clock_was_ahead_continue(harness, number):
    other = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    submission = submission_of(harness, harness.refund(other))
    first = submission_of(harness, harness.refund(number))
    ahead(harness)
    harness.advance()
    harness.session.refresh(submission)
    set_back(harness)

    advance_for(harness, first, 300)
    advance_for(harness, submission, 300)

    assert (first.state, submission.state) == ("verified", "verified")


def test_a_parcel_accepted_while_the_clock_was_ahead_is_verified_or_given_up_in_time(harness):
    number = harness.world.place("DE")
    harness.sync()
    ahead(harness)
    (submission,) = harness.ship(number)
    set_back(harness)

    advance_for(harness, submission, 300)

    assert submission.state == "verified"


def test_each_wait_is_bounded_in_every_submission_state(harness, number):
    submission = submission_of(harness, harness.refund(number))
    for state in ("queued", "sending", "sent", "accepted"):
        then = harness.clock() + TEN_DAYS
        submission.state = state
        submission.requested_at = submission.changed_at = submission.accepted_at = then
        submission.undo_until = then + timedelta(seconds=30)
        submission.due_at = then + timedelta(days=3)
        harness.session.commit()

        clock_corrections.correct_account(harness.session, harness.account.id, harness.clock())

        now = harness.clock()
        assert submission.due_at - now <= timedelta(seconds=compute_backoff(99)), state
        assert max(submission.requested_at, submission.changed_at, submission.accepted_at) <= now, state


def test_a_time_within_the_clock_tolerance_is_left_alone(harness, number):
    submission = submission_of(harness, harness.refund(number))
    then = harness.clock() + timedelta(seconds=50)
    submission.requested_at = submission.changed_at = then
    submission.due_at = submission.undo_until = then + timedelta(seconds=30)
    harness.session.commit()

    clock_corrections.correct_account(harness.session, harness.account.id, harness.clock())

    assert (submission.requested_at, submission.due_at) == (then, then + timedelta(seconds=30))


def test_a_lease_from_the_future_is_waited_for_no_longer_than_any_other(harness):
    now = harness.clock()
    harness.session.add(Lease(name="some", owner="another-machine:1:x", until=now + TEN_DAYS))
    harness.session.commit()

    with pytest.raises(BusyError):
        leases.acquire(harness.session, "some", now)
    # Its owner may be alive, so it is not taken at once either.
    with pytest.raises(BusyError):
        leases.acquire(harness.session, "some", now + LEASE - timedelta(seconds=1))

    assert leases.acquire(harness.session, "some", now + LEASE + timedelta(seconds=1))


def test_a_lease_that_is_renewed_meanwhile_is_kept(harness):
    now = harness.clock()
    owner = leases.acquire(harness.session, "some", now + TEN_DAYS)
    lease = harness.session.get(Lease, "some")
    # As of another machine, so that nobody can see whether its owner lives.
    lease.owner = owner = f"elsewhere:{owner}"
    harness.session.commit()
    with pytest.raises(BusyError):
        leases.acquire(harness.session, "some", now)
    leases.renew(harness.session, "some", owner, now + timedelta(seconds=10))
    harness.session.commit()

    with pytest.raises(BusyError):
        leases.acquire(harness.session, "some", now + LEASE + timedelta(seconds=1))


def test_recurring_jobs_continue_after_the_clock_was_set_back(harness):
    now = harness.clock()
    schedule.ensure(harness.session, "maintenance", "maintenance", (), 5, now + TEN_DAYS)
    harness.session.commit()

    assert "maintenance" in [claim.name for claim in schedule.claim_due(harness.session, now)]

    job = harness.session.scalars(select(RecurringJob).where(RecurringJob.key == "maintenance")).one()
    assert job.next_run_at - now <= timedelta(seconds=5)


def test_a_page_token_and_fresh_data_from_the_future_are_not_used(harness, number):
    order = harness.order(number)
    order.read_at = harness.account.last_synced_at = harness.clock() + TEN_DAYS
    harness.session.commit()
    submission = submission_of(harness, harness.refund(number))
    before = harness.world.call_counts["getOrder"]
    harness.later(31)
    harness.advance()
    harness.session.refresh(submission)

    assert harness.world.call_counts["getOrder"] > before


@pytest.mark.parametrize("days", [0, 3, 40])
def test_orders_are_created_for_an_account_connected_while_the_clock_was_ahead(harness, days):
    ahead(harness)
    connected_at = harness.clock()
    (store,) = [store for store in harness.account.stores if store.marketplace.country_code == "DE"]
    store.created_at, store.orders_from = connected_at, connected_at - timedelta(days=days)
    harness.account.created_at, harness.account.cursor = connected_at, connected_at - timedelta(days=days)
    harness.session.commit()
    set_back(harness)
    harness.sync()
    late = harness.world.place("DE")

    harness.sync()

    assert harness.commerce_order(late).number
    harness.session.refresh(store)
    assert store.orders_from <= harness.clock() - timedelta(days=max(days - 10, 0) if days > 10 else days)


def test_a_cursor_from_the_future_skips_no_order(harness, number):
    ahead(harness)
    account = harness.account
    account.cursor = harness.clock()
    harness.session.commit()
    set_back(harness)
    late = harness.world.place("DE")

    harness.sync()

    assert harness.order(late).number == late
    harness.session.refresh(account)
    assert account.cursor <= harness.clock()
    assert harness.sync().received <= 3
