"""How orders are divided by their ship-by times."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.domain.orders import state_machine, work

# 22:30 on a Monday in Berlin: of the next two hours, half an hour is on Tuesday.
LATE = datetime(2026, 3, 2, 21, 30, tzinfo=UTC)
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


def names(instant, zone, now):
    ranges = {name: work.ship_by_range(name, zone, now) for name in work.SHIP_BY}
    return [
        name
        for name, (begins, ends) in ranges.items()
        if (begins is None or begins <= instant) and (ends is None or instant < ends)
    ]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo"])
@pytest.mark.parametrize("now", [MORNING, LATE])
def test_every_ship_by_time_is_in_exactly_one_range(zone, now):
    for hours in range(-72, 73):
        assert len(names(now + timedelta(hours=hours), zone, now)) == 1, hours


@pytest.mark.parametrize(
    ("instant", "zone", "expected"),
    [
        (MORNING - timedelta(seconds=1), "Europe/Berlin", "overdue"),
        (MORNING, "Europe/Berlin", "soon"),
        (MORNING + timedelta(hours=2), "Europe/Berlin", "today"),
        (datetime(2026, 3, 2, 23, tzinfo=UTC), "Europe/Berlin", "tomorrow"),
        (datetime(2026, 3, 2, 23, tzinfo=UTC), "Europe/London", "today"),
        (datetime(2026, 3, 3, 23, tzinfo=UTC), "Europe/Berlin", "later"),
    ],
)
def test_days_are_those_of_the_store(instant, zone, expected):
    assert names(instant, zone, MORNING) == [expected]


def test_what_is_due_in_two_hours_is_not_listed_again_tomorrow():
    after_midnight = datetime(2026, 3, 2, 23, 15, tzinfo=UTC)

    assert names(after_midnight, "Europe/Berlin", LATE) == ["soon"]
    assert names(after_midnight + timedelta(hours=1), "Europe/Berlin", LATE) == ["tomorrow"]


def test_every_state_belongs_to_one_group():
    grouped = [state for states in work.GROUPS.values() for state in states]

    assert sorted(grouped) == sorted(state_machine.STATES)
