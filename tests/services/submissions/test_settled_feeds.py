"""Feeds end when none of their submissions waits for them any more."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs.maintenance import run_maintenance
from webapp.models.submissions import Feed
from webapp.services.submissions import feeds
from webapp.services.sync import run as sync_run


@pytest.fixture
def sent(harness):
    """Two orders whose cancellations are in one feed, which was sent and not looked at since."""
    numbers = [harness.world.place("DE"), harness.world.place("DE")]
    harness.later(200)
    harness.sync()
    asked = [harness.cancel(number) for number in numbers]
    harness.later(31)
    harness.advance()
    harness.session.expire_all()
    assert [one.state for one in asked] == ["sent", "sent"]
    return numbers, asked


def feed_of(harness):
    harness.session.expire_all()
    return harness.session.scalars(select(Feed)).one()


def read_again(harness, numbers):
    """Amazon has carried out the feed already, and shows it on the orders."""
    harness.later(200)
    for number in numbers:
        sync_run.refresh_order(
            harness.session, harness.amazon, harness.order(number), now=harness.clock(), actor="test"
        )


def test_a_feed_whose_cancellations_a_sync_proved_is_ended(harness, sent, app, job_queue):
    numbers, asked = sent
    read_again(harness, numbers)
    assert [(one.state, one.open) for one in asked] == [("verified", False)] * 2
    assert feed_of(harness).state == "sent"
    harness.session.rollback()  # Maintenance has a session of its own.
    run_maintenance()
    assert feed_of(harness).state == "done"
    assert feed_of(harness).ended_at is not None
    assert feeds.close_settled(harness.session, now=harness.clock()) == 0


def test_a_feed_one_of_whose_cancellations_waits_is_not_ended(harness, sent):
    numbers, asked = sent
    read_again(harness, numbers[:1])
    assert [one.state for one in asked] == ["verified", "sent"]
    assert feeds.close_settled(harness.session, now=harness.clock()) == 0
    assert feed_of(harness).state == "sent"


@pytest.mark.parametrize(("state", "after", "ends"), [("preparing", 0, 1), ("sending", 0, 0), ("sending", 601, 1)])
def test_a_feed_that_may_just_be_on_its_way_is_left_until_amazon_lists_it(harness, sent, state, after, ends):
    numbers, _ = sent
    read_again(harness, numbers)
    feed = feed_of(harness)
    feed.state, feed.sending_at = state, harness.clock()
    harness.session.commit()
    assert feeds.close_settled(harness.session, now=harness.clock() + timedelta(seconds=after)) == ends
    assert feed_of(harness).state == ("done" if ends else state)
