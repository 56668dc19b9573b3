"""All that the page of one Order shows, in one statement for each of its tabs.

Columns instead of entities; what stands on other tabs is only counted, and personal data decrypted where it is shown.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, bindparam, func, null, or_, select
from sqlalchemy.orm import Session

from webapp.db.base import Base
from webapp.db.json_aggregate import JsonAggregate, table_of
from webapp.domain.common.marketplaces import BY_ID, Marketplace
from webapp.domain.errors import NotFoundError
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.submissions import cancellation
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.mail_settings import MailServer
from webapp.models.mails import Mail
from webapp.models.orders import Order, OrderItem
from webapp.models.shipments import Parcel, Shipment
from webapp.models.stores import Store
from webapp.models.submissions import Submission
from webapp.queries.orders import history as order_history
from webapp.queries.orders.history import CommentRow, OrderHistory
from webapp.queries.products import line_stock
from webapp.queries.products.line_stock import LineStock

INFORMATION, HISTORY = "information", "history"
# As many comments as the first tab shows.
LATEST = 5


class StoreRow(NamedTuple):
    """The store of an Order."""

    name: str
    slug: str
    marketplace_id: str
    import_orders: bool
    processing_status: str

    @property
    def marketplace(self) -> Marketplace:
        return BY_ID[self.marketplace_id]


class AmazonOrderRow(NamedTuple):
    """What Amazon says of an Order; personal data on the first tab alone."""

    number: str
    status: str
    fulfilled_by: str
    programs: list[str]
    currency: str | None
    ship_by: datetime | None
    service_level: str | None
    cancel_requested: bool
    cancel_reason: str | None
    buyer_name: str | None
    recipient: dict[str, str] | None


class Line(NamedTuple):
    id: int
    order_item_id: str
    sku: str | None
    asin: str | None
    title: str | None
    ordered: int
    invoiced: int
    shipped: int
    refunded: int
    refunding: int
    canceled: int
    amount_quantity: int
    price: int
    subtotal: int
    shipping: int
    tax: int
    discount: int
    other: int
    total: int


class SubmissionRow(NamedTuple):
    """A submission."""

    id: int
    kind: str
    subject: str
    state: str
    open: bool
    details: dict[str, Any]
    undo_until: datetime
    due_at: datetime
    message: str | None
    cause: str | None


class ParcelOf(NamedTuple):
    """A parcel of an Order, as the panel of its submissions needs it."""

    reference: int
    tracking_number: str


class RelatedCounts(NamedTuple):
    """What there is beside an Order: how many of each, and whether mails leave this house."""

    invoices: int
    credit_memos: int
    shipments: int
    parcels: int
    troubled_mails: int
    mail_servers: int


class OrderDetail(NamedTuple):
    """An Order as its page shows it. The first fields are columns of its own; amounts are minor units of `currency`.

    Only the first tab has personal data, `notes` (one more than it shows) and `stock`; only the history has the `story`
    and all `notes`. `submissions` and `notes` are the latest first.
    """

    id: int
    number: str
    amazon_order_id: int
    customer_id: int | None
    state: str
    status: str
    hold_reason: str | None
    hold_until: datetime | None
    currency: str
    subtotal: int
    shipping: int
    tax: int
    discount: int
    other: int
    total: int
    total_invoiced: int
    total_refunded: int
    total_refunding: int
    purchased_at: datetime
    created_at: datetime
    bill_to_name: str | None
    email: str | None
    billing: dict[str, str] | None
    shipping_address: dict[str, str] | None
    store: StoreRow
    amazon_order: AmazonOrderRow
    beside: RelatedCounts
    items: Sequence[Line]
    submissions: Sequence[SubmissionRow]
    parcels: Sequence[ParcelOf]
    notes: Sequence[CommentRow]
    stock: Mapping[int, LineStock]
    story: OrderHistory

    @property
    def cancelling(self) -> bool:
        """Whether Amazon is asked to cancel it."""
        return any(one.kind == cancellation.KIND and one.open for one in self.submissions)


def load_detail(session: Session, number: str, tab: str) -> OrderDetail:
    """The Order of this number as `tab` shows it. Raises NotFoundError."""
    found = session.connection().execute(_asked(tab), {"number": number}).first()
    if found is None:
        raise NotFoundError("order_unknown", number=number)
    row, gathered = tuple(found), _gathered(tab)
    rows = {name: part.read(value) for (name, part), value in zip(gathered.items(), row[-len(gathered) :], strict=True)}
    own, store, mirror, beside = (row[start:end] for start, end in _CUTS)
    items = sorted(rows["items"])
    seen = [
        StoreRow(*store),
        AmazonOrderRow(*mirror),
        RelatedCounts(*beside),
        items,
        sorted(rows["submissions"], key=_id, reverse=True),
        rows["parcels"],
        sorted(rows.get("notes", ()), key=_at, reverse=True),
        line_stock.group_by_line(items, rows.get("stock", ())),
        order_history.sort_history(rows.get("events", ()), rows.get("versions", ())),
    ]
    return OrderDetail._make([*own, *seen])


_OWN = OrderDetail._fields[: OrderDetail._fields.index("store")]
_PERSONAL = frozenset(("bill_to_name", "email", "billing", "shipping_address", "buyer_name", "recipient"))
_orders, _stores, _mirrors = table_of(Order), table_of(Store), table_of(AmazonOrder)
_ENDS = list(accumulate(map(len, (_OWN, StoreRow._fields, AmazonOrderRow._fields, RelatedCounts._fields)), initial=0))
_CUTS = list(pairwise(_ENDS))
_id = attrgetter("id")
_at = attrgetter("at", "id")


@lru_cache(maxsize=8)
def _asked(tab: str) -> Select[*tuple[Any, ...]]:
    places = ((_orders, _OWN), (_stores, StoreRow._fields), (_mirrors, AmazonOrderRow._fields))
    columns = [
        null() if name in _PERSONAL and tab != INFORMATION else place.c[name]
        for place, names in places
        for name in names
    ]
    return (
        select(*columns, *_beside(), *(part.value for part in _gathered(tab).values()))
        .select_from(_orders)
        .join(_stores, _stores.c.id == _orders.c.store_id)
        .join(_mirrors, _mirrors.c.id == _orders.c.amazon_order_id)
        .where(_orders.c.number == bindparam("number"))
    )


def _beside() -> list[ScalarSelect[int]]:
    mail, servers = table_of(Mail), table_of(MailServer)
    return [
        *(
            _count(model, table_of(model).c.order_id == _orders.c.id)
            for model in (Invoice, CreditMemo, Shipment, Parcel)
        ),
        # Not `IN`, for whose values SQLAlchemy writes the whole statement anew each time.
        _count(
            Mail,
            mail.c.order_id == _orders.c.id,
            or_(*(mail.c.state == state for state in sorted(mail_states.TROUBLED))),
        ),
        _count(MailServer, servers.c.id == 1),
    ]


def _count(model: type[Base], *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table_of(model)).where(*conditions).correlate(_orders).scalar_subquery()


@lru_cache(maxsize=8)
def _gathered(tab: str) -> dict[str, JsonAggregate[Any]]:
    """By the fields of the sheet."""
    mirror_id = _orders.c.amazon_order_id
    found: dict[str, JsonAggregate[Any]] = {
        "items": _rows(Line, OrderItem, table_of(OrderItem).c.order_id == _orders.c.id),
        "submissions": _rows(SubmissionRow, Submission, table_of(Submission).c.amazon_order_id == mirror_id),
        "parcels": _rows(ParcelOf, Parcel, table_of(Parcel).c.order_id == _orders.c.id),
    }
    if tab == INFORMATION:
        found |= {
            "notes": order_history.notes(_orders.c.id, LATEST + 1),
            "stock": line_stock.aggregate(_orders, _mirrors),
        }
    if tab == HISTORY:
        found |= {
            "notes": order_history.notes(_orders.c.id),
            "events": order_history.events(mirror_id),
            "versions": order_history.versions(mirror_id),
        }
    return found


def _rows(row: type[Any], model: type[Base], mine: ColumnElement[bool]) -> JsonAggregate[Any]:
    return JsonAggregate(row, select(*(table_of(model).c[name] for name in row._fields)).where(mine), _orders)
