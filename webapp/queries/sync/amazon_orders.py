"""Amazon orders: the list of all, and one with its details."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from webapp.domain.errors import NotFoundError, require
from webapp.domain.submissions import cancellation
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderItem, AmazonOrderVersion, AmazonPackage
from webapp.models.orders import Order
from webapp.models.shipments import Parcel
from webapp.models.stores import StoreName
from webapp.models.submissions import Submission
from webapp.queries.listing import search
from webapp.queries.listing.fetch import Column, Grid

COLUMNS = (
    Column("purchased", AmazonOrder.purchased_at, descending=True),
    Column("number", AmazonOrder.number),
    Column("store"),
    Column("status", AmazonOrder.status),
    Column("buyer", selects=(AmazonOrder.buyer_name,)),
    Column("items"),
    Column("ship_by", AmazonOrder.ship_by),
    Column("total", AmazonOrder.total, descending=True),
    Column("channel"),
    Column("note"),
    Column("handling", hidden=True),
    Column("deliver_by", selects=(AmazonOrder.deliver_by,), hidden=True),
    Column("details", selects=(AmazonOrder.details,), hidden=True),
)
# Columns instead of whole orders, so that nothing is decrypted that no row shows.
_ROWS = select(
    AmazonOrder.id,
    AmazonOrder.number,
    AmazonOrder.store_id,
    AmazonOrder.status,
    AmazonOrder.fulfilled_by,
    AmazonOrder.purchased_at,
    AmazonOrder.ship_by,
    AmazonOrder.currency,
    AmazonOrder.total,
    AmazonOrder.quantity,
    AmazonOrder.prime,
    AmazonOrder.business,
    AmazonOrder.cancel_requested,
    AmazonOrder.handling,
    AmazonOrder.note,
    AmazonOrder.note_args,
    Order.number.label("order_number"),
).outerjoin(Order, Order.amazon_order_id == AmazonOrder.id)


def build_grid(stores: Sequence[StoreName]) -> Grid:
    """Return the list of all Amazon orders. `stores`: all of them."""
    return Grid(
        select=_ROWS,
        id=AmazonOrder.id,
        amazon_order_id=AmazonOrder.id,
        row_per_entity=True,
        columns=COLUMNS,
        filters={
            "q": search.full_text,
            **search.build_day_filters("purchased", AmazonOrder.purchased_at, AmazonOrder.store_id, stores),
            "number": search.by_number,
            "buyer": search.by_name,
            **search.build_total_filters(AmazonOrder.total, AmazonOrder.currency, stores),
            "status": AmazonOrder.status.in_,
            **search.store_filter(AmazonOrder.store_id, stores),
            "channel": lambda fulfilled_by: AmazonOrder.fulfilled_by == fulfilled_by,
            "prime": lambda _: AmazonOrder.prime.is_(True),
            "business": lambda _: AmazonOrder.business.is_(True),
            "blocked": lambda _: AmazonOrder.blocked.is_not(None),
            "handling": search.by_handling(AmazonOrder.handling),
        },
        sort="-purchased",
        index_orders={
            "purchased": frozenset(
                (
                    *("status", "store", "channel", "prime", "business", "blocked", "handling"),
                    *("purchased_from", "purchased_to"),
                )
            ),
            "ship_by": frozenset(("status",)),
            "status": frozenset(("status",)),
            "total": frozenset(("total_min", "total_max")),
        },
    )


def get_by_number(session: Session, number: str) -> AmazonOrder:
    """Get the Amazon order with its store. Raises NotFoundError."""
    return require(session.scalar(_WHOLE, {"number": number}), "amazon_order_unknown", number=number)


class AmazonOrderDetail(NamedTuple):
    """An Amazon order with related data.

    `ours`: the number of its order. `cancellations`: how many were submitted. `has_parcel`: whether it has a parcel.
    """

    order: AmazonOrder
    ours: str | None
    items: int
    packages: int
    cancellations: int
    has_parcel: bool


def get_detail(session: Session, number: str) -> AmazonOrderDetail:
    """Get an Amazon order with related data. Raises NotFoundError."""
    row = require(session.execute(_DETAIL, {"number": number}).first(), "amazon_order_unknown", number=number)
    return AmazonOrderDetail(*row)


_WHOLE = (
    select(AmazonOrder)
    .where(AmazonOrder.number == bindparam("number"))
    .order_by(AmazonOrder.id)
    .limit(1)
    .options(joinedload(AmazonOrder.store))
)
_asked = (Submission.amazon_order_id == AmazonOrder.id, Submission.kind == cancellation.KIND)
_parcels = select(Parcel.id).join(Order, Order.id == Parcel.order_id).where(Order.amazon_order_id == AmazonOrder.id)
_DETAIL = _WHOLE.add_columns(
    select(Order.number).where(Order.amazon_order_id == AmazonOrder.id).scalar_subquery(),
    select(func.count(AmazonOrderItem.id)).where(AmazonOrderItem.amazon_order_id == AmazonOrder.id).scalar_subquery(),
    select(func.count(AmazonPackage.id)).where(AmazonPackage.amazon_order_id == AmazonOrder.id).scalar_subquery(),
    select(func.count(Submission.id)).where(*_asked).scalar_subquery(),
    _parcels.exists(),
)


def find_number(session: Session, text: str) -> str | None:
    """Find the Amazon order with exactly this number, and return it as Amazon writes it."""
    return session.scalar(select(AmazonOrder.number).where(AmazonOrder.number == text.upper()).limit(1))


def get_id(session: Session, number: str) -> int:
    """Get the id of the Amazon order with this number. Raises NotFoundError."""
    return require(
        session.scalar(select(AmazonOrder.id).where(AmazonOrder.number == number).order_by(AmazonOrder.id).limit(1)),
        "amazon_order_unknown",
        number=number,
    )


def find_last_cancellation(session: Session, amazon_order_id: int) -> Submission | None:
    """Find the latest cancellation of an Amazon order."""
    cancellations = select(Submission).where(
        Submission.amazon_order_id == amazon_order_id, Submission.kind == cancellation.KIND
    )
    return session.scalar(cancellations.order_by(Submission.id.desc()).limit(1))


def list_latest(session: Session, conditions: Sequence[ColumnElement[bool]], limit: int) -> Sequence[AmazonOrder]:
    """List the latest, with stores and lines, for the command line."""
    latest = select(AmazonOrder).where(*conditions).order_by(AmazonOrder.purchased_at.desc(), AmazonOrder.id.desc())
    parts = (joinedload(AmazonOrder.store), selectinload(AmazonOrder.items))
    return session.scalars(latest.options(*parts).limit(limit)).all()


def find_order_numbers(session: Session, amazon_order_ids: Sequence[int]) -> dict[int, str]:
    """Find the numbers of the orders of these Amazon orders, by Amazon order id."""
    numbers = select(Order.amazon_order_id, Order.number).where(Order.amazon_order_id.in_(amazon_order_ids))
    return {row.amazon_order_id: row.number for row in session.execute(numbers)}


def get_version_pair(session: Session, amazon_order_id: int, version_id: int) -> tuple[Any, Any | None]:
    """Get the body of a version, and the body before it or None. Raises NotFoundError."""
    versions = select(AmazonOrderVersion.id, AmazonOrderVersion.body).where(
        AmazonOrderVersion.amazon_order_id == amazon_order_id, AmazonOrderVersion.id <= version_id
    )
    rows = session.execute(versions.order_by(AmazonOrderVersion.id.desc()).limit(2)).all()
    if not rows or rows[0].id != version_id:
        raise NotFoundError("version_unknown", version=version_id)
    return rows[0].body, rows[1].body if len(rows) > 1 else None
