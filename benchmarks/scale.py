"""Compare pages with many orders to pages with few, requested in turn from two installations.

python -m benchmarks.scale FOLDER [--database sqlite|postgresql|URL] [--rounds 100]
"""

from benchmarks import desk_pages as desk
from benchmarks.parts import Options, Result, Table, run
from benchmarks.places import Place, app_of, environment
from benchmarks.served import Asked, served, time_pages

LARGE, SMALL = "large", "small"
# A page in the middle is one of few here and of many there, and is compared for that.
PAGES: tuple[str, ...] = (
    desk.FIRST,
    desk.NEXT,
    desk.COMMON_FILTER,
    desk.RARE_FILTER,
    desk.ORDER,
    desk.SMALL_ORDER,
    desk.MIRROR,
    desk.STORES,
    desk.DASHBOARD,
)


def measure(place: Place, options: Options) -> Result:
    asked, many, cookies = {}, {}, {}
    settings = {LARGE: place.desk, SMALL: place.small}
    for name, its in settings.items():
        app = app_of(its)
        asked[name], many[name], cookies[name] = desk.paths(app), desk.count(app), desk.sign_in(app)
    with (
        served(LARGE, "wsgi:app", cookies[LARGE], environment(place.desk)) as large,
        served(SMALL, "wsgi:app", cookies[SMALL], environment(place.small)) as small,
    ):
        pages = [Asked(one, page, asked[one.name][page], one.name) for page in PAGES for one in (large, small)]
        timings = time_pages(pages, options.rounds)
    result = Result()
    rows = []
    for page in PAGES:
        p50 = {name: timings[page, name].p50 for name in settings}
        result.figures[f"scale/{page}"] = p50[LARGE] / p50[SMALL]
        rows.append([page, f"{p50[LARGE]:.1f}", f"{p50[SMALL]:.1f}", f"{p50[LARGE] / p50[SMALL]:.2f}"])
    head = ("page", f"p50 ms at {many[LARGE]:,}", f"at {many[SMALL]:,}", "ratio")
    result.tables.append(Table("Many orders compared to few", head, rows))
    return result


if __name__ == "__main__":
    run(__doc__, "scale", measure)
