"""Lists of documents: all invoices, shipments and credit memos, each with its order."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from webapp.models.amazon_orders import AmazonOrder
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.orders import Order
from webapp.models.shipments import Parcel, ParcelItem, Shipment
from webapp.models.stores import StoreName
from webapp.queries.listing import search
from webapp.queries.listing.fetch import Column, Grid
from webapp.queries.listing.search import FullTextFilter

Document = type[Invoice] | type[Shipment] | type[CreditMemo]


def invoice_grid(stores: Sequence[StoreName]) -> Grid:
    """Return the list of all invoices. `stores`: all of them."""
    bill_to = Column("bill_to", selects=(Order.bill_to_name,))
    return _build_grid(
        Invoice,
        stores,
        (bill_to, *_build_amount_columns(Invoice)),
        search.build_total_filters(Invoice.total, Order.currency, stores),
    )


def credit_memo_grid(stores: Sequence[StoreName]) -> Grid:
    """Return the list of all credit memos. `stores`: all of them."""
    columns = (
        Column("bill_to", selects=(Order.bill_to_name,)),
        Column("status", selects=(CreditMemo.state.label("memo_state"),)),
        *_build_amount_columns(CreditMemo),
        Column("adjustment_refund", selects=(CreditMemo.adjustment_refund,), hidden=True),
        Column("adjustment_fee", selects=(CreditMemo.adjustment_fee,), hidden=True),
    )
    totals = search.build_total_filters(CreditMemo.total, Order.currency, stores)
    return _build_grid(CreditMemo, stores, columns, {**totals, "memo_state": CreditMemo.state.in_})


def build_shipment_grid(stores: Sequence[StoreName]) -> Grid:
    """Return the list of all shipments. `stores`: all of them."""
    units = (
        select(func.coalesce(func.sum(ParcelItem.quantity), 0))
        .join(Parcel, Parcel.id == ParcelItem.parcel_id)
        .where(Parcel.shipment_id == Shipment.id)
        .scalar_subquery()
    )
    tracking = (
        select(func.aggregate_strings(Parcel.tracking_number, ", "))
        .where(Parcel.shipment_id == Shipment.id, Parcel.tracking_number != "")
        .scalar_subquery()
    )
    columns = (
        Column("ship_to", selects=(Order.ship_to_name,)),
        Column("quantity", selects=(units.label("quantity"),)),
        Column("tracking", selects=(tracking.label("tracking_numbers"),)),
    )
    return _build_grid(Shipment, stores, columns, {"tracking": _has_tracking_number})


def find_number(session: Session, text: str, model: Document) -> str | None:
    """Return the number of the document with exactly this number."""
    number: str | None = session.scalar(select(model.number).where(model.number == text))
    return number


def _build_grid(
    model: Document, stores: Sequence[StoreName], columns: Sequence[Column], filters: Mapping[str, Callable[[Any], Any]]
) -> Grid:
    """Return the list of one kind of document. `columns` and `filters`: those specific to the kind."""

    def keyword(text: str) -> ColumnElement[bool] | FullTextFilter:
        if not text.isdigit():
            return search.full_text(text)
        # The full-text index does not have the numbers of documents.
        of_order = search.id_in_matches(Order.amazon_order_id, search.by_number(text))
        return or_(model.number.startswith(text), of_order)

    return Grid(
        select=select(
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
        .join(AmazonOrder, AmazonOrder.id == Order.amazon_order_id),
        id=model.id,
        amazon_order_id=Order.amazon_order_id,
        row_per_entity=True,
        columns=(
            # Numbers and ids are assigned in the same order.
            Column("number", model.id, descending=True),
            Column("created", model.created_at, descending=True),
            Column("order", Order.number, descending=True),
            Column("purchased"),
            Column("store"),
            *columns,
            Column("action"),
            Column("order_status", hidden=True),
            Column("amazon_number", hidden=True),
            Column("email", selects=(Order.email,), hidden=True),
        ),
        filters={
            "q": keyword,
            "name": search.by_name,
            **search.build_day_filters("created", model.created_at, Order.store_id, stores),
            **search.store_filter(Order.store_id, stores),
            **filters,
        },
        sort="-number",
    )


def _build_amount_columns(model: type[Invoice] | type[CreditMemo]) -> tuple[Column, ...]:
    hidden = ("subtotal", "shipping", "tax", "discount")
    return (
        Column("total", model.total, descending=True, selects=(model.total,)),
        *(Column(name, selects=(getattr(model, name),), hidden=True) for name in hidden),
    )


def _has_tracking_number(text: str) -> ColumnElement[bool]:
    """Match shipments with this tracking number, or one that begins with it."""
    number = "".join(text.split()).upper()
    parcels = select(Parcel.shipment_id).where(Parcel.tracking_number.startswith(number, autoescape=True))
    return Shipment.id.in_(parcels)
