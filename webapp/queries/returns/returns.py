"""Returns: the list of all, one with its order, those of an order, and the accounts whose returns are due."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from webapp.domain.common import clocks
from webapp.domain.errors import require
from webapp.domain.returns import states
from webapp.models.documents import CreditMemo
from webapp.models.orders import Order
from webapp.models.returns import OrderReturn, ReturnsReading
from webapp.models.stores import Store, StoreName
from webapp.queries.listing import search
from webapp.queries.listing.fetch import Column, Grid

# A reading waits for a day at most.
MAX_WAIT = timedelta(days=1)
_OUR_NUMBER = select(Order.number).where(Order.amazon_order_id == OrderReturn.amazon_order_id).scalar_subquery()
COLUMNS = (
    Column("requested", OrderReturn.requested_at, descending=True),
    Column("order", selects=(OrderReturn.order_number, _OUR_NUMBER.label("our_number"))),
    Column("store"),
    Column("item", selects=(OrderReturn.sku, OrderReturn.asin, OrderReturn.title, OrderReturn.quantity)),
    Column("reason", selects=(OrderReturn.reason,)),
    Column("label", selects=(OrderReturn.label_type, OrderReturn.label_paid_by)),
    Column("tracking", selects=(OrderReturn.carrier, OrderReturn.tracking_number)),
    Column("delivered", selects=(OrderReturn.delivered_on,)),
    Column("amazon_status", selects=(OrderReturn.status,)),
    Column("state", selects=(OrderReturn.state, OrderReturn.restocked_at)),
    Column("rma", selects=(OrderReturn.rma,), hidden=True),
    Column("resolution", selects=(OrderReturn.resolution,), hidden=True),
)


def build_grid(stores: Sequence[StoreName]) -> Grid:
    """Return the list of all returns. `stores`: all of them."""
    return Grid(
        select=select(OrderReturn.id, OrderReturn.store_id, OrderReturn.requested_at),
        id=OrderReturn.id,
        columns=COLUMNS,
        filters={
            "q": _match_text,
            "state": OrderReturn.state.in_,
            **search.store_filter(OrderReturn.store_id, stores),
            **search.build_day_filters("requested", OrderReturn.requested_at, OrderReturn.store_id, stores),
        },
        sort="-requested",
    )


def get_return(session: Session, return_id: int) -> OrderReturn:
    """Get a return. Raises NotFoundError."""
    return require(session.get(OrderReturn, return_id), "return_unknown", name=return_id)


def find_order_number(session: Session, row: OrderReturn) -> str | None:
    """Return our number of the order of a return, or None if there is no such order."""
    if row.amazon_order_id is None:
        return None
    return session.scalar(select(Order.number).where(Order.amazon_order_id == row.amazon_order_id))


def find_credit_memo_number(session: Session, row: OrderReturn) -> str | None:
    """Return the number of the credit memo that was created from a return."""
    if row.credit_memo_id is None:
        return None
    return session.scalar(select(CreditMemo.number).where(CreditMemo.id == row.credit_memo_id))


def list_of_order(session: Session, amazon_order_id: int) -> Sequence[OrderReturn]:
    """Return the returns of an order, the latest first."""
    of_order = select(OrderReturn).where(OrderReturn.amazon_order_id == amazon_order_id)
    return session.scalars(of_order.order_by(OrderReturn.requested_at.desc(), OrderReturn.id.desc())).all()


def list_all(session: Session, limit: int) -> Sequence[OrderReturn]:
    """Return the latest returns."""
    newest = select(OrderReturn).order_by(OrderReturn.requested_at.desc(), OrderReturn.id.desc())
    return session.scalars(newest.limit(limit)).all()


def count_open(session: Session) -> int:
    """Count the returns that wait for somebody."""
    return session.scalar(select(func.count()).where(OrderReturn.state == states.OPEN)) or 0


def list_due_accounts(session: Session, now: datetime) -> Sequence[int]:
    """Return the ids of accounts with a store whose returns are to be read: never yet, or again."""
    due_at = ReturnsReading.next_try_at
    is_due = or_(due_at.is_(None), due_at <= now, due_at > now + MAX_WAIT + clocks.TOLERANCE)
    statement = select(Store.account_id).outerjoin(ReturnsReading, ReturnsReading.store_id == Store.id)
    return session.scalars(statement.where(is_due).distinct()).all()


def _match_text(text: str) -> ColumnElement[bool]:
    """Match an order number, RMA, SKU, ASIN or tracking number."""
    columns = (
        *(OrderReturn.order_number, OrderReturn.rma, OrderReturn.sku, OrderReturn.asin, OrderReturn.tracking_number),
    )
    of_our_order = OrderReturn.amazon_order_id.in_(select(Order.amazon_order_id).where(Order.number == text))
    return or_(of_our_order, *(column.istartswith(text, autoescape=True) for column in columns))
