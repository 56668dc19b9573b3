"""Measure pages with many orders, compared to a floor: a minimal program written by hand.

    python -m benchmarks.pages FOLDER [--database sqlite|postgresql|URL] [--rounds 100]

`benchmarks.fill` fills FOLDER. Compare ratios of one run; absolute times depend on the machine.
"""

import statistics

from sqlalchemy.orm import Session

from benchmarks import counts, statements
from benchmarks import desk_pages as desk
from benchmarks.floor import COOKIE
from benchmarks.parts import Options, Result, Table, run
from benchmarks.places import Place, app_of, environment, plain_url
from benchmarks.served import OURS, Asked, served, time_pages
from webapp.core.extensions import db
from webapp.db.engine import read_only
from webapp.queries.orders import orders

FLOOR = {
    desk.FIRST: "/",
    desk.NEXT: "/?after=2025-05-01%2000:00:00.000000&id=500000",
    desk.RARE_FILTER: "/?status=UNSHIPPED",
    desk.COMMON_FILTER: "/?status=SHIPPED",
}


def measure(place: Place, options: Options) -> Result:
    app = app_of(place.desk)
    cookie, asked = desk.sign_in(app), desk.paths(app)
    number = asked[desk.MIRROR].rpartition("/")[2]
    result = Result()
    with (
        served(OURS, "wsgi:app", cookie, environment(place.desk)) as ours,
        served("floor", "benchmarks.floor:app", COOKIE, {"FLOOR_DATABASE": plain_url(place.desk)}) as floor,
    ):
        pages = [Asked(ours, name, path, OURS) for name, path in asked.items()]
        pages += [Asked(floor, name, path, "floor") for name, path in FLOOR.items()]
        orders_pages = (desk.ORDER, desk.SMALL_ORDER, desk.MIRROR)
        pages += [Asked(floor, name, f"/order/{number}", "floor") for name in orders_pages]
        idle = ours.memory()
        timings = time_pages(pages, options.rounds)
        fresh = statistics.median(ours.get(path)[0] for path in desk.never_seen(app, options.rounds))
        result.figures["pages never seen/p50"] = fresh
        result.notes.append(
            f"Order list pages whose rows are not cached: {fresh:.1f} ms (p50). The pages above are requested "
            "repeatedly, so their rendered rows are."
        )
        after, maps = ours.memory(), ours.maps("channeldesk.db")
        result.figures |= {"memory/idle": idle, "memory/after": after, "mapped": float(maps)}
        result.notes.append(f"Memory (PSS) of master and two workers: {idle:.0f} MB, {after:.0f} MB after these pages.")
        wrong = counts.wrong(app, ours, asked)
    result.figures |= {"counts wrong": float(len(wrong)), "orders": float(desk.count(app))}
    result.notes += [f"Wrong count: {line}" for line in wrong]
    with app.app_context(), read_only():
        rounds = min(20, options.rounds)
        in_database = {
            name: statements.milliseconds(app, statements.of_page(app, cookie, path), rounds)
            for name, path in asked.items()
        }
        exact = statements.of_call(app, lambda: _number_for(number))
        result.figures["exact number/database"] = statements.milliseconds(app, exact)
        db.engine.dispose()
    head = ("page", "p50 ms", "p99 ms", "kB sent", "database ms", "floor p50 ms", "× the floor")
    rows = []
    for name in asked:
        mine, least = timings[name, OURS], timings.get((name, "floor"))
        result.figures |= {f"{name}/p50": mine.p50, f"{name}/p99": mine.p99, f"{name}/size": float(mine.size)}
        floor_cells = [f"{least.p50:.2f}", f"{mine.p50 / least.p50:.1f}"] if least else ["", ""]
        if least:
            result.figures[f"{name}/floor"] = least.p50
        sent = f"{mine.size / 1000:.1f}"
        rows.append([name, f"{mine.p50:.1f}", f"{mine.p99:.1f}", sent, f"{in_database[name]:.1f}", *floor_cells])
    result.tables.append(Table("Pages", head, rows))
    result.notes.append(
        f"An exact order number takes {result.figures['exact number/database']:.2f} ms in the database."
    )
    return result


def _number_for(number: str) -> None:
    with Session(db.engine) as session:
        orders.find_number(session, number)


if __name__ == "__main__":
    run(__doc__, "pages", measure)
