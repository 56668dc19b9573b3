"""The simulated clock: real time plus an offset, or frozen."""

import time
from datetime import UTC, datetime, timedelta


def whole_milliseconds(moment: datetime) -> datetime:
    """Truncate to milliseconds, the precision of Amazon's times."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def format_iso(moment: datetime) -> str:
    """Format as `2026-11-21T09:30:00.000Z`. The width is fixed, so that the strings sort by time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_iso(text: str) -> datetime:
    """Parse ISO 8601 into an aware UTC time; a time without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    return whole_milliseconds(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC))


class Clock:
    """`offset` is added to real time, in seconds. A frozen clock stands still until it is moved or thawed."""

    def __init__(self, offset: float = 0.0, frozen_at: datetime | None = None) -> None:
        self.offset = offset
        self.frozen_at = frozen_at

    def now(self) -> datetime:
        if self.frozen_at is not None:
            return whole_milliseconds(self.frozen_at)
        return whole_milliseconds(datetime.fromtimestamp(time.time() + self.offset, UTC))

    def move(self, seconds: float) -> None:
        """Move the clock forward. Raises ValueError for a negative number of seconds or ten years and more."""
        if not 0 <= seconds < 10 * 365 * 86400:
            raise ValueError("the clock moves forward only, by less than ten years at once")
        if self.frozen_at is not None:
            self.frozen_at += timedelta(seconds=seconds)
        else:
            self.offset += seconds

    def freeze(self, at: datetime | None = None) -> None:
        self.frozen_at = at or self.now()

    def thaw(self) -> None:
        """Continue from the frozen time."""
        if self.frozen_at is not None:
            self.offset = self.frozen_at.timestamp() - time.time()
            self.frozen_at = None

    def as_json(self) -> dict[str, object]:
        frozen = format_iso(self.frozen_at) if self.frozen_at else None
        return {"now": format_iso(self.now()), "offset": round(self.offset, 3), "frozen_at": frozen}
