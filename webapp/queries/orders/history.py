"""What happened to an order and what was written on it, gathered beside the order itself."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Integer, ScalarSelect, Select, bindparam, case, cast, func, select
from sqlalchemy.orm import Session

from webapp.db.json_aggregate import JsonAggregate, table_of
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderVersion
from webapp.models.audit_log import Event
from webapp.models.comments import Comment
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.shipments import Shipment
from webapp.models.users import User

_USER = "user:"


class EventRow(NamedTuple):
    """An event. `email`: that of the user who did it, None for others and for those who were deleted."""

    id: int
    at: datetime
    actor: str
    kind: str
    args: dict[str, Any]
    submission_id: int | None
    email: str | None


class Version(NamedTuple):
    """That Amazon sent a body."""

    id: int
    received_at: datetime


class CommentRow(NamedTuple):
    """A comment. `document`: the number of the one it was written on."""

    id: int
    at: datetime
    actor: str
    text: str
    notify: bool
    invoice_id: int | None
    shipment_id: int | None
    credit_memo_id: int | None
    document: str | None
    email: str | None


class OrderHistory(NamedTuple):
    """What happened to an order, and what Amazon sent of it; newest first."""

    events: Sequence[EventRow]
    versions: Sequence[Version]


def load_history(session: Session, amazon_order_id: int) -> OrderHistory:
    """What happened to an Amazon order, and with it to its Order."""
    row = session.connection().execute(_story(), {"id": amazon_order_id}).one()
    events, versions = (part.read(value) for part, value in zip(_parts(), row, strict=True))
    return sort_history(events, versions)


def sort_history(events: Iterable[EventRow], versions: Iterable[Version]) -> OrderHistory:
    """These, which come in no order."""
    return OrderHistory(sorted(events, key=_when, reverse=True), sorted(versions, reverse=True))


def events(amazon_order_id: Column[int]) -> JsonAggregate[EventRow]:
    """What happened to an Amazon order, and with it to its Order."""
    row = table_of(Event).c
    columns = (row.id, row.at, row.actor, row.kind, row.args, row.submission_id, _email(row.actor))
    return JsonAggregate(
        EventRow, select(*columns).where(row.amazon_order_id == amazon_order_id), amazon_order_id.table
    )


def versions(amazon_order_id: Column[int]) -> JsonAggregate[Version]:
    """The bodies Amazon sent of an order, themselves left closed."""
    row = table_of(AmazonOrderVersion).c
    mine = select(row.id, row.received_at).where(row.amazon_order_id == amazon_order_id)
    return JsonAggregate(Version, mine, amazon_order_id.table)


def notes(order_id: Column[int], latest: int | None = None) -> JsonAggregate[CommentRow]:
    """What was written on an Order and all its documents, or the latest of it."""
    row = table_of(Comment).c
    on = (_number(Invoice, row.invoice_id), _number(Shipment, row.shipment_id), _number(CreditMemo, row.credit_memo_id))
    ids = (row.invoice_id, row.shipment_id, row.credit_memo_id)
    columns = (row.id, row.at, row.actor, row.text, row.notify, *ids, func.coalesce(*on), _email(row.actor))
    mine: Select[*tuple[Any, ...]] = select(*columns).where(row.order_id == order_id)
    if latest is not None:
        mine = mine.order_by(row.at.desc(), row.id.desc()).limit(latest)
    return JsonAggregate(CommentRow, mine, order_id.table)


# In the order of `Story`.
@lru_cache(maxsize=1)
def _parts() -> tuple[JsonAggregate[Any], JsonAggregate[Any]]:
    id_ = table_of(AmazonOrder).c.id
    return events(id_), versions(id_)


@lru_cache(maxsize=1)
def _story() -> Select[*tuple[Any, ...]]:
    mirrors = table_of(AmazonOrder)
    return select(*(part.value for part in _parts())).select_from(mirrors).where(mirrors.c.id == bindparam("id"))


_when = attrgetter("at", "id")


def _number(document: type[Any], id_: Column[int]) -> ScalarSelect[Any]:
    row = table_of(document).c
    return select(row.number).where(row.id == id_).scalar_subquery()


def _email(actor: ColumnElement[str]) -> ScalarSelect[Any]:
    row = table_of(User).c
    id_ = case((actor.startswith(_USER), cast(func.substr(actor, len(_USER) + 1), Integer)))
    return select(row.email).where(row.id == id_).scalar_subquery()
