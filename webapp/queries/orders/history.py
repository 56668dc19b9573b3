"""The history of an order and its comments."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Integer, ScalarSelect, Select, case, cast, func, select
from sqlalchemy.orm import Session

from webapp.db.json_aggregate import JsonAggregate, table_of
from webapp.models.amazon_orders import AmazonOrderVersion
from webapp.models.audit_log import Event
from webapp.models.comments import Comment
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.shipments import Shipment
from webapp.models.users import User

_USER = "user:"


class EventRow(NamedTuple):
    """A history entry. `email`: of the user who did it, None for other actors and deleted users."""

    id: int
    at: datetime
    actor: str
    kind: str
    args: dict[str, Any]
    submission_id: int | None
    email: str | None


class Version(NamedTuple):
    """A version of the Amazon order, without its body."""

    id: int
    received_at: datetime


class CommentRow(NamedTuple):
    """A comment. `document`: the number of the document it was written on."""

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
    """The history entries of an order and the versions Amazon sent of it; newest first."""

    events: Sequence[EventRow]
    versions: Sequence[Version]


def load_history(session: Session, amazon_order_id: int) -> OrderHistory:
    """Load the history of an Amazon order and its order."""
    events = session.execute(_select_events().where(table_of(Event).c.amazon_order_id == amazon_order_id))
    row = table_of(AmazonOrderVersion).c
    versions = session.execute(select(row.id, row.received_at).where(row.amazon_order_id == amazon_order_id))
    return sort_history((EventRow(*event) for event in events), (Version(*version) for version in versions))


def sort_history(events: Iterable[EventRow], versions: Iterable[Version]) -> OrderHistory:
    """Sort history entries and versions that are in no order."""
    return OrderHistory(sorted(events, key=_when, reverse=True), sorted(versions, reverse=True))


def aggregate_events(amazon_order_id: Column[int]) -> JsonAggregate[EventRow]:
    """Aggregate the history entries of an Amazon order and its order."""
    condition = table_of(Event).c.amazon_order_id == amazon_order_id
    return JsonAggregate(EventRow, _select_events().where(condition), amazon_order_id.table)


def _select_events() -> Select[*tuple[Any, ...]]:
    row = table_of(Event).c
    return select(row.id, row.at, row.actor, row.kind, row.args, row.submission_id, _find_email(row.actor))


def aggregate_versions(amazon_order_id: Column[int]) -> JsonAggregate[Version]:
    """Aggregate Amazon's versions of an order, without their bodies."""
    row = table_of(AmazonOrderVersion).c
    rows = select(row.id, row.received_at).where(row.amazon_order_id == amazon_order_id)
    return JsonAggregate(Version, rows, amazon_order_id.table)


def aggregate_comments(order_id: Column[int], latest: int | None = None) -> JsonAggregate[CommentRow]:
    """Aggregate the comments on an order and all its documents, or the `latest` of them."""
    row = table_of(Comment).c
    numbers = (
        _number(Invoice, row.invoice_id),
        _number(Shipment, row.shipment_id),
        _number(CreditMemo, row.credit_memo_id),
    )
    ids = (row.invoice_id, row.shipment_id, row.credit_memo_id)
    columns = (row.id, row.at, row.actor, row.text, row.notify, *ids, func.coalesce(*numbers), _find_email(row.actor))
    rows: Select[*tuple[Any, ...]] = select(*columns).where(row.order_id == order_id)
    if latest is not None:
        rows = rows.order_by(row.at.desc(), row.id.desc()).limit(latest)
    return JsonAggregate(CommentRow, rows, order_id.table)


_when = attrgetter("at", "id")


def _number(document: type[Any], id_: Column[int]) -> ScalarSelect[Any]:
    row = table_of(document).c
    return select(row.number).where(row.id == id_).scalar_subquery()


def _find_email(actor: ColumnElement[str]) -> ScalarSelect[Any]:
    row = table_of(User).c
    id_ = case((actor.startswith(_USER), cast(func.substr(actor, len(_USER) + 1), Integer)))
    return select(row.email).where(row.id == id_).scalar_subquery()
