"""Past orders are read through Amazon's reports, then those that matter through the Orders API."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from webapp.domain.amazon.errors import InvalidResponse
from webapp.domain.errors import RefusedError
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.backfills import Backfill
from webapp.models.orders import Order
from webapp.models.reported_orders import OrderRead, ReportedOrder
from webapp.queries.sync import order_reads as waiting
from webapp.services.sync import backfill, manual_corrections, order_reads

pytestmark = pytest.mark.both_databases


def start(harness, days=400):
    return backfill.start(harness.session, harness.account.id, days, now=harness.clock(), actor="test")


def run_until_done(harness, passes=200):
    for _ in range(passes):
        backfill.run(harness.session, harness.amazon, harness.account.id, clock=harness.clock)
        if not backfill.list_unfinished(harness.session, harness.account.id):
            return
        harness.later(31)
    raise AssertionError("the backfill does not end")


def read_orders(harness, **options):
    return order_reads.run(harness.session, harness.amazon, harness.account.id, clock=harness.clock, **options)


def count(harness, model):
    return harness.session.scalar(select(func.count()).select_from(model))


def place_long_ago(harness, days, **details):
    """Place an order and move all orders' times back."""
    number = harness.world.place("DE", **details)
    body = harness.world.orders[number].body
    for name in ("createdTime", "lastUpdatedTime"):
        moved = harness.clock() - timedelta(days=days)
        body[name] = moved.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return number


@pytest.fixture
def orders(harness):
    """One order of each kind: old and shipped, old and open, recent and shipped."""
    harness.account.cursor = harness.clock()
    harness.session.commit()
    numbers = {
        "old": place_long_ago(harness, 300),
        "open": place_long_ago(harness, 200),
        "recent": place_long_ago(harness, 10),
    }
    for kind in ("old", "recent"):
        body = harness.world.orders[numbers[kind]].body
        before = body["lastUpdatedTime"]
        harness.at_amazon(numbers[kind], "ship")
        body["lastUpdatedTime"] = before
    return numbers


def test_orders_of_reports_are_marked_and_nobody_works_on_them(harness, orders):
    start(harness)
    run_until_done(harness)

    assert (count(harness, AmazonOrder), count(harness, ReportedOrder), count(harness, Order)) == (3, 3, 0)
    old, opened = harness.order(orders["old"]), harness.order(orders["open"])
    assert (old.status, old.note, old.recipient, old.buyer_name) == ("SHIPPED", "note_reported", None, None)
    assert opened.status == "UNKNOWN"
    assert harness.session.get(ReportedOrder, opened.id).status == "UNSHIPPED"
    with pytest.raises(RefusedError, match="order_only_reported"):
        manual_corrections.create_order(harness.session, old.id, now=harness.clock(), actor="test")


def test_amounts_of_a_report_are_those_of_the_orders_api(harness, orders):
    start(harness)
    run_until_done(harness)
    reported = {number: harness.order(number).money for number in orders.values()}

    read_orders(harness)

    for number in (orders["open"], orders["recent"]):
        assert harness.order(number).money == reported[number]


def test_open_and_recent_orders_are_read_and_processed(harness, orders):
    start(harness)
    run_until_done(harness)
    assert waiting.count_waiting(harness.session, harness.account.id) == 2

    assert read_orders(harness) == 2

    assert waiting.count_waiting(harness.session, harness.account.id) == 0
    assert harness.session.scalars(select(ReportedOrder.amazon_order_id)).all() == [harness.order(orders["old"]).id]
    opened = harness.order(orders["open"])
    assert (opened.status, opened.recipient is None) == ("UNSHIPPED", False)
    assert opened.note != "note_reported"
    assert {item.order_item_id[:6] for item in opened.items} != {"report"}
    assert harness.commerce_order(orders["recent"]).state == "complete"


def test_a_live_sync_completes_a_reported_order(harness, orders):
    start(harness)
    run_until_done(harness)
    harness.at_amazon(orders["open"], "cancel")

    harness.sync()

    assert harness.order(orders["open"]).status == "CANCELLED"
    assert harness.session.get(ReportedOrder, harness.order(orders["open"]).id) is None


def test_a_second_backfill_changes_nothing_and_reads_nothing_again(harness, orders):
    start(harness)
    run_until_done(harness)
    read_orders(harness)
    versions = {number: harness.order(number).version for number in orders.values()}

    # Amazon refuses a report about the future.
    harness.ahead = timedelta()
    start(harness)
    run_until_done(harness)

    assert [(row.new, row.changed) for row in harness.session.scalars(select(Backfill).order_by(Backfill.id))] == [
        (3, 0),
        (0, 0),
    ]
    assert {number: harness.order(number).version for number in orders.values()} == versions
    assert waiting.count_waiting(harness.session, harness.account.id) == 0


def test_windows_have_thirty_days_and_empty_ones_are_passed(harness, orders):
    start(harness, days=400)
    run_until_done(harness)

    row = harness.session.scalars(select(Backfill)).one()
    assert (row.pages, row.received) == (14, 3)
    windows = [
        (report["dataStartTime"], report["dataEndTime"], report["processingStatus"])
        for report in harness.world.reports.values()
    ]
    assert len(windows) == 14
    assert [status for *_, status in windows].count("DONE") == 3


def test_a_report_that_failed_is_requested_again(harness, orders):
    harness.world.faults.arm("report_fatal", times=1)
    start(harness)

    with pytest.raises(InvalidResponse):
        run_until_done(harness)
    assert harness.session.scalars(select(Backfill.cause)).one() == "invalid_response"
    harness.later(400)
    run_until_done(harness)

    assert count(harness, AmazonOrder) == 3


def test_a_report_is_waited_for(harness, orders):
    harness.world.report_seconds = 3600
    start(harness, days=20)
    backfill.run(harness.session, harness.amazon, harness.account.id, clock=harness.clock)
    harness.later(31)
    backfill.run(harness.session, harness.amazon, harness.account.id, clock=harness.clock)
    assert count(harness, AmazonOrder) == 0

    harness.world.clock.move(3601)
    run_until_done(harness)

    assert count(harness, AmazonOrder) == 1
    assert len(harness.world.reports) == 1


def test_an_order_that_amazon_does_not_find_is_tried_again_later_and_given_up(harness, orders):
    start(harness)
    run_until_done(harness)
    gone = harness.world.orders.pop(orders["open"])

    assert read_orders(harness) == 1
    (read,) = harness.session.scalars(select(OrderRead).where(OrderRead.read_at.is_(None)))
    assert (read.cause, read.tries) == ("resource_not_found", 1)
    assert read_orders(harness) == 0
    harness.world.orders[orders["open"]] = gone
    harness.later(400)
    assert read_orders(harness) == 1
