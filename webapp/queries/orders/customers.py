"""Customer accounts: the list of all, and the totals of one. Guests have none."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from webapp.db.encryption import field_cipher
from webapp.domain.common.money import Money
from webapp.domain.errors import require
from webapp.domain.orders import state_machine as order_states
from webapp.models.customers import Customer
from webapp.models.orders import Order
from webapp.models.stores import StoreName
from webapp.queries.listing import search
from webapp.queries.listing.fetch import Column, Grid


class CustomerTotals(NamedTuple):
    """The number of a customer's orders in one currency, their total and what was refunded of it."""

    orders: int
    total: Money
    refunded: Money


_MINE = Order.customer_id == Customer.id
_COUNT = select(func.count(Order.id)).where(_MINE).scalar_subquery().label("orders")
_LAST = select(func.max(Order.purchased_at)).where(_MINE).scalar_subquery().label("last_at")
_ROWS = select(Customer.id, Customer.store_id, Customer.created_at)
COLUMNS = (
    Column("id", Customer.id, descending=True),
    Column("name", selects=(Customer.name,)),
    Column("email", selects=(Customer.email,)),
    Column("store"),
    Column("orders", selects=(_COUNT,)),
    Column("last", selects=(_LAST,)),
    Column("since", Customer.created_at, descending=True),
)


def build_grid(stores: Sequence[StoreName]) -> Grid:
    """Return the list of all customers. `stores`: all of them."""
    return Grid(
        select=_ROWS,
        id=Customer.id,
        columns=COLUMNS,
        filters={
            "email": lambda text: Customer.email_hash == field_cipher.hash(text.casefold()),
            "name": _match_name,
            **search.store_filter(Customer.store_id, stores),
            **search.build_day_filters("since", Customer.created_at, Customer.store_id, stores),
        },
        sort="-id",
    )


def find(session: Session, customer_id: int) -> Customer:
    """Find a customer. Raises NotFoundError."""
    return require(session.get(Customer, customer_id), "customer_unknown", name=customer_id)


def sum_orders(session: Session, customer_id: int) -> list[CustomerTotals]:
    """Sum a customer's orders by currency, without canceled ones."""
    sums = select(Order.currency, func.count(Order.id), func.sum(Order.total), func.sum(Order.total_refunded))
    sums_by_currency = sums.where(Order.customer_id == customer_id, Order.state != order_states.CANCELED).group_by(
        Order.currency
    )
    return [
        CustomerTotals(count, Money(int(total), currency), Money(int(refunded), currency))
        for currency, count, total, refunded in session.execute(sums_by_currency.order_by(Order.currency))
    ]


def _match_name(text: str) -> ColumnElement[bool]:
    """Match customers with an order whose buyer or recipient has this name."""
    has_name = search.id_in_matches(Order.amazon_order_id, search.by_name(text))
    named = select(Order.customer_id).where(Order.customer_id.is_not(None), has_name)
    return Customer.id.in_(named)
