"""Feeds that must not be sent twice, while more than one process or feed is about."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.account_harness import AmazonProxy
from webapp.db import leases
from webapp.models.submissions import Feed, Submission
from webapp.services.submissions import processor as submission_processor

pytestmark = pytest.mark.both_databases


class Slow(AmazonProxy):
    """A client that is held up in `call`: `meanwhile` runs before the call returns."""

    def __init__(self, client, call, meanwhile):
        super().__init__(client)
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
def number(harness):
    number = harness.world.place("DE", status="SHIPPED", lines=((0, 2), (1, 1)))
    harness.sync()
    return number


def another_pass(harness):
    """Another process finds the lease run out, and goes on with what it finds."""
    harness.later(leases.LEASE.total_seconds() + 1)
    with Session(harness.session.get_bind()) as own:
        submission_processor.run(own, harness.amazon, 1, clock=harness.clock, feed_interval=120)


def held_up(harness, call, meanwhile):
    """A pass that notices too late that it is not the only one any more."""
    with pytest.raises(leases.LeaseLostError):
        submission_processor.run(
            harness.session, Slow(harness.amazon, call, meanwhile), 1, clock=harness.clock, feed_interval=120
        )


def submission_of(harness, memo):
    return harness.session.scalars(select(Submission).where(Submission.subject == str(memo.id))).one()


def feed_of(harness):
    return harness.session.scalars(select(Feed)).one()


def test_of_two_passes_with_the_same_refunds_one_sends_them(harness, number):
    memo = harness.refund(number)
    harness.later(31)

    held_up(harness, "prepare_refunds", lambda: another_pass(harness))

    assert harness.world.call_counts["createFeed"] == 1
    submission = submission_of(harness, memo)
    harness.advance_until_ended(submission)
    harness.session.expire_all()
    assert (submission.state, memo.state) == ("verified", "refunded")
    assert len(harness.world.effects("refund", number)) == len(memo.amazon_lines)


def test_a_late_response_changes_nothing_when_another_pass_has_read_the_report(harness, number):
    memo = harness.refund(number)
    harness.later(31)

    def meanwhile():
        another_pass(harness)
        harness.later(60)
        another_pass(harness)

    held_up(harness, "create_feed", meanwhile)

    harness.session.expire_all()
    assert (feed_of(harness).state, memo.state) == ("done", "refunded")
    # So the next refunds of the account do not wait for it for ever.
    other = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    next_one = harness.refund(other)
    harness.later(300)
    harness.advance()
    harness.session.expire_all()
    assert submission_of(harness, next_one).state == "sent"


def test_an_older_feed_is_not_matched_with_a_lost_response(harness, number):
    """Its row is old, since Amazon took no documents for a while; Amazon made it a feed a moment ago."""
    other = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    first = harness.refund(other)
    harness.later(31)
    harness.advance_until_ended(submission_of(harness, first))
    earlier = feed_of(harness)
    earlier.created_at -= timedelta(minutes=10)
    earlier.sending_at -= timedelta(seconds=121)
    harness.session.commit()
    memo = harness.refund(number)
    harness.world.faults.arm("error_500", "createFeed")
    harness.later(31)

    submission = submission_of(harness, memo)
    harness.advance_until_ended(submission)

    assert (submission.state, submission.cause, memo.state) == ("unproved", "feed_lost", "asked")
    assert harness.world.effects("refund", number) == []
