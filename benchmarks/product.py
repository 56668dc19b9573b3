"""Measure the whole product: the start, its memory at rest, and the size of its pages in a browser.

    python -m benchmarks.product FOLDER [--database sqlite|postgresql|URL] [--rounds 100]

It runs on a copy of the small desk, whose stores are switched off, so that it has nothing to ask of Amazon and its
maintenance deletes nothing of what others measure.
"""

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from urllib.parse import urljoin

from sqlalchemy import update
from sqlalchemy.orm import Session

from benchmarks import desk_pages as desk
from benchmarks.parts import Options, Result, Table, run
from benchmarks.places import Place, app_of, environment
from benchmarks.served import OURS, Server, memory
from tests.support.running_app import descendants, run_app
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.models.stores import Store

REST = 60
STARTS = 3
_STATIC = re.compile(r'(?:href|src)="(/static/[^"#]+)')
_WITHIN = re.compile(r"""url\(["']?([^"')]+)""")


def measure(place: Place, options: Options) -> Result:
    result = Result()
    with copied(place) as settings:
        app = app_of(settings)
        cookie = desk.sign_in(app)
        with app.app_context(), Session(db.engine) as session:
            session.execute(update(Store).values(active=False))
            session.commit()
        db_of = {key: value for key, value in environment(settings).items() if key == "DATABASE_URL"}
        starts = []
        for _ in range(min(STARTS, options.rounds)):
            started = time.perf_counter()
            with run_app(settings.data_dir, environ=db_of) as up:
                starts.append(time.perf_counter() - started)
                supervisor, last = up.process.pid, len(starts) == min(STARTS, options.rounds)
                if last:
                    # The cookie is named after the port that was free.
                    mine = f"channeldesk-{up.port}={cookie.partition('=')[2]}"
                    server = Server(OURS, up.port, mine, supervisor)
                    _look(result, server, options)
                    server.connection.close()
                    _rest(result, supervisor, REST if options.rounds >= REST else 1)
    result.figures["start"] = min(starts)
    result.notes.append(f"From the command to the desk that answers: {min(starts):.1f} s, the best of {len(starts)}.")
    return result


@contextmanager
def copied(place: Place) -> Iterator[Settings]:
    """Create an installation with the orders of the small one."""
    with place.fresh("product", like=place.small) as settings:
        target = settings.data_dir / "data"
        left_out = shutil.ignore_patterns("*.log", "*.sock", "*.lock", "valkey*")
        shutil.copytree(place.small.data_dir, target, ignore=left_out)
        yield replace(settings, data_dir=target)


def _look(result: Result, server: Server, options: Options) -> None:
    """Measure the first page with its assets, and then lists."""
    page, sizes = server.read("/orders"), {}
    waiting = set(_STATIC.findall(page))
    while waiting:
        name = waiting.pop()
        sizes[name] = len(server.get(name)[1])
        if name.partition("?")[0].endswith(".css"):
            inside = {urljoin(name, found) for found in _WITHIN.findall(server.read(name)) if ":" not in found}
            waiting |= inside - sizes.keys()
    for _ in range(min(20, options.rounds)):
        server.get("/orders")
    lists = {name: len(server.get(path)[1]) for name, path in (("Orders", "/orders"), ("Amazon", "/amazon-orders"))}
    first = lists["Orders"] + sum(sizes.values())
    result.figures |= {"weight/first": float(first), "weight/list": float(max(lists.values()))}
    rows = [(name, f"{size / 1000:.1f}") for name, size in sorted(sizes.items(), key=lambda one: -one[1])]
    whole = [("the list of Orders", f"{lists['Orders'] / 1000:.1f}"), ("all, the first time", f"{first / 1000:.1f}")]
    whole.append(("the list of Amazon orders", f"{lists['Amazon'] / 1000:.1f}"))
    result.tables.append(Table("What a browser loads, as it is sent", ("file", "kB"), [*rows, *whole]))


def _rest(result: Result, supervisor: int, seconds: float) -> None:
    """Measure the memory of all processes after an idle period."""
    time.sleep(seconds)
    every = descendants(supervisor) | {supervisor: "supervisor"}
    sizes = {}
    for pid, name in every.items():
        # The process of a job may have ended since it was listed.
        with suppress(FileNotFoundError, ProcessLookupError):
            sizes[f"{name} ({pid})"] = memory(pid)
    result.figures["rest"] = sum(sizes.values())
    rows = [(re.sub(r" \(\d+\)", "", name), f"{size:.1f}") for name, size in sizes.items()]
    rows.append(("all", f"{sum(sizes.values()):.1f}"))
    title = f"Memory of `channeldesk up`, PSS after {seconds:.0f} s at rest"
    result.tables.append(Table(title, ("process", "MB"), rows))


if __name__ == "__main__":
    run(__doc__, "product", measure)
