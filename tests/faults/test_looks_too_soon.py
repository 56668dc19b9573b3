"""After a call whose outcome is not known, nothing is looked for before Amazon can show it."""

import pytest

from tests.e2e.test_refund_at_amazon import of
from webapp.domain.errors import RefusedError
from webapp.queries import submissions as queries
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.submissions.feeds import SETTLE

pytestmark = pytest.mark.both_databases


class Died(BaseException):
    """The process ends here."""


def killed_at(monkeypatch, point):
    from webapp.core import fault_points

    def crash(name):
        if name == point:
            raise Died

    monkeypatch.setattr(fault_points, "crash", crash)


def assert_not_looked_for_too_soon(desk, submission, look):
    """`look`: Amazon's operation by which it is looked for."""
    desk.session.refresh(submission)
    assert (submission.state, SETTLE.total_seconds()) == ("sending", 20)
    before = desk.world.call_counts[look]
    desk.later(18)
    assert queries.accounts_with_work(desk.session, desk.clock()) == []
    with pytest.raises(RefusedError):
        submission_actions.check_now(desk.session, submission.id, now=desk.clock())
    desk.advance()
    assert desk.world.call_counts[look] == before
    desk.later(3)
    assert queries.accounts_with_work(desk.session, desk.clock()) == [desk.account.id]
    desk.advance()
    assert desk.world.call_counts[look] == before + 1


@pytest.fixture
def refund(desk):
    number = desk.world.place("DE", status="SHIPPED")
    desk.sync()
    memo = desk.refund(number)
    desk.later(31)
    return of(desk, memo)


@pytest.mark.parametrize("fault", ["lost_answer", "error_500"])
def test_a_feed_whose_answer_was_lost(desk, refund, fault):
    desk.world.faults.arm(fault, "createFeed")
    desk.advance()

    assert_not_looked_for_too_soon(desk, refund, "getFeeds")


@pytest.mark.parametrize("point", ["feed.before_create", "feed.after_create"])
def test_a_feed_whose_process_died(desk, refund, monkeypatch, point):
    with monkeypatch.context() as patch:
        killed_at(patch, point)
        with pytest.raises(Died):
            desk.advance()

    assert_not_looked_for_too_soon(desk, refund, "getFeeds")


@pytest.mark.parametrize("point", ["shipment.before_call", "shipment.after_call", None])
def test_a_parcel(desk, monkeypatch, point):
    number = desk.world.place("DE")
    desk.sync()
    (submission,) = desk.ship(number)
    if point is None:
        desk.world.faults.arm("lost_answer", "confirmShipment")
        desk.advance()
    else:
        with monkeypatch.context() as patch:
            killed_at(patch, point)
            with pytest.raises(Died):
                desk.advance()

    assert_not_looked_for_too_soon(desk, submission, "getOrder")
