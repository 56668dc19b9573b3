"""Measure list pages per second of two web workers for eight connections: ours, the floor and the peers.

    python -m benchmarks.throughput FOLDER [--database sqlite|postgresql|URL] [--rounds 100]

One server is loaded at a time. The kernel distributes connections between the workers, at worst all to one, so each
server is loaded several times with new connections; the median and the best are reported. The client runs on the same
machine, so its CPU time is reported next to that of the server.
"""

import statistics
from contextlib import ExitStack

from flask import Flask

from benchmarks import desk_pages as desk
from benchmarks import load
from benchmarks.floor import COOKIE
from benchmarks.load import Load
from benchmarks.parts import Options, Result, Table, run
from benchmarks.peers import programs
from benchmarks.places import Place, app_of, environment, plain_url
from benchmarks.served import OURS, Asked, served

TIMES = 5
# Seconds of one load for each round of pages that is asked for.
SHARE = 0.02
PAGES = (desk.FIRST, desk.COMMON_FILTER)


def measure(place: Place, options: Options) -> Result:
    app = app_of(place.desk)
    mine, seconds = desk.paths(app), max(0.3, SHARE * options.rounds)
    result, rows = Result(), []
    with ExitStack() as stack:
        ours = stack.enter_context(served(OURS, "wsgi:app", desk.sign_in(app), environment(place.desk)))
        database = {"FLOOR_DATABASE": plain_url(place.desk)}
        floor = stack.enter_context(served("floor", "benchmarks.floor:app", COOKIE, database))
        asked = [Asked(ours, page, mine[page], OURS) for page in PAGES]
        asked.append(Asked(floor, desk.FIRST, "/", "floor"))
        asked += _of_peers(place, app, stack, options.seed)
        for one in asked:
            before = one.server.cpu()
            loads = [
                load.run(one.server.port, one.path, one.server.cookie, seconds)
                for _ in range(min(TIMES, options.rounds))
            ]
            middle, best = _middle(loads), max(loads, key=lambda each: each.per_second)
            busy = (one.server.cpu() - before) * 1000 / sum(each.per_second * seconds for each in loads)
            result.figures |= {f"throughput/{one.name}/{one.who}": best.per_second}
            result.figures |= {f"throughput middle/{one.name}/{one.who}": middle.per_second}
            cells = (f"{middle.per_second:.0f}", f"{best.per_second:.0f}", f"{middle.p50:.0f}", f"{middle.p99:.0f}")
            rows.append([one.who, one.name, *cells, f"{busy:.2f}", f"{middle.own:.2f}"])
    head = (*("who", "page", "pages/s, middle", "pages/s, best", "p50 ms", "p99 ms"), "its CPU ms", "client's CPU ms")
    result.tables.append(Table(f"{load.CONNECTIONS} connections, 2 workers of 4 threads", head, rows))
    return result


def _middle(loads: list[Load]) -> Load:
    rate = statistics.median_low([each.per_second for each in loads])
    return next(each for each in loads if each.per_second == rate)


def _of_peers(place: Place, app: Flask, stack: ExitStack, seed: int) -> list[Asked]:
    if not programs.is_there():
        return []
    many, number = desk.count(app), desk.amazons_number(app)
    list(programs.prepare(place, many, seed))
    peers = stack.enter_context(programs.running(place))
    every = [page for found in peers for page in programs.pages(place, *found, number, many)]
    return [page for page in every if page.name == desk.FIRST]


if __name__ == "__main__":
    run(__doc__, "throughput", measure)
