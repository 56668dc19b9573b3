"""The world's clock: real time plus an offset, or frozen. Everything that happens in the world is timed by it."""

import time
from datetime import UTC, datetime, timedelta


def whole_milliseconds(moment: datetime) -> datetime:
    """Amazon's times carry milliseconds; the rest is cut off so that a time survives its own text."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def iso(moment: datetime) -> str:
    """`2026-11-21T09:30:00.000Z`. Of fixed width, so texts sort as the moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_iso(text: str) -> datetime:
    """An aware UTC moment from ISO 8601 text; a time without a zone is read as UTC. ValueError when it is no time."""
    moment = datetime.fromisoformat(text.strip())
    return whole_milliseconds(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC))


class Clock:
    """`offset` in seconds on top of real time. A frozen clock stands still until it is moved or thawed."""

    def __init__(self, offset: float = 0.0, frozen_at: datetime | None = None) -> None:
        self.offset = offset
        self.frozen_at = frozen_at

    def now(self) -> datetime:
        if self.frozen_at is not None:
            return whole_milliseconds(self.frozen_at)
        return whole_milliseconds(datetime.fromtimestamp(time.time() + self.offset, UTC))

    def move(self, seconds: float) -> None:
        """Forward only: in a world whose time goes back, orders would too. ValueError otherwise."""
        if not 0 <= seconds < 10 * 365 * 86400:
            raise ValueError("the clock moves forward only, by less than ten years at once")
        if self.frozen_at is not None:
            self.frozen_at += timedelta(seconds=seconds)
        else:
            self.offset += seconds

    def freeze(self, at: datetime | None = None) -> None:
        self.frozen_at = at or self.now()

    def thaw(self) -> None:
        """Goes on from the moment it stood at."""
        if self.frozen_at is not None:
            self.offset = self.frozen_at.timestamp() - time.time()
            self.frozen_at = None

    def as_json(self) -> dict[str, object]:
        frozen = iso(self.frozen_at) if self.frozen_at else None
        return {"now": iso(self.now()), "offset": round(self.offset, 3), "frozen_at": frozen}
