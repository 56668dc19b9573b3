"""Orders that are received again: recognised by their bodies before they are parsed; and the cost of a page."""

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, func, inspect, select
from sqlalchemy.orm import Session

from tests.amazon import bodies
from tests.support.factories import NOW, an_account
from webapp.amazon.order_schema import lazy_orders
from webapp.core.extensions import db
from webapp.domain.amazon.types import RawOrder
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderVersion, QuarantinedOrder
from webapp.services.sync.importing import import_page
from webapp.services.sync.importing.import_page import Counts

pytestmark = pytest.mark.both_databases


def a_body(n: int, **fields: Any) -> dict[str, Any]:
    return bodies.an_order(f"902-0000000-{n:07}", **fields)


def nothing_left() -> dict[str, Any]:
    """A line of which nothing is ordered any more."""
    return {"orderItemId": "1", "quantityOrdered": 0, "product": {}}


def imported(session: Session, *raws: Any) -> Counts:
    counts = import_page.import_page(session, 1, lazy_orders(raws), now=NOW, actor="test")
    session.commit()
    return counts


def not_to_be_read() -> Any:
    raise AssertionError("It was read.")


@contextmanager
def statements() -> Iterator[list[str]]:
    found: list[str] = []

    def note(*about: Any) -> None:
        found.append(about[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_what_is_here_just_as_it_came_is_not_even_read(session):
    an_account(session)
    imported(session, a_body(1), a_body(2))

    again = [RawOrder(one.raw, one.number, not_to_be_read) for one in lazy_orders([a_body(1), a_body(2)])]
    counts = import_page.import_page(session, 1, again, now=NOW, actor="test")

    assert counts == Counts(received=2, same=2)


def test_the_same_in_another_order_of_keys_is_the_same(session):
    an_account(session)
    imported(session, a_body(1))

    assert imported(session, dict(reversed(a_body(1).items()))) == Counts(received=1, same=1)


def test_what_has_changed_is_read_and_what_has_not_is_not(session):
    an_account(session)
    imported(session, a_body(1), a_body(2), a_body(3))
    programs = a_body(2, programs=[], lastUpdatedTime="2026-11-20T09:31:00Z")

    counts = imported(session, a_body(1), programs, a_body(4))

    assert counts == Counts(received=3, same=1, changed=1, new=1, orders_created=1)
    assert session.scalar(select(func.count()).select_from(AmazonOrderVersion)) == 5


def test_of_an_order_twice_on_a_page_the_newest_counts_though_the_older_is_known(session):
    an_account(session)
    imported(session, a_body(1))
    newer = a_body(1, programs=["AMAZON_BUSINESS"], lastUpdatedTime="2026-11-20T10:00:00Z")

    counts = imported(session, newer, a_body(1))

    assert (counts.received, counts.changed, counts.same) == (2, 1, 0)
    assert session.scalars(select(AmazonOrder.programs)).one() == ["AMAZON_BUSINESS"]


def test_an_order_that_could_not_be_read_leaves_quarantine_when_the_known_body_comes_again(session):
    an_account(session)
    imported(session, a_body(1))
    assert imported(session, a_body(1, orderItems=7)) == Counts(received=1, quarantined=1)

    assert imported(session, a_body(1)) == Counts(received=1, same=1)

    assert session.scalars(select(QuarantinedOrder.resolved_at)).one() == NOW


def test_a_page_of_what_is_no_order_is_kept(session):
    an_account(session)

    assert imported(session, "no order", {"orderId": "902-1-1"}, None) == Counts(received=3, quarantined=3)
    entry = session.execute(select(QuarantinedOrder.number, QuarantinedOrder.body).order_by(QuarantinedOrder.id))
    assert entry.all() == [(None, "no order"), ("902-1-1", {"orderId": "902-1-1"}), (None, "null")]


def test_a_page_that_comes_again_writes_not_one_row(session):
    an_account(session)
    page = [a_body(n) for n in range(30)]
    imported(session, *page)
    before = written(session)
    session.commit()

    imported(session, *page)

    assert written(session) == before


def written(session: Session) -> Any:
    """What is another one as soon as a row was written, though it says the same as before."""
    if db.engine.dialect.name == "sqlite":
        return session.connection().connection.driver_connection.total_changes
    tables = inspect(session.connection()).get_table_names()
    query = session.connection().exec_driver_sql
    rows_by_table = {name: query(f"SELECT xmin, ctid FROM {name}").all() for name in tables}
    return {name: Counter(map(str, rows)) for name, rows in rows_by_table.items()}


def test_a_page_costs_the_same_statements_however_long_it_is(session):
    an_account(session)
    imported(session, a_body(1))
    with statements() as few:
        imported(session, *(a_body(n) for n in range(2, 12)))
    with statements() as many:
        imported(session, *(a_body(n) for n in range(12, 112)))
    with statements() as again:
        imported(session, *(a_body(n) for n in range(12, 112)))

    assert len(few) == len(many) <= 26
    assert len(again) <= 4


def test_a_session_that_imports_for_long_keeps_nothing(session):
    an_account(session)
    kept = []
    for page in range(6):
        imported(session, *(a_body(page * 20 + n) for n in range(20)))
        gc.collect()
        kept.append((len(session.identity_map), len(session.info)))

    assert len(set(kept[1:])) == 1


def test_the_row_of_an_order_that_arrives_is_written_once(session):
    an_account(session)
    with statements() as incoming:
        imported(session, a_body(1), a_body(2, orderItems=[nothing_left()]))

    assert [one for one in incoming if one.startswith("UPDATE amazon_orders")] == []
    notes = session.execute(select(AmazonOrder.blocked, AmazonOrder.note).order_by(AmazonOrder.number)).all()
    assert notes == [(None, "note_order_created"), ("no_items", "note_blocked")]
