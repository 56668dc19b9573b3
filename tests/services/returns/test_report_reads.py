"""Returns are read from Amazon's report, again and again, and what was done about them stays."""

import pytest
from sqlalchemy import select

from simulator.operations import returns as amazon_returns
from webapp.domain.amazon.errors import AmazonError
from webapp.domain.returns import states
from webapp.models.audit_log import Event
from webapp.models.returns import OrderReturn, ReturnsReading
from webapp.queries.returns import returns as queries
from webapp.services.returns import handling, report_reads


def open_return(harness, **options):
    number = harness.world.place("DE", lines=((0, 2),), status="SHIPPED")
    return number, amazon_returns.open_return(harness.world, harness.world.orders[number], **options)


def read(harness):
    """Take the steps of a reading: request the reports, and import them once Amazon has made them."""
    harness.world.clock.move(5 * 3600)
    harness.later(5 * 3600)
    for _ in range(4):
        report_reads.run(harness.session, harness.amazon, harness.account.id, clock=harness.clock)
        harness.world.clock.move(60)
        harness.later(60)
    harness.session.expire_all()
    return harness.session.scalars(select(OrderReturn).order_by(OrderReturn.id)).all()


@pytest.mark.parametrize("hyphenated", [False, True])
def test_a_return_arrives_with_its_order_and_is_updated_later(harness, hyphenated):
    harness.world.switches["hyphenated_returns"] = hyphenated
    number, return_id = open_return(harness, quantity=2, reason="CR-DEFECTIVE")
    harness.sync()

    (row,) = read(harness)

    order = harness.order(number)
    assert (row.order_number, row.amazon_order_id, row.quantity) == (number, order.id, 2)
    assert (row.reason, row.status, row.state, row.delivered_on) == ("CR-DEFECTIVE", "Approved", states.OPEN, None)
    amazon_returns.deliver(harness.world, return_id)
    handling.close(harness.session, row.id, now=harness.clock(), actor="test")

    (again,) = read(harness)

    assert (again.id, again.status, again.state) == (row.id, "Completed", states.CLOSED)
    assert again.delivered_on is not None
    kinds = harness.session.scalars(select(Event.kind).where(Event.amazon_order_id == order.id)).all()
    assert kinds.count("return_requested") == 1


def test_a_store_without_returns_is_read_again_after_four_hours(harness):
    assert read(harness) == []
    readings = harness.session.scalars(select(ReturnsReading)).all()
    assert readings
    assert all(reading.read_at is not None and reading.cause is None for reading in readings)
    now = harness.clock()
    assert queries.list_due_accounts(harness.session, now) == []
    assert queries.list_due_accounts(harness.session, now + report_reads.INTERVAL) == [harness.account.id]


def test_a_report_that_fails_is_requested_again_and_the_cause_is_kept(harness):
    open_return(harness)
    harness.sync()
    harness.world.faults.arm("report_fatal", "createReport", times=None)

    with pytest.raises(AmazonError):
        read(harness)

    causes = set(harness.session.scalars(select(ReturnsReading.cause)))
    assert causes - {None}
    harness.world.faults.disarm(None)
    assert len(read(harness)) == 1
    assert set(harness.session.scalars(select(ReturnsReading.cause))) == {None}


def test_returns_of_an_order_that_is_not_here_are_kept_and_linked_later(harness):
    number, _return_id = open_return(harness)
    (row,) = read(harness)
    assert (row.order_number, row.amazon_order_id) == (number, None)

    harness.sync()
    (row,) = read(harness)

    assert row.amazon_order_id == harness.order(number).id
