"""Add the index to Django admin's database that its search needs, as an administrator would.

PostgreSQL alone: there Django compares UPPER(column), which no index of the column itself serves.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from benchmarks import desk_pages as desk
from benchmarks.bulk import connect
from benchmarks.parts import Result, Table
from benchmarks.peers import programs
from benchmarks.places import Place
from benchmarks.served import OURS, Asked, time_pages

SEARCHES = (*desk.NAMES, desk.NUMBER)
WHOSE = (OURS, programs.ADMIN, programs.ADMIN_FAST)


def measure(place: Place, pages: list[Asked], rounds: int, seconds: float, result: Result) -> None:
    """Ask for the searches among these pages once more, with such indexes; they are dropped again."""
    if place.server is None:
        return
    with _indexes(place):
        asked = [page for page in pages if page.name in SEARCHES and page.who in WHOSE]
        timings = time_pages(asked, rounds, seconds)
    rows = [[page, *(f"{timings[page, who].p50:.1f}" for who in WHOSE)] for page in SEARCHES]
    result.tables.append(
        Table("Searches with trigram indexes on UPPER(…), made for Django: p50 ms", ("", *WHOSE), rows)
    )
    result.figures |= {f"tuned/{page}/{who}": timing.p50 for (page, who), timing in timings.items()}


@contextmanager
def _indexes(place: Place) -> Iterator[None]:
    columns = ("buyer_name", "number")
    with closing(connect(place.peer_database("plain"))) as database:
        for column in columns:
            database.run(
                f"CREATE INDEX IF NOT EXISTS tuned_{column} ON orders USING gin (upper({column}) gin_trgm_ops)"
            )
        database.run("ANALYZE orders")
        try:
            yield
        finally:
            database.run(";".join(f"DROP INDEX tuned_{column}" for column in columns))
