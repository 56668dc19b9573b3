"""When an alarm is announced, and that it is announced once."""

import json
from datetime import UTC, datetime, time, timedelta

import pytest

from webapp.domain import alarms
from webapp.domain.alarms import AlarmState, QuietHours
from webapp.domain.health import FAIL, OK, UNKNOWN, WARN, Check

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
ALL_OK = [Check("disk", OK), Check("redis", OK)]
DISK = [Check("disk", FAIL, "health_disk"), Check("redis", OK)]
BOTH = [Check("disk", FAIL, "health_disk"), Check("redis", FAIL, "health_redis")]


class Desk:
    """A state whose clock moves on with each step."""

    def __init__(self, quiet: QuietHours | None = None, now: datetime = NOON) -> None:
        self.state, self.quiet, self.now = AlarmState(), quiet, now
        self.delivered: list[tuple[str, str, list[str]]] = []

    def step(self, checks: list[Check], seconds: float = 5, error: str = "") -> None:
        self.now += timedelta(seconds=seconds)
        texts = {check.key: f"{check.key} fails" for check in checks}
        alarms.update(self.state, checks, texts, ["webhook"], self.quiet, self.now)
        # What a restart reads.
        self.state = AlarmState.from_json(json.loads(json.dumps(self.state.to_json())))
        for message in alarms.due_messages(self.state, ["webhook"], self.now):
            alarms.record_delivery(self.state, message, error, self.now)
            if not error:
                self.delivered.append((message.event, message.id, [problem.key for problem in message.problems]))

    def run(self, checks: list[Check], seconds: float, error: str = "", *, every: float = 5) -> None:
        for _ in range(int(seconds // every)):
            self.step(checks, every, error)


def test_a_lasting_problem_is_one_alarm_and_one_all_clear() -> None:
    desk = Desk()
    desk.run(DISK, 3600)
    desk.run(ALL_OK, 3600)
    assert [(event, keys) for event, _id, keys in desk.delivered] == [("alarm", ["disk"]), ("all_clear", ["disk"])]
    assert len({alarm_id for _event, alarm_id, _keys in desk.delivered}) == 1


def test_a_problem_that_passes_at_once_is_no_alarm() -> None:
    desk = Desk()
    for _ in range(20):
        desk.step(DISK)
        desk.run(ALL_OK, 10)
    assert desk.delivered == []


def test_a_problem_that_comes_and_goes_is_one_alarm_until_it_stays_away() -> None:
    desk = Desk()
    desk.run(DISK, 30)
    for _ in range(20):
        desk.run(ALL_OK, 15)
        desk.run(DISK, 15)
    desk.run(ALL_OK, 60)
    assert [event for event, _id, _keys in desk.delivered] == ["alarm", "all_clear"]


def test_problems_that_appear_together_are_one_alarm_and_a_later_one_is_another() -> None:
    desk = Desk()
    desk.run(BOTH, 30)
    desk.run([*BOTH, Check("clock", FAIL, "health_clock_ahead")], 30)
    desk.run(DISK, 60)
    desk.run(ALL_OK, 60)
    assert [(event, keys) for event, _id, keys in desk.delivered] == [
        ("alarm", ["disk", "redis"]),
        ("alarm", ["clock"]),
        ("all_clear", ["clock"]),
        ("all_clear", ["disk", "redis"]),
    ]


def test_an_unknown_result_neither_opens_nor_closes_an_alarm() -> None:
    desk = Desk()
    unknown = [Check("disk", UNKNOWN), Check("redis", OK)]
    desk.run(unknown, 60)
    assert desk.delivered == []
    desk.run(DISK, 30)
    desk.run(unknown, 600)
    assert [event for event, _id, _keys in desk.delivered] == ["alarm"]
    desk.run(ALL_OK, 60)
    assert [event for event, _id, _keys in desk.delivered] == ["alarm", "all_clear"]


def test_a_delivery_that_fails_is_repeated_with_growing_pauses_and_in_order() -> None:
    desk = Desk()
    desk.run(DISK, 600, error="HTTP 500")
    (message,) = desk.state.outbox
    # 10, 20, 40, 80, 160 and 320 seconds.
    assert 5 <= message.tries <= 7
    desk.run(ALL_OK, 60, error="HTTP 500")
    assert desk.delivered == []
    desk.run(ALL_OK, 1000)
    assert [event for event, _id, _keys in desk.delivered] == ["alarm", "all_clear"]


def test_nothing_is_tried_for_longer_than_three_days() -> None:
    desk = Desk()
    desk.run(DISK, 60, error="HTTP 500")
    desk.step(DISK, seconds=4 * 86400)
    assert (desk.state.outbox, desk.delivered) == ([], [])


def test_a_clock_set_back_delays_no_alarm() -> None:
    desk = Desk()
    desk.step(DISK)
    desk.now -= timedelta(days=10)
    desk.run(DISK, 30)
    assert [event for event, _id, _keys in desk.delivered] == ["alarm"]


NIGHT = QuietHours(time(22), time(7), "Europe/Berlin")
WARNING = [Check("secrets", WARN, "health_secret_expires")]


@pytest.mark.parametrize(
    ("level", "local", "end"),
    [
        (WARN, "2026-12-01 21:59", None),
        (WARN, "2026-12-01 22:00", "2026-12-02 07:00"),
        (WARN, "2026-12-02 06:59", "2026-12-02 07:00"),
        (WARN, "2026-12-02 07:00", None),
        (FAIL, "2026-12-02 03:00", None),
    ],
)
def test_warnings_wait_for_the_end_of_the_quiet_hours(level: str, local: str, end: str | None) -> None:
    now = datetime.fromisoformat(f"{local}+01:00")
    until = NIGHT.end_of_wait(level, now)
    assert until == (None if end is None else datetime.fromisoformat(f"{end}+01:00"))


def test_failures_wait_as_well_where_that_is_set() -> None:
    quiet = QuietHours(time(0), time(6), "UTC", holds_failures=True)
    assert quiet.end_of_wait(FAIL, NOON) is None
    assert quiet.end_of_wait(FAIL, NOON.replace(hour=1)) == NOON.replace(hour=6)


def test_what_begins_and_ends_in_quiet_hours_is_not_announced() -> None:
    desk = Desk(NIGHT, NOON.replace(hour=22))
    desk.run(WARNING, 600)
    desk.run([Check("secrets", OK)], 600)
    assert (desk.delivered, desk.state.outbox) == ([], [])
    desk.run(WARNING, 12 * 3600, every=60)
    assert [event for event, _id, _keys in desk.delivered] == ["alarm"]


def test_a_warning_that_waits_holds_up_no_failure() -> None:
    desk = Desk(NIGHT, NOON.replace(hour=22))
    desk.run(WARNING, 60)
    desk.run([*WARNING, *DISK], 60)
    assert [(event, keys) for event, _id, keys in desk.delivered] == [("alarm", ["disk"])]
    desk.run(WARNING, 60)
    assert [event for event, _id, _keys in desk.delivered] == ["alarm", "all_clear"]
    desk.run(WARNING, 9 * 3600, every=60)
    assert [keys for _event, _id, keys in desk.delivered] == [["disk"], ["disk"], ["secrets"]]


def test_a_problem_that_keeps_coming_back_is_announced_twice_only() -> None:
    desk = Desk()
    for _ in range(60):
        desk.run(DISK, 30)
        desk.run(ALL_OK, 60)
    assert [event for event, _id, _keys in desk.delivered] == ["alarm", "all_clear", "alarm"]
    desk.run(ALL_OK, 1800)
    assert [event for event, _id, _keys in desk.delivered] == ["alarm", "all_clear", "alarm", "all_clear"]
    desk.run(DISK, 30)
    desk.run(ALL_OK, 60)
    assert len(desk.delivered) == 6
