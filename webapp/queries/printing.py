"""Documents with all that stands on them, read in a few queries, however many are printed."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload, selectinload

from webapp.domain import refunds
from webapp.domain.errors import NotFoundError
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.credit_memos import CreditMemo
from webapp.models.invoices import Invoice
from webapp.models.orders import Order
from webapp.models.printed_files import PrintedFile, PrintedPart
from webapp.models.shipments import Parcel, Shipment

# A document's kind and id.
Key = tuple[str, int]
Document = Invoice | Shipment | CreditMemo

# In the order they are printed for one Order.
KINDS: dict[str, Any] = {"invoice": Invoice, "shipment": Shipment, "credit_memo": CreditMemo}
_WITH = {
    "invoice": (selectinload(Invoice.items),),
    "shipment": (selectinload(Shipment.parcels).selectinload(Parcel.items),),
    "credit_memo": (selectinload(CreditMemo.items),),
}
# PostgreSQL and SQLite take more parameters; nobody needs a longer statement.
_AT_ONCE = 500


class Printed(NamedTuple):
    """`invoices`: the numbers of the Order's invoices, which a credit memo names."""

    kind: str
    document: Document
    order: Order
    invoices: tuple[str, ...]


def documents(session: Session, wanted: Sequence[Key]) -> list[Printed]:
    """These documents, in the order asked for. Raises NotFoundError for the first that is not there."""
    found: dict[Key, Document] = {}
    for kind, model in KINDS.items():
        ids = [id_ for name, id_ in wanted if name == kind]
        for portion in _portions(ids):
            rows = session.scalars(select(model).where(model.id.in_(portion)).options(*_WITH[kind]))
            found.update({(kind, row.id): row for row in rows})
    for kind, id_ in wanted:
        if (kind, id_) not in found:
            raise NotFoundError("document_unknown", kind=kind, id=id_)
    orders = _orders(session, {document.order_id for document in found.values()})
    credited = [found[key].order_id for key in wanted if key[0] == "credit_memo"]
    invoices = _invoice_numbers(session, set(credited))
    return [
        Printed(kind, document, orders[document.order_id], tuple(invoices.get(document.order_id, ())))
        for kind, id_ in wanted
        for document in [found[kind, id_]]
    ]


def of_orders(session: Session, order_ids: Sequence[int], kinds: Iterable[str] = tuple(KINDS)) -> list[Key]:
    """The documents these Orders have, Order by Order, in the order they were written."""
    found: dict[int, list[Key]] = {order_id: [] for order_id in order_ids}
    for kind in KINDS:
        if kind not in kinds:
            continue
        model = KINDS[kind]
        for portion in _portions(list(found)):
            rows = select(model.order_id, model.id).where(model.order_id.in_(portion), *_true(kind)).order_by(model.id)
            for order_id, id_ in session.execute(rows):
                found[order_id].append((kind, id_))
    return [key for order_id in order_ids for key in found[order_id]]


def existing(session: Session, kind: str, ids: Sequence[int]) -> list[Key]:
    """Those of these documents that are there and say what is so, in the order given."""
    model, found = KINDS[kind], set[int]()
    for portion in _portions(list(ids)):
        found.update(session.scalars(select(model.id).where(model.id.in_(portion), *_true(kind))))
    return [(kind, id_) for id_ in ids if id_ in found]


def _true(kind: str) -> list[ColumnElement[bool]]:
    """A credit memo that Amazon is only asked for, or has refused, is no paper for anybody."""
    return [CreditMemo.state.in_(refunds.GIVEN)] if kind == "credit_memo" else []


def file_of(session: Session, action_id: int) -> PrintedFile | None:
    """What a bulk action printed, while it is kept."""
    return session.scalar(select(PrintedFile).where(PrintedFile.bulk_action_id == action_id))


def parts(session: Session, file_id: int) -> Iterator[bytes]:
    """The file's bytes, part by part."""
    mine = select(PrintedPart.content).where(PrintedPart.file_id == file_id)
    place = 0
    while (content := session.scalar(mine.where(PrintedPart.place == place))) is not None:
        yield content
        place += 1


def _orders(session: Session, ids: set[int]) -> dict[int, Order]:
    parts = (
        joinedload(Order.store),
        joinedload(Order.amazon_order).selectinload(AmazonOrder.items),
        selectinload(Order.items),
    )
    found: dict[int, Order] = {}
    for portion in _portions(sorted(ids)):
        rows = session.scalars(select(Order).where(Order.id.in_(portion)).options(*parts))
        found.update({order.id: order for order in rows})
    return found


def _invoice_numbers(session: Session, order_ids: set[int]) -> dict[int, list[str]]:
    numbers: dict[int, list[str]] = {}
    for portion in _portions(sorted(order_ids)):
        rows = select(Invoice.order_id, Invoice.number).where(Invoice.order_id.in_(portion)).order_by(Invoice.id)
        for order_id, number in session.execute(rows):
            numbers.setdefault(order_id, []).append(number)
    return numbers


def _portions(ids: list[int]) -> Iterable[list[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
