"""Orders: the list of all, and one with its lines, invoices, credit memos and shipments."""

from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from webapp.domain.errors import require
from webapp.domain.orders import work as order_work
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.orders import Order
from webapp.models.shipments import Parcel, Shipment
from webapp.models.stores import StoreName
from webapp.queries.listing import search
from webapp.queries.listing.fetch import Column, Grid
from webapp.queries.orders import lines, work

COLUMNS = (
    Column("id", Order.number, descending=True),
    Column("amazon_number", AmazonOrder.number, tie_breaker=AmazonOrder.id),
    Column("store"),
    Column("purchased", Order.purchased_at, descending=True),
    Column("items", selects=(lines.LINES.value.label("lines"),)),
    Column("bill_to", selects=(Order.bill_to_name,), hidden=True),
    Column("ship_to", selects=(Order.ship_to_name,)),
    Column("total", Order.total, descending=True),
    Column("status", Order.state),
    Column("ship_by", Order.ship_by),
    Column("action", hidden=True),
    Column("email", selects=(Order.email,), hidden=True),
    Column("address", selects=(Order.shipping_address,), hidden=True),
    Column("customer", selects=(Order.customer_id,), hidden=True),
    Column("subtotal", selects=(Order.subtotal,), hidden=True),
    Column("shipping", selects=(Order.shipping,), hidden=True),
    Column("tax", selects=(Order.tax,), hidden=True),
    Column("discount", selects=(Order.discount,), hidden=True),
    Column("paid", selects=(Order.total_invoiced,), hidden=True),
    Column("refunded", selects=(Order.total_refunded,), hidden=True),
    Column("amazon_status", hidden=True),
    Column("channel", hidden=True),
    Column("service", selects=(AmazonOrder.service_level,), hidden=True),
    Column("hold_until", selects=(Order.hold_until,), hidden=True),
    Column("created", selects=(Order.created_at,), hidden=True),
    Column("handling", hidden=True),
    Column("details", selects=(AmazonOrder.details,), hidden=True),
)
# Columns instead of entities, so that nothing is decrypted that no row shows.
_ROWS = select(
    Order.id,
    Order.number,
    Order.store_id,
    Order.state,
    Order.status,
    Order.purchased_at,
    Order.currency,
    Order.total,
    AmazonOrder.number.label("amazon_number"),
    AmazonOrder.status.label("amazon_status"),
    AmazonOrder.fulfilled_by,
    AmazonOrder.handling,
    Order.ship_by,
).join(AmazonOrder, AmazonOrder.id == Order.amazon_order_id)
# Every page of one order shows these.
_PARTS = (joinedload(Order.store), joinedload(Order.amazon_order), selectinload(Order.items))


def build_grid(stores: Sequence[StoreName]) -> Grid:
    """Return the list of all orders. `stores`: all of them."""
    return Grid(
        select=_ROWS,
        id=Order.id,
        amazon_order_id=Order.amazon_order_id,
        row_per_entity=True,
        columns=COLUMNS,
        filters={
            "q": search.full_text,
            "name": search.by_name,
            **search.build_day_filters("purchased", Order.purchased_at, Order.store_id, stores),
            **search.build_total_filters(Order.total, Order.currency, stores),
            "state": Order.state.in_,
            "sku": lines.has_sku,
            "ship_by": work.build_ship_by_filter(stores),
            "cancel_requested": lambda _: and_(
                Order.state.in_(order_work.UNSHIPPED), AmazonOrder.cancel_requested.is_(True)
            ),
            "handling": search.by_handling(AmazonOrder.handling),
            "customer": lambda id_: Order.customer_id == int(id_),
            **search.store_filter(Order.store_id, stores),
        },
        sort="-purchased",
        index_orders={
            "purchased": frozenset(("state", "store", "customer", "purchased_from", "purchased_to")),
            "ship_by": frozenset(("state", "ship_by")),
            "status": frozenset(("state",)),
            "total": frozenset(("total_min", "total_max")),
        },
    )


def find_number(session: Session, text: str) -> str | None:
    """Find the number of the order with exactly this number, ours or Amazon's."""
    # Two queries, each by an index: for one with OR, PostgreSQL scans both tables.
    ours = session.scalar(select(Order.number).where(Order.number == text.upper()))
    if ours is not None:
        return ours
    amazons = select(Order.number).join(Order.amazon_order).where(AmazonOrder.number == text.upper())
    return session.scalar(amazons.order_by(Order.id).limit(1))


def list_numbers(session: Session, ids: Sequence[int]) -> list[str]:
    """List the numbers of these orders, in the order of the ids."""
    numbers = {row.id: row.number for row in session.execute(select(Order.id, Order.number).where(Order.id.in_(ids)))}
    return [numbers[id_] for id_ in ids if id_ in numbers]


def get_by_number(session: Session, number: str) -> Order:
    """Get the order with its store, its Amazon order and its lines. Raises NotFoundError."""
    return require(
        session.scalar(select(Order).where(Order.number == number).options(*_PARTS)), "order_unknown", number=number
    )


def get_by_id(session: Session, id_: int) -> Order:
    """Get an existing order by id, with the same."""
    return session.scalars(select(Order).where(Order.id == id_).options(*_PARTS)).one()


def list_latest(session: Session, limit: int) -> Sequence[Order]:
    """List the latest orders, with their Amazon orders and lines, for the command line."""
    latest = select(Order).order_by(Order.purchased_at.desc(), Order.id.desc())
    parts = (joinedload(Order.amazon_order), joinedload(Order.store), selectinload(Order.items))
    return session.scalars(latest.options(*parts).limit(limit)).all()


def list_invoices(session: Session, order_id: int) -> Sequence[Invoice]:
    invoices = select(Invoice).where(Invoice.order_id == order_id).order_by(Invoice.id)
    return session.scalars(invoices.options(selectinload(Invoice.items))).all()


def list_credit_memos(session: Session, order_id: int) -> Sequence[CreditMemo]:
    credit_memos = select(CreditMemo).where(CreditMemo.order_id == order_id).order_by(CreditMemo.id)
    return session.scalars(credit_memos.options(selectinload(CreditMemo.items))).all()


def list_shipments(session: Session, order_id: int) -> Sequence[Shipment]:
    shipments = select(Shipment).where(Shipment.order_id == order_id).order_by(Shipment.id)
    return session.scalars(shipments.options(selectinload(Shipment.parcels).selectinload(Parcel.items))).all()
