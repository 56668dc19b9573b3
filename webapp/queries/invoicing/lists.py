"""Reading lists of documents: all invoices, shipments and credit memos, each with the Order it belongs to."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import QueryableAttribute, Session

from webapp.models.amazon_orders import AmazonOrder
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.orders import Order
from webapp.models.shipments import Parcel, ParcelItem, Shipment
from webapp.models.stores import StoreName
from webapp.queries.listing import search
from webapp.queries.listing.fetch import Column, Grid
from webapp.queries.listing.search import FullTextFilter

Document = type[Invoice] | type[Shipment] | type[CreditMemo]


def invoices(stores: Sequence[StoreName]) -> Grid:
    """`stores`: all of them, since each counts its days in a zone of its own."""
    return _grid(Invoice, _worth(Invoice.total, stores), stores)


def credit_memos(stores: Sequence[StoreName]) -> Grid:
    return _grid(CreditMemo, {**_worth(CreditMemo.total, stores), "memo_state": CreditMemo.state.in_}, stores)


def shipments(stores: Sequence[StoreName]) -> Grid:
    tracked = {"tracking": lambda number: Shipment.id.in_(select(Parcel.shipment_id).where(_tracked(number)))}
    return _grid(Shipment, tracked, stores)


def number_for(session: Session, text: str, model: Document) -> str | None:
    """The number of the document that is called exactly so."""
    found: str | None = session.scalar(select(model.number).where(model.number == text))
    return found


def _grid(model: Document, filters: Mapping[str, Any], stores: Sequence[StoreName]) -> Grid:
    """The grid of one kind of document: what all of them have, and its own filters."""

    def placed(*, since: bool) -> Callable[[date], ColumnElement[bool]]:
        return lambda day: search.purchased_between(model.created_at, Order.store_id, stores, day, since=since)

    def keyword(text: str) -> ColumnElement[bool] | FullTextFilter:
        if not text.isdigit():
            return search.full_text(text)
        # Documents have numbers of their own, which no index of the orders' words knows.
        of_order = search.id_in_matches(Order.amazon_order_id, search.by_number(text))
        return or_(model.number.startswith(text), of_order)

    return Grid(
        select=_ROWS[model],
        id=model.id,
        amazon_order_id=Order.amazon_order_id,
        row_per_entity=True,
        columns=_COLUMNS[model],
        filters={
            "q": keyword,
            "name": search.by_name,
            "created_from": placed(since=True),
            "created_to": placed(since=False),
            "store": lambda slug: Order.store_id.in_([store.id for store in stores if store.slug == slug]),
            **filters,
        },
        sort="-number",
    )


def _rows(model: Document) -> Select[*tuple[Any, ...]]:
    return (
        select(
            model.id,
            model.number,
            model.created_at,
            Order.store_id,
            Order.currency,
            Order.number.label("order_number"),
            Order.purchased_at,
            Order.state,
            Order.status,
            AmazonOrder.number.label("amazon_number"),
        )
        .join(Order, Order.id == model.order_id)
        .join(AmazonOrder, AmazonOrder.id == Order.amazon_order_id)
    )


def _parts(model: type[Invoice] | type[CreditMemo]) -> tuple[Column, ...]:
    return tuple(
        Column(name, selects=(getattr(model, name),), hidden=True)
        for name in ("subtotal", "shipping", "tax", "discount")
    )


def _worth(total: QueryableAttribute[Any], stores: Sequence[StoreName]) -> dict[str, Any]:
    return {
        "total_min": lambda bound: search.total_between(total, Order.currency, stores, bound, least=True),
        "total_max": lambda bound: search.total_between(total, Order.currency, stores, bound, least=False),
    }


def _tracked(number: str) -> ColumnElement[bool]:
    """A tracking number as it is stored, or one that begins so."""
    plain = "".join(number.split()).upper()
    return Parcel.tracking_number.startswith(plain, autoescape=True)


_NAMES: dict[Document, Column] = {
    Invoice: Column("bill_to", selects=(Order.bill_to_name,)),
    Shipment: Column("ship_to", selects=(Order.ship_to_name,)),
    CreditMemo: Column("bill_to", selects=(Order.bill_to_name,)),
}


def _columns(model: Document, *own: Column) -> tuple[Column, ...]:
    """What all of them have, and its own."""
    return (
        # Numbers are given in the order of the ids.
        Column("number", model.id, descending=True),
        Column("created", model.created_at, descending=True),
        Column("order", Order.number, descending=True),
        Column("purchased"),
        Column("store"),
        _NAMES[model],
        *own,
        Column("action"),
        Column("order_status", hidden=True),
        Column("amazon_number", hidden=True),
        Column("email", selects=(Order.email,), hidden=True),
    )


_PIECES = (
    select(func.coalesce(func.sum(ParcelItem.quantity), 0))
    .join(Parcel, Parcel.id == ParcelItem.parcel_id)
    .where(Parcel.shipment_id == Shipment.id)
    .scalar_subquery()
    .label("quantity")
)
_TRACKING = (
    select(func.aggregate_strings(Parcel.tracking_number, ", "))
    .where(Parcel.shipment_id == Shipment.id, Parcel.tracking_number != "")
    .scalar_subquery()
    .label("tracking_numbers")
)
_COLUMNS: dict[Document, tuple[Column, ...]] = {
    Invoice: _columns(
        Invoice, Column("total", Invoice.total, descending=True, selects=(Invoice.total,)), *_parts(Invoice)
    ),
    Shipment: _columns(Shipment, Column("quantity", selects=(_PIECES,)), Column("tracking", selects=(_TRACKING,))),
    CreditMemo: _columns(
        CreditMemo,
        Column("status", selects=(CreditMemo.state.label("memo_state"),)),
        Column("total", CreditMemo.total, descending=True, selects=(CreditMemo.total,)),
        *_parts(CreditMemo),
        Column("adjustment_refund", selects=(CreditMemo.adjustment_refund,), hidden=True),
        Column("adjustment_fee", selects=(CreditMemo.adjustment_fee,), hidden=True),
    ),
}
_ROWS = {model: _rows(model) for model in _COLUMNS}
