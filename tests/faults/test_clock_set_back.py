"""A clock that was ten days ahead and has been set back: nothing waits for the days in between."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.e2e.test_refund_at_amazon import of
from tests.support.refunds import lines_sent
from webapp.db import leases
from webapp.db.leases import LEASE, Lease
from webapp.domain.errors import BusyError
from webapp.domain.submissions.state_machine import backoff_seconds
from webapp.models.recurring_jobs import RecurringJob
from webapp.queries import submissions as queries
from webapp.services import clock_corrections, schedule

TEN_DAYS = timedelta(days=10)


@pytest.fixture
def number(desk):
    number = desk.world.place("DE", status="SHIPPED")
    desk.sync()
    return number


def ahead(desk):
    desk.ahead += TEN_DAYS


def set_back(desk):
    desk.ahead -= TEN_DAYS


def advance_for(desk, submission, seconds):
    """What the scheduler does within this time: a pass whenever one is due."""
    for _ in range(round(seconds / 10)):
        if queries.accounts_with_work(desk.session, desk.clock()):
            desk.advance()
        desk.session.refresh(submission)
        if not submission.open:
            return
        desk.later(10)


def test_a_refund_asked_while_it_was_ahead_is_refunded_within_minutes(desk, number):
    ahead(desk)
    memo = desk.refund(number)
    set_back(desk)

    submission = of(desk, memo)
    assert queries.accounts_with_work(desk.session, desk.clock()) == [desk.account.id]
    advance_for(desk, submission, 10)
    # Whoever asked for it still has their time to undo it.
    assert submission.state == "queued"
    assert timedelta() < submission.undo_until - desk.clock() <= timedelta(seconds=30)
    advance_for(desk, submission, 120)

    assert submission.state == "verified"
    assert len(desk.world.effects("refund", number)) == len(memo.told)
    assert set(lines_sent(desk.world, number).values()) == {1}


def test_refunds_after_one_that_was_sent_while_it_was_ahead_wait_for_one_interval_at_most(desk, number):
    other = desk.world.place("DE", status="SHIPPED")
    desk.sync()
    ahead(desk)
    first = of(desk, desk.refund(number))
    desk.later(31)
    desk.advance_until_ended(first)
    set_back(desk)

    submission = of(desk, desk.refund(other))
    advance_for(desk, submission, 200)

    assert (first.state, submission.state) == ("verified", "verified")


@pytest.mark.parametrize("fault", ["lost_answer", "error_500"])
def test_a_refund_whose_answer_was_lost_while_it_was_ahead_is_looked_for(desk, number, fault):
    desk.world.faults.arm(fault, "createFeed")
    ahead(desk)
    submission = of(desk, desk.refund(number))
    desk.later(31)
    desk.advance()
    desk.session.refresh(submission)
    assert submission.state == "sending"
    set_back(desk)

    advance_for(desk, submission, 900)

    known = {"lost_answer": ("verified", None), "error_500": ("unproved", "feed_lost")}[fault]
    assert (submission.state, submission.cause) == known


def test_what_was_postponed_while_it_was_ahead_goes_on(desk, number):
    other = desk.world.place("DE", status="SHIPPED")
    desk.sync()
    submission = of(desk, desk.refund(other))
    first = of(desk, desk.refund(number))
    ahead(desk)
    desk.advance()
    desk.session.refresh(submission)
    set_back(desk)

    advance_for(desk, first, 300)
    advance_for(desk, submission, 300)

    assert (first.state, submission.state) == ("verified", "verified")


def test_a_parcel_accepted_while_it_was_ahead_is_proved_or_given_up_in_time(desk):
    number = desk.world.place("DE")
    desk.sync()
    ahead(desk)
    (submission,) = desk.ship(number)
    set_back(desk)

    advance_for(desk, submission, 300)

    assert submission.state == "verified"


def test_each_wait_is_bounded_wherever_a_submission_stands(desk, number):
    submission = of(desk, desk.refund(number))
    for state in ("queued", "sending", "sent", "accepted"):
        then = desk.clock() + TEN_DAYS
        submission.state = state
        submission.requested_at = submission.changed_at = submission.accepted_at = then
        submission.undo_until = then + timedelta(seconds=30)
        submission.due_at = then + timedelta(days=3)
        desk.session.commit()

        clock_corrections.pull_back_account(desk.session, desk.account.id, desk.clock())

        now = desk.clock()
        assert submission.due_at - now <= timedelta(seconds=backoff_seconds(99)), state
        assert max(submission.requested_at, submission.changed_at, submission.accepted_at) <= now, state


def test_a_time_within_what_clocks_differ_by_is_left_alone(desk, number):
    submission = of(desk, desk.refund(number))
    then = desk.clock() + timedelta(seconds=50)
    submission.requested_at = submission.changed_at = then
    submission.due_at = submission.undo_until = then + timedelta(seconds=30)
    desk.session.commit()

    clock_corrections.pull_back_account(desk.session, desk.account.id, desk.clock())

    assert (submission.requested_at, submission.due_at) == (then, then + timedelta(seconds=30))


def test_a_lease_of_then_is_waited_for_no_longer_than_any_other(desk):
    now = desk.clock()
    desk.session.add(Lease(name="some", owner="another-machine:1:x", until=now + TEN_DAYS))
    desk.session.commit()

    with pytest.raises(BusyError):
        leases.acquire(desk.session, "some", now)
    # Its owner may be alive, so it is not taken at once either.
    with pytest.raises(BusyError):
        leases.acquire(desk.session, "some", now + LEASE - timedelta(seconds=1))

    assert leases.acquire(desk.session, "some", now + LEASE + timedelta(seconds=1))


def test_a_lease_that_is_prolonged_meanwhile_is_kept(desk):
    now = desk.clock()
    owner = leases.acquire(desk.session, "some", now + TEN_DAYS)
    lease = desk.session.get(Lease, "some")
    # As of another machine, so that nobody can see whether its owner lives.
    lease.owner = owner = f"elsewhere:{owner}"
    desk.session.commit()
    with pytest.raises(BusyError):
        leases.acquire(desk.session, "some", now)
    leases.renew(desk.session, "some", owner, now + timedelta(seconds=10))
    desk.session.commit()

    with pytest.raises(BusyError):
        leases.acquire(desk.session, "some", now + LEASE + timedelta(seconds=1))


def test_recurring_jobs_go_on(desk):
    now = desk.clock()
    schedule.ensure(desk.session, "upkeep", "upkeep", (), 5, now + TEN_DAYS)
    desk.session.commit()

    assert "upkeep" in [claim.name for claim in schedule.claim_due(desk.session, now)]

    job = desk.session.scalars(select(RecurringJob).where(RecurringJob.key == "upkeep")).one()
    assert job.next_run_at - now <= timedelta(seconds=5)


def test_a_page_token_and_fresh_data_of_then_are_not_believed(desk, number):
    order = desk.order(number)
    order.read_at = desk.account.last_synced_at = desk.clock() + TEN_DAYS
    desk.session.commit()
    submission = of(desk, desk.refund(number))
    before = desk.world.call_counts["getOrder"]
    desk.later(31)
    desk.advance()
    desk.session.refresh(submission)

    assert desk.world.call_counts["getOrder"] > before


@pytest.mark.parametrize("days", [0, 3, 40])
def test_orders_are_made_for_an_account_that_was_connected_while_it_was_ahead(desk, days):
    ahead(desk)
    connected_at = desk.clock()
    (store,) = [store for store in desk.account.stores if store.marketplace.country_code == "DE"]
    store.created_at, store.orders_from = connected_at, connected_at - timedelta(days=days)
    desk.account.created_at, desk.account.cursor = connected_at, connected_at - timedelta(days=days)
    desk.session.commit()
    set_back(desk)
    desk.sync()
    late = desk.world.place("DE")

    desk.sync()

    assert desk.commerce_order(late).number
    desk.session.refresh(store)
    assert store.orders_from <= desk.clock() - timedelta(days=max(days - 10, 0) if days > 10 else days)


def test_a_cursor_of_then_leaves_no_order_out(desk, number):
    ahead(desk)
    account = desk.account
    account.cursor = desk.clock()
    desk.session.commit()
    set_back(desk)
    late = desk.world.place("DE")

    desk.sync()

    assert desk.order(late).number == late
    desk.session.refresh(account)
    assert account.cursor <= desk.clock()
    assert desk.sync().received <= 3
