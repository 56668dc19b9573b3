"""Feeds end when none of their submissions waits for them any more."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs.maintenance import upkeep
from webapp.models.submissions import Feed
from webapp.services.submissions import feeds
from webapp.services.sync import run as sync_run


@pytest.fixture
def sent(desk):
    """Two orders whose cancellations are in one feed, which was sent and not looked at since."""
    numbers = [desk.world.place("DE"), desk.world.place("DE")]
    desk.later(200)
    desk.sync()
    asked = [desk.cancel(number) for number in numbers]
    desk.later(31)
    desk.advance()
    desk.session.expire_all()
    assert [one.state for one in asked] == ["sent", "sent"]
    return numbers, asked


def feed_of(desk):
    desk.session.expire_all()
    return desk.session.scalars(select(Feed)).one()


def read_again(desk, numbers):
    """Amazon has carried out the feed already, and shows it on the orders."""
    desk.later(200)
    for number in numbers:
        sync_run.refresh_order(desk.session, desk.port, desk.order(number), now=desk.clock(), actor="test")


def test_a_feed_whose_cancellations_a_sync_proved_is_ended(desk, sent, app, bell):
    numbers, asked = sent
    read_again(desk, numbers)
    assert [(one.state, one.open) for one in asked] == [("verified", False)] * 2
    assert feed_of(desk).state == "sent"
    desk.session.rollback()  # Maintenance has a session of its own.
    upkeep()
    assert feed_of(desk).state == "done"
    assert feed_of(desk).ended_at is not None
    assert feeds.close_settled(desk.session, now=desk.clock()) == 0


def test_a_feed_one_of_whose_cancellations_waits_is_not_ended(desk, sent):
    numbers, asked = sent
    read_again(desk, numbers[:1])
    assert [one.state for one in asked] == ["verified", "sent"]
    assert feeds.close_settled(desk.session, now=desk.clock()) == 0
    assert feed_of(desk).state == "sent"


@pytest.mark.parametrize(("state", "after", "ends"), [("preparing", 0, 1), ("sending", 0, 0), ("sending", 601, 1)])
def test_a_feed_that_may_just_be_on_its_way_is_left_until_amazon_lists_it(desk, sent, state, after, ends):
    numbers, _ = sent
    read_again(desk, numbers)
    feed = feed_of(desk)
    feed.state, feed.sending_at = state, desk.clock()
    desk.session.commit()
    assert feeds.close_settled(desk.session, now=desk.clock() + timedelta(seconds=after)) == ends
    assert feed_of(desk).state == ("done" if ends else state)
