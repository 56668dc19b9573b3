"""Feeds that must not be sent twice, while more than one process or feed is about."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.account_harness import Port
from webapp.db import leases
from webapp.models.submissions import Feed, Submission
from webapp.services.submissions import processor as submission_processor

pytestmark = pytest.mark.both_databases


class Slow(Port):
    """The port of a process that Amazon or the network holds up in `call`; `meanwhile` happens before its answer."""

    def __init__(self, port, call, meanwhile):
        super().__init__(port)
        self.call, self.meanwhile = call, meanwhile

    def __getattr__(self, name):
        there = super().__getattr__(name)
        if name != self.call:
            return there

        def held_up(*args):
            answer = there(*args)
            self.meanwhile()
            return answer

        return held_up


@pytest.fixture
def number(desk):
    number = desk.world.place("DE", status="SHIPPED", lines=((0, 2), (1, 1)))
    desk.sync()
    return number


def another_pass(desk):
    """Another process finds the lease run out, and goes on with what it finds."""
    desk.later(leases.LEASE.total_seconds() + 1)
    with Session(desk.session.get_bind()) as own:
        submission_processor.run(own, desk.port, 1, clock=desk.clock, feed_interval=120)


def held_up(desk, call, meanwhile):
    """A pass that notices too late that it is not the only one any more."""
    with pytest.raises(leases.LeaseLostError):
        submission_processor.run(desk.session, Slow(desk.port, call, meanwhile), 1, clock=desk.clock, feed_interval=120)


def submission_of(desk, memo):
    return desk.session.scalars(select(Submission).where(Submission.subject == str(memo.id))).one()


def feed_of(desk):
    return desk.session.scalars(select(Feed)).one()


def test_of_two_that_lay_down_the_same_refunds_one_sends_them(desk, number):
    memo = desk.refund(number)
    desk.later(31)

    held_up(desk, "prepare_refunds", lambda: another_pass(desk))

    assert desk.world.call_counts["createFeed"] == 1
    submission = submission_of(desk, memo)
    desk.advance_until_ended(submission)
    desk.session.expire_all()
    assert (submission.state, memo.state) == ("verified", "refunded")
    assert len(desk.world.effects("refund", number)) == len(memo.told)


def test_an_answer_that_comes_when_another_has_found_the_feed_and_read_its_report_changes_nothing(desk, number):
    memo = desk.refund(number)
    desk.later(31)

    def meanwhile():
        another_pass(desk)
        desk.later(60)
        another_pass(desk)

    held_up(desk, "create_feed", meanwhile)

    desk.session.expire_all()
    assert (feed_of(desk).state, memo.state) == ("done", "refunded")
    # So the next refunds of the account do not wait for it for ever.
    other = desk.world.place("DE", status="SHIPPED")
    desk.sync()
    next_one = desk.refund(other)
    desk.later(300)
    desk.advance()
    desk.session.expire_all()
    assert submission_of(desk, next_one).state == "sent"


def test_a_feed_that_had_waited_long_is_not_taken_for_the_one_whose_answer_was_lost(desk, number):
    """Its row is old, since Amazon took no documents for a while; Amazon made it a feed a moment ago."""
    other = desk.world.place("DE", status="SHIPPED")
    desk.sync()
    first = desk.refund(other)
    desk.later(31)
    desk.advance_until_ended(submission_of(desk, first))
    earlier = feed_of(desk)
    earlier.created_at -= timedelta(minutes=10)
    earlier.sending_at -= timedelta(seconds=121)
    desk.session.commit()
    memo = desk.refund(number)
    desk.world.faults.arm("error_500", "createFeed")
    desk.later(31)

    submission = submission_of(desk, memo)
    desk.advance_until_ended(submission)

    assert (submission.state, submission.cause, memo.state) == ("unproved", "feed_lost", "asked")
    assert desk.world.effects("refund", number) == []
