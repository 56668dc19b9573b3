"""Bulk actions: the list of them, one with its rows, and those still running."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from webapp.domain import bulk_states
from webapp.domain.errors import require
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.bulk_actions import BulkAction, BulkRow
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.orders import Order
from webapp.models.shipments import Shipment
from webapp.models.submissions import Submission
from webapp.queries.listing.fetch import Column, Grid

GRID = Grid(
    select=select(BulkAction).where(BulkAction.state != bulk_states.DRAFT),
    id=BulkAction.id,
    columns=(
        Column("started", BulkAction.created_at, descending=True),
        Column("kind"),
        Column("state"),
        Column("total", BulkAction.total, descending=True),
        Column("done"),
        Column("failed"),
        Column("skipped"),
        Column("actor"),
    ),
    filters={},
    sort="-started",
)
ROWS_SHOWN = 100
DOCUMENTS: dict[str, type[Invoice] | type[Shipment] | type[CreditMemo]] = {
    "invoice": Invoice,
    "shipment": Shipment,
    "credit_memo": CreditMemo,
}


class Subject(NamedTuple):
    """The number of a row's subject, and the number of its order."""

    number: str
    order: str


def find(session: Session, action_id: int) -> BulkAction:
    """Find a bulk action. Raises NotFoundError."""
    return require(session.get(BulkAction, action_id), "bulk_unknown", name=action_id)


def list_running_ids(session: Session) -> Sequence[int]:
    """List the ids of bulk actions that a worker has to continue."""
    return session.scalars(select(BulkAction.id).where(BulkAction.state == bulk_states.RUNNING)).all()


def list_subject_ids(session: Session, action_id: int) -> Sequence[int]:
    """List the ids of the stored rows, in the order they were selected."""
    subject_ids = select(BulkRow.subject_id).where(BulkRow.action_id == action_id)
    return session.scalars(subject_ids.order_by(BulkRow.id)).all()


def list_rows(session: Session, action_id: int, state: str, after: int, limit: int = ROWS_SHOWN) -> Sequence[BulkRow]:
    """List the next `limit` rows after the id `after`, without decrypting their arguments; `state` empty for all."""
    rows = select(BulkRow).where(BulkRow.action_id == action_id, BulkRow.id > after)
    if state:
        rows = rows.where(BulkRow.state == state)
    return session.scalars(rows.order_by(BulkRow.id).limit(limit)).all()


def iterate_rows(session: Session, action_id: int, state: str) -> Iterator[Sequence[BulkRow]]:
    """Iterate over all rows of a state, a hundred at a time."""
    after = 0
    while rows := list_rows(session, action_id, state, after):
        yield rows
        after = rows[-1].id


def find_subjects(session: Session, subject: str, ids: Sequence[int]) -> dict[int, Subject]:
    """Find the numbers of these subjects by id. `subject`: order, amazon_order, submission, or one of DOCUMENTS."""
    statement: Select[*tuple[Any, ...]]
    if subject == "order":
        statement = select(Order.id, Order.number, Order.number.label("order_number")).where(Order.id.in_(ids))
    elif subject == "amazon_order":
        amazon_orders = select(AmazonOrder.id, AmazonOrder.number, AmazonOrder.number.label("order_number"))
        statement = amazon_orders.where(AmazonOrder.id.in_(ids))
    elif subject == "submission":
        orders = select(Submission.id, AmazonOrder.number, AmazonOrder.number.label("order_number"))
        joined = orders.join(AmazonOrder, AmazonOrder.id == Submission.amazon_order_id)
        statement = joined.where(Submission.id.in_(ids))
    else:
        model = DOCUMENTS[subject]
        document = select(model.id, model.number, Order.number.label("order_number"))
        statement = document.join(Order, Order.id == model.order_id).where(model.id.in_(ids))
    return {row.id: Subject(row.number, row.order_number) for row in session.execute(statement)}
