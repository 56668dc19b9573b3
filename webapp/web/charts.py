"""The geometry of charts. The macros of `templates/macros/charts.html` draw it as SVG without JavaScript."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from webapp.domain.common.money import Money

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 64, 8, 12, 26
# Share of a day's width that its bar takes.
BAR_SHARE = 0.62
DAY_LABELS = 8
COLUMNS_WIDTH, COLUMNS_HEIGHT, COLUMNS_TOP = 720, 150, 20


@dataclass(frozen=True, slots=True)
class Bar:
    """One day. `x`, `y`, `width`, `height` in the chart's own units; `labelled` when its day is written below it."""

    day: date
    value: Money
    x: float
    y: float
    width: float
    height: float
    labelled: bool

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid and the amount it stands for."""

    value: Money
    y: float


@dataclass(frozen=True, slots=True)
class Chart:
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def build_revenue_chart(days: Sequence[tuple[date, Money]]) -> Chart | None:
    """Build a bar chart of days in one currency, oldest first; None when there is nothing to show."""
    if not any(value.minor > 0 for _, value in days):
        return None
    currency = days[0][1].currency
    step, count = _compute_grid(max(value.minor for _, value in days))
    scale = (HEIGHT - TOP - BOTTOM) / (step * count)
    slot = (WIDTH - LEFT - RIGHT) / len(days)
    every = -(-len(days) // DAY_LABELS)
    bars = tuple(
        Bar(
            day=day,
            value=value,
            x=round(LEFT + slot * (index + (1 - BAR_SHARE) / 2), 1),
            y=round(HEIGHT - BOTTOM - max(value.minor, 0) * scale, 1),
            width=round(slot * BAR_SHARE, 1),
            height=round(max(value.minor, 0) * scale, 1),
            # Counted from the end, so that today always has its label.
            labelled=(len(days) - 1 - index) % every == 0,
        )
        for index, (day, value) in enumerate(days)
    )
    ticks = tuple(
        Tick(Money(step * row, currency), round(HEIGHT - BOTTOM - step * row * scale, 1)) for row in range(count + 1)
    )
    return Chart(bars, ticks)


def _compute_grid(highest: int) -> tuple[int, int]:
    """Return (step, number of steps): steps of 1, 2 or 5 times a power of ten, at most five of them."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            step = factor * power
            if step * 5 >= highest:
                return step, max(1, -(-highest // step))
        power *= 10


def build_sparkline(values: Sequence[int], width: int = 120, height: int = 28) -> str:
    """Return the `points` of an SVG polyline through `values`, oldest first; empty for fewer than two."""
    if len(values) < 2:
        return ""
    highest = max(*values, 1)
    step, usable_height = (width - 2) / (len(values) - 1), height - 4
    return " ".join(
        f"{1 + index * step:.1f},{height - 2 - max(value, 0) / highest * usable_height:.1f}"
        for index, value in enumerate(values)
    )


@dataclass(frozen=True, slots=True)
class ColumnBar:
    """A vertical bar with its name, which is written below it if `labelled`."""

    name: str
    value: int
    x: float
    y: float
    width: float
    height: float
    labelled: bool

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


def build_columns(rows: Sequence[tuple[object, int]]) -> list[ColumnBar]:
    """Build a vertical bar for each row, COLUMNS_WIDTH wide together; none when there is nothing to show."""
    highest = max((value for _, value in rows), default=0)
    if highest <= 0:
        return []
    slot, every = COLUMNS_WIDTH / len(rows), -(-len(rows) // DAY_LABELS)
    bars = []
    for index, (name, value) in enumerate(rows):
        height = round(value / highest * COLUMNS_HEIGHT, 1)
        labelled = (len(rows) - 1 - index) % every == 0
        x, y = round(slot * (index + (1 - BAR_SHARE) / 2), 1), round(COLUMNS_TOP + COLUMNS_HEIGHT - height, 1)
        bars.append(ColumnBar(str(name), value, x, y, round(slot * BAR_SHARE, 1), height, labelled))
    return bars


@dataclass(frozen=True, slots=True)
class BarRow:
    """A horizontal bar with its name. `y` and `width` in the chart's own units."""

    name: str
    value: int
    y: int
    width: float


def build_bar_rows(rows: Sequence[tuple[object, int]]) -> list[BarRow]:
    """Build a horizontal bar for each row; none when there is nothing to show."""
    highest = max((value for _, value in rows), default=0)
    if highest <= 0:
        return []
    return [
        BarRow(str(name), value, index * 20, round(value / highest * 250, 1))
        for index, (name, value) in enumerate(rows)
    ]
