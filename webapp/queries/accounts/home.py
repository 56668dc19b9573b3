"""The numbers of the start page besides ship-by times and alerts, in one query."""

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.orders import state_machine, work
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.products import Product
from webapp.queries.orders.work import COUNTED
from webapp.queries.products import products


class Numbers(NamedTuple):
    """Each up to COUNTED + 1. `low_stock`: products with few or no units available."""

    cancel_requests: int
    on_hold: int
    awaiting: int
    low_stock: int


def load_numbers(session: Session) -> Numbers:
    cancel_requests = select(Order.id).join(AmazonOrder, AmazonOrder.id == Order.amazon_order_id)
    statements = (
        cancel_requests.where(Order.state.in_(work.UNSHIPPED), AmazonOrder.cancel_requested.is_(True)),
        select(Order.id).where(Order.state == state_machine.ON_HOLD),
        select(Order.id).where(Order.state == state_machine.AWAITING),
        select(Product.id).where(products.match_stock(products.LOW)),
    )
    counts = [
        select(func.count()).select_from(rows.limit(COUNTED + 1).subquery()).scalar_subquery() for rows in statements
    ]
    return Numbers(*session.execute(select(*counts)).one())
