"""After a call whose outcome is not known, nothing is looked for before Amazon can show it."""

import pytest

from tests.e2e.test_refund_at_amazon import submission_of
from webapp.domain.errors import RefusedError
from webapp.queries import submissions as queries
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.submissions.feeds import MIN_RECOVERY_DELAY

pytestmark = pytest.mark.both_databases


class Died(BaseException):
    """The process ends here."""


def kill_at(monkeypatch, point):
    from webapp.core import fault_points

    def crash(name):
        if name == point:
            raise Died

    monkeypatch.setattr(fault_points, "crash", crash)


def assert_not_looked_for_too_soon(harness, submission, look):
    """`look`: Amazon's operation by which it is looked for."""
    harness.session.refresh(submission)
    assert (submission.state, MIN_RECOVERY_DELAY.total_seconds()) == ("sending", 20)
    before = harness.world.call_counts[look]
    # The clock of the harness runs on: a busy machine has ten seconds for what follows.
    harness.later(10)
    assert queries.list_accounts_with_work(harness.session, harness.clock()) == []
    with pytest.raises(RefusedError):
        submission_actions.check_now(harness.session, submission.id, now=harness.clock())
    harness.advance()
    assert harness.world.call_counts[look] == before
    harness.later(11)
    assert queries.list_accounts_with_work(harness.session, harness.clock()) == [harness.account.id]
    harness.advance()
    assert harness.world.call_counts[look] == before + 1


@pytest.fixture
def refund(harness):
    number = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    memo = harness.refund(number)
    harness.later(31)
    return submission_of(harness, memo)


@pytest.mark.parametrize("fault", ["lost_answer", "error_500"])
def test_a_feed_whose_response_was_lost_is_not_looked_for_too_soon(harness, refund, fault):
    harness.world.faults.arm(fault, "createFeed")
    harness.advance()

    assert_not_looked_for_too_soon(harness, refund, "getFeeds")


@pytest.mark.parametrize("point", ["feed.before_create", "feed.after_create"])
def test_a_feed_whose_process_died_is_not_looked_for_too_soon(harness, refund, monkeypatch, point):
    with monkeypatch.context() as patch:
        kill_at(patch, point)
        with pytest.raises(Died):
            harness.advance()

    assert_not_looked_for_too_soon(harness, refund, "getFeeds")


@pytest.mark.parametrize("point", ["shipment.before_call", "shipment.after_call", None])
def test_a_parcel_is_not_looked_for_too_soon(harness, monkeypatch, point):
    number = harness.world.place("DE")
    harness.sync()
    (submission,) = harness.ship(number)
    if point is None:
        harness.world.faults.arm("lost_answer", "confirmShipment")
        harness.advance()
    else:
        with monkeypatch.context() as patch:
            kill_at(patch, point)
            with pytest.raises(Died):
                harness.advance()

    assert_not_looked_for_too_soon(harness, submission, "getOrder")
