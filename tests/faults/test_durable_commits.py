"""Which commits wait for the disk."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from webapp.core.extensions import db

pytestmark = pytest.mark.only_sqlite

NORMAL, FULL = 1, 2


@contextmanager
def commits():
    """The level of `PRAGMA synchronous` of each commit that follows."""
    levels = []

    def note(connection):
        levels.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())

    event.listen(db.engine, "commit", note)
    try:
        yield levels
    finally:
        event.remove(db.engine, "commit", note)


def test_only_pages_of_a_sync_are_committed_without_waiting_for_the_disk(harness):
    harness.world.reset("many:250")
    with commits() as levels:
        run = harness.sync()

    assert run.pages == 3
    assert levels.count(NORMAL) == run.pages
    assert levels[0] == levels[-1] == FULL


def test_every_step_of_a_refund_is_on_the_disk_before_the_next(harness):
    number = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    with commits() as levels:
        memo = harness.refund(number)
        harness.later(31)
        while memo.state == "asked":
            harness.advance()
            harness.session.refresh(memo)
            harness.later(121)

    assert memo.state == "refunded"
    assert set(levels) == {FULL}


def test_every_step_of_a_parcel_and_a_cancellation_is_on_the_disk_before_the_next(harness):
    shipped, cancelled = harness.world.place("DE"), harness.world.place("DE")
    harness.sync()
    with commits() as levels:
        (parcel,) = harness.ship(shipped)
        wish = harness.cancel(cancelled)
        harness.later(31)
        for submission in (parcel, wish):
            harness.advance_until_ended(submission)

    assert [parcel.state, wish.state] == ["verified", "verified"]
    assert set(levels) == {FULL}
