"""Documents with all data to print, loaded in a few queries regardless of their number."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload, load_only, selectinload

from webapp.domain.common.batches import batched
from webapp.domain.errors import NotFoundError
from webapp.domain.invoicing import amazon_refunds
from webapp.domain.orders import state_machine as order_states
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.orders import Order
from webapp.models.printed_files import PrintedFile, PrintedPart
from webapp.models.shipments import Parcel, Shipment

# A document's kind and id.
Key = tuple[str, int]
Document = Invoice | Shipment | CreditMemo | Order

# In the order they are printed for one order.
KINDS: dict[str, Any] = {"invoice": Invoice, "shipment": Shipment, "credit_memo": CreditMemo}
_WITH = {
    "invoice": (selectinload(Invoice.items),),
    "shipment": (selectinload(Shipment.parcels).selectinload(Parcel.items),),
    "credit_memo": (selectinload(CreditMemo.items),),
}
# The packing slip of what is left to ship; its id is the order's.
UNSHIPPED = "unshipped"
# Below the parameter limits of PostgreSQL and SQLite.
_BATCH = 500


class Printed(NamedTuple):
    """A document to print. `invoices`: the numbers of the order's invoices, which a credit memo prints."""

    kind: str
    document: Document
    order: Order
    invoices: tuple[str, ...]


def load_documents(session: Session, keys: Sequence[Key]) -> list[Printed]:
    """Load these documents in the given order. Raises NotFoundError for the first that does not exist."""
    documents: dict[Key, Any] = {}
    for kind, model in KINDS.items():
        ids = [id_ for name, id_ in keys if name == kind]
        for batch in batched(ids, _BATCH):
            rows = session.scalars(select(model).where(model.id.in_(batch)).options(*_WITH[kind]))
            documents.update({(kind, row.id): row for row in rows})
    order_ids = {key: document.order_id for key, document in documents.items()}
    unshipped = {key: key[1] for key in keys if key[0] == UNSHIPPED}
    orders = _load_orders(session, {*order_ids.values(), *unshipped.values()})
    order_ids |= unshipped
    documents |= {key: orders[id_] for key, id_ in unshipped.items() if id_ in orders}
    for kind, id_ in keys:
        if (kind, id_) not in documents:
            raise NotFoundError("document_unknown", kind=kind, id=id_)
    credited = [order_ids[key] for key in keys if key[0] == "credit_memo"]
    invoices = _invoice_numbers(session, set(credited))
    return [
        Printed(key[0], documents[key], orders[order_ids[key]], tuple(invoices.get(order_ids[key], ()))) for key in keys
    ]


def list_of_orders(session: Session, order_ids: Sequence[int], kinds: Iterable[str] = tuple(KINDS)) -> list[Key]:
    """List the documents of these orders, order by order, oldest first."""
    keys = _group_by_order(session, order_ids, kinds)
    return [key for order_id in order_ids for key in keys[order_id]]


def _group_by_order(session: Session, order_ids: Sequence[int], kinds: Iterable[str]) -> dict[int, list[Key]]:
    keys: dict[int, list[Key]] = {order_id: [] for order_id in order_ids}
    for kind in KINDS:
        if kind not in kinds:
            continue
        model = KINDS[kind]
        for batch in batched(list(keys), _BATCH):
            rows = (
                select(model.order_id, model.id).where(model.order_id.in_(batch), *_is_valid(kind)).order_by(model.id)
            )
            for order_id, id_ in session.execute(rows):
                keys[order_id].append((kind, id_))
    return keys


def list_unshipped(session: Session, order_ids: Sequence[int]) -> list[Key]:
    """Return the packing slip keys of the orders among these with items left to ship.

    Orders on hold are left out: they are not to be packed.
    """
    unshipped_ids: set[int] = set()
    for batch in batched(list(order_ids), _BATCH):
        rows = select(Order).where(Order.id.in_(batch), Order.state.in_(order_states.TRANSITIONS["ship"].from_states))
        rows = rows.options(load_only(Order.id), selectinload(Order.items))
        unshipped_ids.update(
            order.id for order in session.scalars(rows) if any(map(order_states.count_left_to_ship, order.items))
        )
    return [(UNSHIPPED, id_) for id_ in order_ids if id_ in unshipped_ids]


def list_packing_slips(session: Session, order_ids: Sequence[int]) -> list[Key]:
    """Return the packing slips of these orders, order by order: of shipments, then of unshipped items."""
    shipments = _group_by_order(session, order_ids, ("shipment",))
    unshipped = {id_: (kind, id_) for kind, id_ in list_unshipped(session, order_ids)}
    return [key for id_ in order_ids for key in (*shipments[id_], *((unshipped[id_],) if id_ in unshipped else ()))]


def filter_existing(session: Session, kind: str, ids: Sequence[int]) -> list[Key]:
    """Filter these documents for existing and valid ones, in the given order."""
    model, existing_ids = KINDS[kind], set[int]()
    for batch in batched(list(ids), _BATCH):
        existing_ids.update(session.scalars(select(model.id).where(model.id.in_(batch), *_is_valid(kind))))
    return [(kind, id_) for id_ in ids if id_ in existing_ids]


def _is_valid(kind: str) -> list[ColumnElement[bool]]:
    """Return the conditions of a valid document: Amazon has made a credit memo's refund."""
    return [CreditMemo.state.in_(amazon_refunds.GIVEN)] if kind == "credit_memo" else []


def find_file(session: Session, action_id: int) -> PrintedFile | None:
    """Find the file a bulk action printed, until it is deleted."""
    return session.scalar(select(PrintedFile).where(PrintedFile.bulk_action_id == action_id))


def iterate_parts(session: Session, file_id: int) -> Iterator[bytes]:
    """Iterate over the content of a file, part by part."""
    parts = select(PrintedPart.content).where(PrintedPart.file_id == file_id)
    position = 0
    while (content := session.scalar(parts.where(PrintedPart.position == position))) is not None:
        yield content
        position += 1


def _load_orders(session: Session, ids: set[int]) -> dict[int, Order]:
    parts = (
        joinedload(Order.store),
        joinedload(Order.amazon_order).selectinload(AmazonOrder.items),
        selectinload(Order.items),
    )
    orders: dict[int, Order] = {}
    for batch in batched(sorted(ids), _BATCH):
        rows = session.scalars(select(Order).where(Order.id.in_(batch)).options(*parts))
        orders.update({order.id: order for order in rows})
    return orders


def _invoice_numbers(session: Session, order_ids: set[int]) -> dict[int, list[str]]:
    numbers: dict[int, list[str]] = {}
    for batch in batched(sorted(order_ids), _BATCH):
        rows = select(Invoice.order_id, Invoice.number).where(Invoice.order_id.in_(batch)).order_by(Invoice.id)
        for order_id, number in session.execute(rows):
            numbers.setdefault(order_id, []).append(number)
    return numbers
