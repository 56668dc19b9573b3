"""A clock that differs from Amazon's: no time in the future is sent to Amazon, and the user sees the difference."""

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from simulator.state.clock import parse_iso
from tests.support.factories import NOW, an_account
from webapp.domain.common import clocks
from webapp.runtime import doctor
from webapp.services import clock_corrections


def ship_time(harness, number):
    """Return the ship time that was sent to Amazon."""
    (package,) = harness.world.orders[number].body["packages"]
    return parse_iso(package["shipTime"])


def test_a_ship_time_is_never_in_the_future_for_amazon(harness):
    number = harness.world.place("DE")
    harness.sync()
    harness.ahead += timedelta(days=10)

    (submission,) = harness.ship(number)
    harness.advance_until_ended(submission)

    assert submission.state == "verified"
    assert ship_time(harness, number) <= harness.world.clock.now()


def test_with_a_correct_clock_a_parcel_keeps_its_ship_time(harness):
    number = harness.world.place("DE")
    # A ship date before the day of the order would be refused.
    harness.world.clock.move(86_400)
    harness.later(86_400)
    harness.sync()
    # Amazon refuses a ship time of a day before the order's.
    then = harness.order(number).purchased_at

    (submission,) = harness.ship(number, shipped_at=then)
    harness.advance_until_ended(submission)

    assert abs(ship_time(harness, number) - then) < timedelta(seconds=1)


@pytest.mark.parametrize("ahead", [0, 59, 61, 900, 864000, -61, -900])
def test_each_sync_measures_the_difference(harness, ahead):
    harness.ahead = timedelta(seconds=ahead)
    harness.sync()

    harness.session.refresh(harness.account)
    assert abs(harness.account.clock_offset - ahead) <= 10
    assert harness.account.clock_measured_at is not None


def test_a_difference_counts_for_a_quarter_of_an_hour(session):
    account = an_account(session)
    account.clock_offset, account.clock_measured_at = 600, NOW
    session.flush()

    def amazon_time(later):
        return clock_corrections.amazon_time(session, account.id, NOW + timedelta(minutes=later))

    assert amazon_time(1) == NOW + timedelta(minutes=1 - 10)
    # The clock may have been set meanwhile.
    assert amazon_time(16) == NOW + timedelta(minutes=16)
    assert amazon_time(-10) == NOW - timedelta(minutes=10)


@pytest.mark.parametrize(
    ("ahead", "message"),
    [
        (61, "The clock of this machine is 61 seconds ahead of Amazon's"),
        (-900, "The clock of this machine is 900 seconds behind Amazon's"),
        (60, None),
        (0, None),
        (None, None),
    ],
)
def test_the_account_page_healthz_and_the_doctor_report_the_difference(
    owner_client, anonymous_client, session, job_queue, settings, app, ahead, message
):
    account = an_account(session)
    account.clock_offset, account.clock_measured_at = ahead, datetime.now(UTC)
    session.commit()

    page = unescape(owner_client.get(f"/accounts/{account.id}").text)

    assert (message in page) if message else ("The clock of this machine" not in page)
    # It would hold the write lock, for which /healthz waits.
    session.rollback()
    body = anonymous_client.get("/healthz").json
    assert (body["clock_offset"], body["checks"]["clock"]) == (ahead, "fail" if message else "ok")
    assert clocks.TOLERANCE.total_seconds() == doctor.CLOCK_TOLERANCE
    finding = doctor.build_clock_finding(ahead)
    assert finding.level == ("warn" if message else "ok")
