"""Measure the same pages of other programs, on the same orders, each as it is and in its fastest setting.

    python -m benchmarks.against FOLDER [--database sqlite|postgresql|URL] [--orders 1000000] [--rounds 100]

The desk is asked in the same rounds. Their copies of the orders, in plain text, are made first where they are missing.
"""

import sys

from benchmarks import desk_pages as desk
from benchmarks import tuned
from benchmarks.parts import Options, Result, Table, run
from benchmarks.peers import programs
from benchmarks.places import Place, app_of, environment
from benchmarks.served import OURS, Asked, Timing, served, time_pages

# A page of a peer that takes half a second is asked for so long in all.
SECONDS = 2.5
PAGES: tuple[str, ...] = (
    desk.FIRST,
    desk.NEXT,
    desk.JUMP,
    desk.COMMON_FILTER,
    desk.RARE_FILTER,
    *desk.NAMES,
    desk.NUMBER,
    desk.ORDER,
    desk.DASHBOARD,
)


def measure(place: Place, options: Options) -> Result:
    if not programs.is_there():
        return Result(notes=["The peers were left out: their environment is made by `make .venv-benchmarks/ready`."])
    app = app_of(place.desk)
    cookie, mine, many = desk.sign_in(app), desk.paths(app), desk.count(app)
    for said in programs.prepare(place, many, options.seed):
        print(said, file=sys.stderr, flush=True)
    with (
        served(OURS, "wsgi:app", cookie, environment(place.desk)) as ours,
        programs.running(place) as peers,
    ):
        pages = [Asked(ours, name, mine[name], OURS) for name in PAGES]
        pages += [page for found in peers for page in programs.pages(place, *found, desk.amazons_number(app), many)]
        timings = time_pages(pages, options.rounds, SECONDS)
        memory = {server.name: server.memory() for server in (ours, *(server for _, server in peers))}
        result = _result(timings, memory)
        tuned.measure(place, pages, options.rounds, SECONDS, result)
    return result


def _result(timings: dict[tuple[str, str], Timing], memory: dict[str, float]) -> Result:
    result = Result(figures={f"peers/{page}/{who}": timing.p50 for (page, who), timing in timings.items()})
    result.figures |= {f"peers memory/{name}": size for name, size in memory.items()}
    whose = (OURS, *programs.NAMES)
    for title, figure in (("p50 / p99 ms", _milliseconds), ("times as long as Channeldesk, of the p50", _ratio)):
        rows = [[page, *(figure(timings, page, who) for who in whose)] for page in PAGES]
        result.tables.append(Table(f"The same pages of others: {title}", ("page", *whose), rows))
    sizes = [[page, *(_size(timings, page, who) for who in whose)] for page in (desk.FIRST, desk.ORDER)]
    result.tables.append(Table("kB sent", ("page", *whose), sizes))
    per_server = ", ".join(f"{name} {size:.0f} MB" for name, size in memory.items())
    result.notes.append(f"Memory (PSS) of master and two workers after these pages: {per_server}.")
    return result


def _milliseconds(timings: dict[tuple[str, str], Timing], page: str, who: str) -> str:
    found = timings.get((page, who))
    return f"{found.p50:.1f} / {found.p99:.1f}" if found else ""


def _ratio(timings: dict[tuple[str, str], Timing], page: str, who: str) -> str:
    found = timings.get((page, who))
    return f"× {found.p50 / timings[page, OURS].p50:.1f}" if found else ""


def _size(timings: dict[tuple[str, str], Timing], page: str, who: str) -> str:
    found = timings.get((page, who))
    return f"{found.size / 1000:.1f}" if found else ""


if __name__ == "__main__":
    run(__doc__, "against", measure)
