from contextlib import ExitStack
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import Integer, String, create_engine, insert, select
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

from tests.support.factories import NOW
from tests.support.postgres import BOTH_DATABASES
from webapp.db.base import UtcDateTime
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing.fetch import END, Cursor, Grid, encode_cursor, fetch_page, parse_page_request


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "rows"

    id = mapped_column(Integer, primary_key=True)
    at = mapped_column(UtcDateTime, nullable=False)
    due = mapped_column(UtcDateTime)
    amount = mapped_column(Integer)
    name = mapped_column(String(20), nullable=False)


GRID = Grid(
    select=select(Row.id, Row.name, Row.amount),
    id=Row.id,
    columns=(
        grid_fetch.Column("at", Row.at, descending=True),
        grid_fetch.Column("due", Row.due),
        grid_fetch.Column("amount", Row.amount),
        grid_fetch.Column("name", Row.name),
        grid_fetch.Column("plain"),
    ),
    filters={"name": lambda name: Row.name == name},
    sort="-at",
)
SORTS = [
    direction + column.name for column in GRID.columns if column.sort_column is not None for direction in ("", "-")
]


@pytest.fixture(scope="module", params=BOTH_DATABASES)
def engine(request):
    with ExitStack() as stack:
        url = "sqlite://"
        if request.param == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgres").database())
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def table(engine):
    """Fills the table and provides a session; everything is rolled back."""
    with engine.connect() as connection, connection.begin() as transaction, Session(connection) as session:

        def fill(rows):
            session.execute(insert(Row), [dict(row) for row in rows])

        yield SimpleNamespace(session=session, fill=fill)
        session.close()
        transaction.rollback()


def a_row(id_, at=0, due=None, amount=None, name="a"):
    return {
        "id": id_,
        "at": NOW + timedelta(seconds=at),
        "due": None if due is None else NOW + timedelta(seconds=due),
        "amount": amount,
        "name": name,
    }


def expected(rows, sort):
    """The order by hand: by value, those without one last, equals by id."""
    key, descending = sort.removeprefix("-"), sort.startswith("-")
    having = sorted((row for row in rows if row[key] is not None), key=lambda row: (row[key], row["id"]))
    without = sorted((row for row in rows if row[key] is None), key=lambda row: row["id"])
    return [row["id"] for part in (having, without) for row in (reversed(part) if descending else part)]


def page(session, sort, size=20, **edges):
    arguments = {"sort": sort} | edges
    place = grid_fetch.replace(parse_page_request(GRID, arguments), size=size)
    return place, fetch_page(session, GRID, place, {})


def walk(session, sort, size, step, **first):
    """The pages from one end to the other, by the links of each page; `step` is next or previous."""
    pages, edges = [], first
    while True:
        place, ids = page(session, sort, size, **edges)
        pages.append([row.id for row in ids.rows])
        edge = getattr(ids, step)
        if edge is None:
            return pages
        edges = {"after" if step == "next" else "before": encode_cursor(place, edge)}
        assert len(pages) < 200, "endless paging"


rows_of_a_table = strategies.lists(
    strategies.tuples(
        strategies.integers(0, 3),
        strategies.none() | strategies.integers(0, 3),
        strategies.none() | strategies.integers(-2, 2),
        strategies.sampled_from("abÄ"),
    ),
    max_size=12,
).map(lambda rows: [a_row(id_, *values) for id_, values in enumerate(rows, 1)])


@given(rows=rows_of_a_table, sort=strategies.sampled_from(SORTS), size=strategies.integers(1, 5))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_paging_in_both_directions_returns_every_row_once(engine, rows, sort, size):
    with engine.connect() as connection, connection.begin() as transaction, Session(connection) as session:
        if rows:
            session.execute(insert(Row), rows)
        wanted = expected(rows, sort)
        forth = walk(session, sort, size, "next")
        back = walk(session, sort, size, "previous", before=END)
        assert [id_ for found in forth for id_ in found] == wanted
        assert [id_ for found in reversed(back) for id_ in found] == wanted
        session.close()
        transaction.rollback()


@pytest.mark.parametrize("sort", SORTS)
def test_previous_returns_to_the_same_page(table, sort):
    table.fill(a_row(n, at=n % 3, due=None if n % 4 == 0 else n % 2, amount=n % 2 or None) for n in range(1, 24))

    place, first = page(table.session, sort, 5)
    _, second = page(table.session, sort, 5, after=encode_cursor(place, first.next))
    _, again = page(table.session, sort, 5, before=encode_cursor(place, second.previous))

    assert [row.id for row in again.rows] == [row.id for row in first.rows]
    assert (first.previous, again.previous) == (None, None)


def test_a_row_that_arrives_between_two_clicks_neither_repeats_nor_hides_another(table):
    table.fill(a_row(n, at=n) for n in range(1, 11))
    place, first = page(table.session, "-at", 4)

    table.fill([a_row(11, at=11), a_row(12, at=12)])

    _, second = page(table.session, "-at", 4, after=encode_cursor(place, first.next))
    _, back = page(table.session, "-at", 4, before=encode_cursor(place, second.previous))
    assert [row.id for row in second.rows] == [6, 5, 4, 3]
    assert ([row.id for row in back.rows], back.previous is not None) == ([10, 9, 8, 7], True)
    _, front = page(table.session, "-at", 4, before=encode_cursor(place, back.previous))
    assert ([row.id for row in front.rows], front.previous) == ([12, 11], None)


def test_the_last_page_is_full_and_has_no_next(table):
    table.fill(a_row(n, at=n) for n in range(1, 11))

    _, last = page(table.session, "-at", 4, before=END)

    assert [row.id for row in last.rows] == [4, 3, 2, 1]
    assert (last.previous, last.next) == (Cursor(NOW + timedelta(seconds=4), 4), None)


@pytest.mark.parametrize("named", ["4", "5", "9999"])
@pytest.mark.parametrize("far", [50_000, 2])
@pytest.mark.parametrize("sort", ["-at", "-due"])
def test_a_page_of_a_number_beyond_the_last_is_the_last(table, sort, far, named, monkeypatch):
    monkeypatch.setattr(grid_fetch, "FAR", far)
    table.fill(a_row(n, at=n, due=n) for n in range(1, 13))

    _, ids = page(table.session, sort, 4, page=named)

    assert ([row.id for row in ids.rows], ids.next) == ([4, 3, 2, 1], None)


def test_a_page_whose_rows_are_gone_shows_the_first_page(table):
    table.fill(a_row(n, at=n) for n in range(1, 4))
    place = parse_page_request(GRID, {})

    _, ids = page(table.session, "-at", 4, after=encode_cursor(place, Cursor(NOW - timedelta(days=1), 1)))

    assert [row.id for row in ids.rows] == [3, 2, 1]


def test_the_count_is_exact_up_to_a_thousand_and_then_says_more(table):
    table.fill(a_row(n, name="b" if n <= 1000 else "a") for n in range(1, 1003))
    place = parse_page_request(GRID, {})

    everything = fetch_page(table.session, GRID, place, {})
    some = fetch_page(table.session, GRID, place, {"name": "b"})

    assert (everything.has_more, some.has_more, some.count) == (True, False, 1000)


def test_an_invalid_url_opens_the_first_page():
    for arguments in [
        {"sort": "nothing"},
        {"sort": "plain"},
        {"size": "7"},
        {"size": "²"},
        {"after": "%%%"},
        {"after": "bm90IGpzb24"},
        {"before": "W10"},
        {"after": "W251bGxd" * 50},
        {"sort": "amount", "after": encode_cursor(parse_page_request(GRID, {"sort": "-amount"}), Cursor(1, 1))},
        {
            "sort": "at",
            "after": encode_cursor(parse_page_request(GRID, {"sort": "at"}), Cursor("2026-03-02T09:00:00", 1)),
        },
        {"sort": "at", "after": encode_cursor(parse_page_request(GRID, {"sort": "at"}), Cursor(None, 1))},
        {"sort": "amount", "after": encode_cursor(parse_page_request(GRID, {"sort": "amount"}), Cursor(2**70, 1))},
    ]:
        place = parse_page_request(GRID, arguments)

        assert (place.after, place.before, place.size) == (None, None, 50), arguments
        assert place.sort in {"-at", arguments.get("sort")}, arguments


@pytest.mark.parametrize("value", [None, -3])
def test_a_cursor_is_decoded_from_a_url(value):
    place = parse_page_request(GRID, {"sort": "-amount"})

    again = parse_page_request(GRID, {"sort": "-amount", "after": encode_cursor(place, Cursor(value, 5))})

    assert again.after == Cursor(value, 5)


def test_iterating_returns_every_row_once_in_order(table):
    rows = [a_row(n, at=n % 3, due=None if n % 4 == 0 else n % 2, name="ab"[n % 2]) for n in range(1, 24)]
    table.fill(rows)
    # The rows of this test are in a transaction that is never committed.
    table.session.rollback = lambda: None

    for sort in SORTS:
        chunks = list(grid_fetch.iterate(table.session, GRID, parse_page_request(GRID, {"sort": sort}), {}, chunk=5))
        ids = [row.id for chunk in chunks for row in chunk]
        assert [len(chunk) for chunk in chunks] == [5, 5, 5, 5, 3]
        assert ids == expected(rows, sort)
        assert ids == grid_fetch.fetch_ids(table.session, GRID, parse_page_request(GRID, {"sort": sort}), {}, 100)


def test_ids_stop_at_the_limit_and_follow_the_filter(table):
    table.fill(a_row(n, at=n, name="ab"[n % 2]) for n in range(1, 11))

    assert grid_fetch.fetch_ids(table.session, GRID, parse_page_request(GRID, {}), {"name": "a"}, 3) == [10, 8, 6]


def test_columns_that_are_chosen_are_selected_and_others_are_not():
    grid = Grid(
        select=select(Row.id),
        id=Row.id,
        columns=(
            grid_fetch.Column("at", Row.at),
            grid_fetch.Column("name", selects=(Row.name,)),
            grid_fetch.Column("amount", selects=(Row.amount,), hidden=True),
        ),
        filters={},
        sort="at",
    )

    def selected(chosen):
        return [column.key for column in chosen.select.selected_columns]

    assert (grid.choose().visible, selected(grid.choose())) == (("at", "name"), ["id", "name"])
    assert (grid.choose(["amount", "nonsense", "at", "amount"]).visible) == ("amount", "at")
    assert selected(grid.choose(["amount", "at"])) == ["id", "amount"]
