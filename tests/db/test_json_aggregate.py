"""Rows of a related table, read as JSON with their parent row, have the same types as a plain select returns."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.support.factories import NOW, a_store, an_account, an_order
from webapp.db.json_aggregate import JsonAggregate, table_of
from webapp.models.audit_log import Event
from webapp.models.comments import Comment
from webapp.models.orders import Order
from webapp.services.sync.importing import import_page

pytestmark = pytest.mark.both_databases


class CommentRow(NamedTuple):
    id: int
    at: datetime
    text: str
    notify: bool
    invoice_id: int | None


class EventRow(NamedTuple):
    id: int
    args: dict[str, Any]


@pytest.fixture
def order(session: Session) -> Order:
    account = an_account(session)
    a_store(account)
    import_page.import_page(session, account.id, [an_order(1)], now=NOW, actor="test")
    session.commit()
    return session.scalars(select(Order)).one()


def gather(session: Session, row: type[Any], model: type[Any]) -> list[Any]:
    orders, its = table_of(Order), table_of(model).c
    mine = select(*(its[name] for name in row._fields)).where(its.order_id == orders.c.id)
    aggregate = JsonAggregate(row, mine, orders)
    return aggregate.read(session.execute(select(aggregate.value).select_from(orders)).scalar_one())


def test_instants_words_and_what_is_missing_come_back_as_they_were(session: Session, order: Order) -> None:
    at = [datetime(2026, 3, 29, 0, 59, 59, micros, UTC) for micros in (0, 500_000, 123_456)]
    said = ['Ring "twice"\n\\', "日本語 Zażółć 🎁", ""]
    session.add_all(
        Comment(order_id=order.id, at=when, actor="cli", text=words, notify=words == "")
        for when, words in zip(at, said, strict=True)
    )
    session.flush()

    found = sorted(gather(session, CommentRow, Comment))

    assert [row.at for row in found] == at
    assert {row.at.tzinfo for row in found} == {UTC}
    assert [row.text for row in found] == said
    assert [row.notify for row in found] == [False, False, True]
    assert [row.invoice_id for row in found] == [None] * 3


def test_an_instant_is_the_same_on_a_connection_with_another_clock(session: Session, order: Order) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL TIME ZONE 'Asia/Kolkata'"))
    session.add(Comment(order_id=order.id, at=NOW, actor="cli", text="x"))
    session.flush()

    (row,) = gather(session, CommentRow, Comment)

    assert (row.at, row.at.tzinfo) == (NOW, UTC)


def test_json_comes_back_as_it_was(session: Session, order: Order) -> None:
    args = {"fields": ["a", 'ü"'], "total": [None, 12], "deep": {"yes": True}}
    session.add(Event(order_id=order.id, at=NOW, actor="cli", kind="x", args=args))
    session.flush()

    assert max(gather(session, EventRow, Event)).args == args


def test_of_no_rows_nothing_is_read(session: Session, order: Order) -> None:
    assert gather(session, CommentRow, Comment) == []
