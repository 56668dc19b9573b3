"""A clock that differs from Amazon's: Amazon is told nothing of the future, and the person hears of it."""

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from simulator.state.clock import parse_iso
from tests.support.factories import NOW, an_account
from webapp.domain.common import clocks
from webapp.runtime import doctor
from webapp.services import clock_corrections


def ship_time(desk, number):
    """When the parcel was shipped, as Amazon was told."""
    (package,) = desk.world.orders[number].body["packages"]
    return parse_iso(package["shipTime"])


def test_a_parcel_is_never_shipped_in_amazons_future(desk):
    number = desk.world.place("DE")
    desk.sync()
    desk.ahead += timedelta(days=10)

    (submission,) = desk.ship(number)
    desk.advance_until_ended(submission)

    assert submission.state == "verified"
    assert ship_time(desk, number) <= desk.world.clock.now()


def test_a_parcel_of_a_clock_that_is_right_keeps_its_time(desk):
    number = desk.world.place("DE")
    desk.sync()
    then = desk.clock() - timedelta(hours=3)

    (submission,) = desk.ship(number, shipped_at=then)
    desk.advance_until_ended(submission)

    assert abs(ship_time(desk, number) - then) < timedelta(seconds=1)


@pytest.mark.parametrize("ahead", [0, 59, 61, 900, 864000, -61, -900])
def test_each_sync_measures_the_difference(desk, ahead):
    desk.ahead = timedelta(seconds=ahead)
    desk.sync()

    desk.session.refresh(desk.account)
    assert abs(desk.account.clock_ahead - ahead) <= 2
    assert desk.account.clock_read_at is not None


def test_a_difference_counts_for_a_quarter_of_an_hour(session):
    account = an_account(session)
    account.clock_ahead, account.clock_read_at = 600, NOW
    session.flush()

    def there(later):
        return clock_corrections.amazon_time(session, account.id, NOW + timedelta(minutes=later))

    assert there(1) == NOW + timedelta(minutes=1 - 10)
    # The clock may have been set meanwhile.
    assert there(16) == NOW + timedelta(minutes=16)
    assert there(-10) == NOW - timedelta(minutes=10)


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        (61, "The clock of this machine is 61 seconds ahead of Amazon's"),
        (-900, "The clock of this machine is 900 seconds behind Amazon's"),
        (60, None),
        (0, None),
        (None, None),
    ],
)
def test_the_account_page_healthz_and_the_doctor_tell(owner, stranger, session, bell, settings, app, ahead, says):
    account = an_account(session)
    account.clock_ahead, account.clock_read_at = ahead, datetime.now(UTC)
    session.commit()

    page = unescape(owner.get(f"/accounts/{account.id}").text)

    assert (says in page) if says else ("The clock of this machine" not in page)
    assert stranger.get("/healthz").json["clock_ahead"] == ahead
    assert clocks.TOLERANCE.total_seconds() == doctor.CLOCK_TOLERANCE
    finding = doctor.finding_of_clock(ahead)
    assert finding.level == ("warn" if says else "ok")
