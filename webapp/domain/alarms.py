"""Alarms: which problems are announced, when, and once. Pure rules over a state that is stored as JSON.

The problems that appear together are one alarm. It is announced once, and once more when all of them have passed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from webapp.domain.health import FAIL, UNKNOWN, WARN, Check

# Seconds. A problem has to last, and to be gone, for so long: what a restart mends by itself is no alarm.
CONFIRM = 10.0
RECOVER = 20.0
# A problem that is back so soon after its all-clear has to be gone for as long before the next one.
FLAPPING = 900.0
FIRST_RETRY = 10.0
LONGEST_RETRY = 900.0
# A message that could not be delivered by then is dropped.
GIVE_UP = 3 * 86400.0
# As long as quiet hours can be.
LONGEST_WAIT = 86400.0
LOG_LENGTH = 50

ALARM, ALL_CLEAR, TEST = "alarm", "all_clear", "test"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours in which messages wait. `holds_failures`: also those about failed checks, not only warnings."""

    begin: time
    end: time
    zone: str = "UTC"
    holds_failures: bool = False

    def end_of_wait(self, level: str, now: datetime) -> datetime | None:
        """Return when a message of this level may be sent; None: at once."""
        if level == FAIL and not self.holds_failures:
            return None
        local = now.astimezone(ZoneInfo(self.zone))
        clock = local.time()
        is_quiet = self.begin <= clock < self.end if self.begin <= self.end else not self.end <= clock < self.begin
        if not is_quiet or self.begin == self.end:
            return None
        day = local.date() + (timedelta(days=1) if clock >= self.end else timedelta())
        return datetime.combine(day, self.end, local.tzinfo)


@dataclass(slots=True)
class Problem:
    """A check that fails, as it is announced."""

    key: str
    name: str
    level: str
    text: str


@dataclass(slots=True)
class Alarm:
    """Problems that appeared together. `ok_since`: since when all of them have passed. Times are timestamps.

    `recover`: the seconds after which it is closed.
    """

    id: str
    opened_at: float
    problems: list[Problem]
    ok_since: float | None = None
    recover: float = RECOVER

    @property
    def level(self) -> str:
        return FAIL if any(problem.level == FAIL for problem in self.problems) else WARN


@dataclass(slots=True)
class Message:
    """A message to deliver on one channel. `held`: it waits for the end of the quiet hours."""

    id: str
    event: str
    at: float
    channel: str
    problems: list[Problem]
    next_try_at: float
    tries: int = 0
    error: str = ""
    held: bool = False


@dataclass(slots=True)
class AlarmState:
    """What must survive a restart. `pending`: problems not yet announced, with the time they appeared.

    `closed`: problems whose alarm was closed a short while ago, with the time.
    """

    open: list[Alarm] = field(default_factory=list)
    pending: dict[str, float] = field(default_factory=dict)
    outbox: list[Message] = field(default_factory=list)
    # The last deliveries, the newest first: event, channel, time and error of each.
    log: list[dict[str, Any]] = field(default_factory=list)
    number: int = 0
    closed: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "AlarmState":
        """Raises KeyError or TypeError for data of another form."""
        return cls(
            open=[Alarm(**row | {"problems": _problems(row)}) for row in data["open"]],
            pending=data["pending"],
            outbox=[Message(**row | {"problems": _problems(row)}) for row in data["outbox"]],
            log=data["log"],
            number=data["number"],
            closed=data.get("closed", {}),
        )


def _problems(row: dict[str, Any]) -> list[Problem]:
    return [Problem(**problem) for problem in row["problems"]]


def update(
    state: AlarmState,
    checks: Sequence[Check],
    texts: dict[str, str],
    channels: Iterable[str],
    quiet: QuietHours | None,
    now: datetime,
    not_yet: frozenset[str] = frozenset(),
) -> None:
    """Open and close alarms by the results of the checks, and queue their messages.

    `texts`: the sentence of each problem by its key. `not_yet`: names of checks whose problems are not announced now.
    """
    at = now.timestamp()
    problems = {check.key: check for check in checks if check.is_problem}
    unknown = {check.name for check in checks if check.level == UNKNOWN}
    channels = list(channels)
    _close_recovered(state, problems, unknown, channels, quiet, now)
    announced = {problem.key for alarm in state.open for problem in alarm.problems}
    waiting = [key for key, check in problems.items() if key not in announced and check.name not in not_yet]
    # A time in the future was written before the clock was set back.
    state.pending = {key: min(state.pending.get(key, at), at) for key in waiting}
    confirmed = [key for key, since in state.pending.items() if at - since >= CONFIRM]
    if not confirmed:
        return
    for key in confirmed:
        del state.pending[key]
    state.number += 1
    rows = [Problem(key, problems[key].name, problems[key].level, texts[key]) for key in confirmed]
    alarm = Alarm(f"{int(at)}-{state.number}", at, rows)
    state.closed = {key: since for key, since in state.closed.items() if abs(at - since) < FLAPPING}
    if state.closed.keys() & confirmed:
        alarm.recover = FLAPPING
    state.open.append(alarm)
    _queue(state, alarm, ALARM, channels, quiet, now)


def _close_recovered(
    state: AlarmState,
    problems: dict[str, Check],
    unknown: set[str],
    channels: list[str],
    quiet: QuietHours | None,
    now: datetime,
) -> None:
    at = now.timestamp()
    for alarm in list(state.open):
        if any(problem.key in problems or problem.name in unknown for problem in alarm.problems):
            alarm.ok_since = None
            continue
        alarm.ok_since = at if alarm.ok_since is None else min(alarm.ok_since, at)
        if at - alarm.ok_since < alarm.recover:
            continue
        state.open.remove(alarm)
        state.closed |= dict.fromkeys((problem.key for problem in alarm.problems), at)
        # A channel that did not announce the problem does not announce its end.
        not_announced = {message.channel for message in state.outbox if message.id == alarm.id and message.held}
        state.outbox = [message for message in state.outbox if not (message.id == alarm.id and message.held)]
        _queue(state, alarm, ALL_CLEAR, [channel for channel in channels if channel not in not_announced], quiet, now)


def _queue(
    state: AlarmState, alarm: Alarm, event: str, channels: list[str], quiet: QuietHours | None, now: datetime
) -> None:
    until = quiet.end_of_wait(alarm.level, now) if quiet is not None else None
    at = now.timestamp()
    for channel in channels:
        state.outbox.append(
            Message(
                alarm.id,
                event,
                at,
                channel,
                alarm.problems,
                next_try_at=at if until is None else until.timestamp(),
                held=until is not None,
            )
        )


def due_messages(state: AlarmState, channels: Iterable[str], now: datetime) -> list[Message]:
    """Return the messages to deliver now: of each channel the first one not held, so that they arrive in order.

    Drops messages of unused channels, and those that could not be delivered for days.
    """
    at, channels = now.timestamp(), set(channels)
    state.outbox = [message for message in state.outbox if message.channel in channels and at - message.at < GIVE_UP]
    first: dict[str, Message] = {}
    for message in state.outbox:
        # A later time was written before the clock was set back.
        message.next_try_at = min(message.next_try_at, at + LONGEST_WAIT)
        # A warning that waits for the end of the quiet hours holds up no failure.
        if not message.held or message.next_try_at <= at:
            first.setdefault(message.channel, message)
    return [message for message in first.values() if message.next_try_at <= at]


def record_delivery(state: AlarmState, message: Message, error: str, now: datetime) -> None:
    """Remove a delivered message, or plan its next try if there is an error."""
    message.held = False
    if error:
        message.tries += 1
        message.error = error
        message.next_try_at = now.timestamp() + min(FIRST_RETRY * 2 ** (message.tries - 1), LONGEST_RETRY)
    else:
        state.outbox.remove(message)
    entry = {
        "at": now.timestamp(),
        "event": message.event,
        "channel": message.channel,
        "error": error,
        "texts": [problem.text for problem in message.problems],
    }
    state.log = [entry, *state.log][:LOG_LENGTH]
