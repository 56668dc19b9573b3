"""A part of the benchmark: a command of its own that prints what it measured and keeps it for the report."""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.places import Place, opened

ROUNDS = 100


@dataclass(frozen=True)
class Table:
    """Rows of what people read."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def lines(self) -> list[str]:
        every = [self.head, ["---"] * len(self.head), *self.rows]
        return [f"**{self.title}**", "", *("| " + " | ".join(row) + " |" for row in every), ""]


@dataclass
class Result:
    """`figures`: what goals are compared with, by name: "first page/Channeldesk", in milliseconds unless it says so."""

    tables: list[Table] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        return [*(line for table in self.tables for line in table.lines()), *(f"{note}\n" for note in self.notes)]


@dataclass(frozen=True)
class Options:
    orders: int
    rounds: int
    seed: int


def parser(about: str | None) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("folder", type=Path)
    made.add_argument("--database", default="sqlite", help="sqlite, postgresql (one is started), or a PostgreSQL's URL")
    made.add_argument("--orders", type=int, default=1_000_000)
    made.add_argument("--rounds", type=int, default=ROUNDS)
    made.add_argument("--seed", type=int, default=1)
    return made


def run(about: str | None, name: str, measure: Callable[[Place, Options], Result]) -> None:
    """Be the command of this part."""
    options = parser(about).parse_args()
    asked = Options(options.orders, options.rounds, options.seed)
    with opened(options.folder, options.database) as place:
        started = time.perf_counter()
        result = measure(place, asked)
        keep(place, name, result, asked, time.perf_counter() - started)
    print("\n".join(result.lines()), flush=True)


def keep(place: Place, name: str, result: Result, options: Options, seconds: float) -> None:
    about = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "seconds": round(seconds), **asdict(options)}
    place.results.mkdir(parents=True, exist_ok=True)
    whole = json.dumps({"about": about, **asdict(result)}, indent=1, ensure_ascii=False)
    (place.results / f"{name}.json").write_text(whole, encoding="utf-8")


def kept(place: Place, name: str) -> tuple[dict[str, Any], Result] | None:
    """Return (time and number of orders, result) of the part's last run; None if there was none."""
    path = place.results / f"{name}.json"
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    tables = [Table(**table) for table in found["tables"]]
    return found["about"], Result(tables, found["figures"], found["notes"])
