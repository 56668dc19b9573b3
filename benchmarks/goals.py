"""Performance goals at 1,000,000 orders: each with a bound, the measured figure, and whether it is reached."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks import desk_pages as desk
from benchmarks.parts import Table
from benchmarks.peers import programs
from benchmarks.places import POSTGRESQL, SQLITE
from benchmarks.scale import PAGES as OF_BOTH_SIZES
from benchmarks.served import OURS

Figures = Mapping[str, float]
LISTS = (desk.FIRST, desk.COMMON_FILTER, desk.RARE_FILTER)
RELATIVE_TO_FIRST = (desk.NEXT, desk.PREVIOUS, desk.BEHIND)
SEARCHES = tuple(desk.NAMES)
FASTEST = (programs.ADMIN_FAST, programs.FLASK_FAST, programs.OSCAR)


@dataclass(frozen=True)
class Goal:
    """`measured` raises KeyError if a part of the benchmark has not run. `least`: the bound is a minimum."""

    text: str
    bound: float
    measured: Callable[[Figures], float]
    unit: str = ""
    least: bool = False

    def row(self, figures: Figures) -> tuple[str, str, str, str]:
        """Return (goal, bound, measured, reached)."""
        bound = f"{'≥' if self.least else '≤'} {_number(self.bound)}{self.unit}"
        try:
            figure = self.measured(figures)
        except KeyError:
            return self.text, bound, "not measured", ""
        holds = figure >= self.bound if self.least else figure <= self.bound
        reached = "yes" if holds else f"no: {_distance(figure, self.bound, least=self.least)}"
        return self.text, bound, f"{_number(figure)}{self.unit}", reached


def table(figures: Figures, kind: str) -> Table:
    head = ("goal", "bound", "measured", "reached")
    return Table("Goals", head, [goal.row(figures) for goal in goals(kind)])


def goals(kind: str) -> list[Goal]:
    """Return all goals for a kind of database."""
    return [*_lists(), *_paging(kind), *_searches(), *_single(), *_imports(), *_scale(), *_sizes()]


def _lists() -> list[Goal]:
    return [
        *(Goal(f"{page}: p50, times the floor", 4, _over(page), " ×") for page in LISTS),
        *(
            Goal(f"{page}: quicker than the best peer in its fastest setting", 3, _speedup(page, *FASTEST), " ×", True)
            for page in LISTS
        ),
        *(Goal(f"{page}: quicker than Django admin", 8, _speedup(page, programs.ADMIN), " ×", True) for page in LISTS),
        Goal("lists whose count is neither exact nor “more than”", 0, lambda f: f["counts wrong"]),
    ]


def _paging(kind: str) -> list[Goal]:
    jump = {SQLITE: 15, POSTGRESQL: 60}[kind]
    return [
        *(Goal(f"{page}, times the first page", 1.2, _relative_to_first(page), " ×") for page in RELATIVE_TO_FIRST),
        Goal(f"{desk.JUMP}: p50", jump, lambda f: f[f"{desk.JUMP}/p50"], " ms"),
    ]


def _searches() -> list[Goal]:
    return [
        *(Goal(f"search by {page}: p50", 20, _p50(page), " ms") for page in SEARCHES),
        *(
            Goal(f"search by {page}: quicker than Django admin", 10, _speedup(page, programs.ADMIN), " ×", True)
            for page in SEARCHES
        ),
        Goal("exact order number, in the database", 3, lambda f: f["exact number/database"], " ms"),
    ]


def _single() -> list[Goal]:
    rate = f"throughput/{desk.FIRST}/{OURS}"
    return [
        Goal("Order with history, documents and submissions: p50", 9, _p50(desk.ORDER), " ms"),
        Goal("the same, quicker than Flask-Admin's edit form", 1, _speedup(desk.ORDER, programs.FLASK), " ×", True),
        Goal("list pages a second, 8 connections, 2 workers", 400, lambda f: f[rate], "/s", True),
    ]


def _imports() -> list[Goal]:
    return [
        Goal("import with all product work", 2_000, lambda f: f["import"], " orders/s", True),
        Goal("the same, of the raw upsert", 0.3, lambda f: f["import"] / f["import raw"], " ×", True),
        Goal("import again: rows written", 0, lambda f: f["import again/rows written"]),
        Goal("import again", 15_000, lambda f: f["import again"], " orders/s", True),
        Goal("memory in the end of a long import, times that after a tenth", 1.1, lambda f: f["import memory"], " ×"),
    ]


def _scale() -> list[Goal]:
    return [
        Goal(f"{page}: many orders, times few", 1.3, lambda f, page=page: f[f"scale/{page}"], " ×")  # type: ignore[misc]
        for page in OF_BOTH_SIZES
    ]


def _sizes() -> list[Goal]:
    return [
        Goal("the whole product at rest (PSS)", 250, lambda f: f["rest"], " MB"),
        Goal("web processes that map the database into memory", 0, lambda f: f["mapped"]),
        Goal("a list after the first load", 30, lambda f: f["weight/list"] / 1000, " kB"),
        Goal("the first load in all", 250, lambda f: f["weight/first"] / 1000, " kB"),
    ]


def _p50(page: str) -> Callable[[Figures], float]:
    return lambda f: f[f"{page}/p50"]


def _over(page: str) -> Callable[[Figures], float]:
    return lambda f: f[f"{page}/p50"] / f[f"{page}/floor"]


def _relative_to_first(page: str) -> Callable[[Figures], float]:
    return lambda f: f[f"{page}/p50"] / f[f"{desk.FIRST}/p50"]


def _speedup(page: str, *whose: str) -> Callable[[Figures], float]:
    """Return how many times faster ours is than the fastest of these, in the same rounds."""
    return lambda f: min(f[f"peers/{page}/{who}"] for who in whose) / f[f"peers/{page}/{OURS}"]


def _number(value: float) -> str:
    if value == int(value) or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _distance(found: float, bound: float, *, least: bool) -> str:
    if not bound or not found:
        return f"{_number(found)} instead of {_number(bound)}"
    return f"{bound / found:.1f} × too slow" if least else f"{found / bound:.1f} × too much"
