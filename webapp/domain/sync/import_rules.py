"""Decide what to do with an imported Amazon order. Pure functions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from webapp.domain.amazon import statuses as status
from webapp.domain.amazon.types import AmazonItem, AmazonOrder
from webapp.domain.common.money import Money


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """The stored state of an Amazon order that an import compares with."""

    last_updated_at: datetime
    digest: bytes
    id: int = 0
    # A submission for the order is open, and its result is awaited.
    is_being_submitted: bool = False
    # A dataset was missing when it was last read.
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """The store settings that the import decision depends on."""

    active: bool
    import_orders: bool
    orders_from: datetime


NEW, CHANGED, SAME, STALE = "new", "changed", "same", "stale"


def compare(stored: StoredOrder | None, incoming: AmazonOrder, digest: bytes) -> str:
    """Return NEW, CHANGED, SAME or STALE. An order with an earlier update time than the stored one is stale.

    An order without an update time is never stale.
    """
    if stored is None:
        return NEW
    if incoming.has_update_time and incoming.last_updated_at < stored.last_updated_at:
        return STALE
    return SAME if digest == stored.digest else CHANGED


CREATE, BLOCK, NOTHING = "create", "block", "nothing"


@dataclass(frozen=True, slots=True)
class ImportDecision:
    """The decision about an Amazon order without an order. `cause` is a code of `messages`; `sku` its SKU."""

    what: str
    cause: str | None = None
    sku: str | None = None


_WAITS = ImportDecision(NOTHING)
# Of an order that nobody is said to ship, nothing is known that an Order could be made by.
_WANTED = {
    status.MERCHANT: frozenset({status.UNSHIPPED, status.PARTIALLY_SHIPPED, status.SHIPPED}),
    status.AMAZON: frozenset({status.SHIPPED}),
}


def decide(incoming: AmazonOrder, store: StoreSettings) -> ImportDecision:
    """Apply the creation rule: merchant-fulfilled from Unshipped on, Amazon-fulfilled once Shipped."""
    if (
        incoming.status not in _WANTED.get(incoming.fulfilled_by, ())
        or not store.import_orders
        or incoming.purchased_at < store.orders_from
    ):
        return _WAITS
    if not store.active:
        return ImportDecision(BLOCK, "store_inactive")
    if incoming.total is None and "PROCEEDS" in incoming.missing:
        # Read again once Amazon gives them. An order that Amazon gives without amounts has none.
        return ImportDecision(BLOCK, "total_missing")
    if incoming.quantity == 0:
        return ImportDecision(BLOCK, "no_items")
    if len({amount.currency for amount in _list_amounts(incoming)}) > 1:
        return ImportDecision(BLOCK, "currencies_differ")
    return ImportDecision(CREATE)


def calculate_total(incoming: AmazonOrder, currency: str) -> Money:
    """Return the order's total: Amazon's or, where it gives none, the sum of its lines.

    `currency`: that of its marketplace, for an order that has no amounts at all, such as a replacement.
    """
    if incoming.total is not None:
        return incoming.total
    currency = next((amount.currency for amount in _list_amounts(incoming)), currency)
    return Money(sum(calculate_line_total(item) for item in incoming.items), currency)


def calculate_line_total(item: AmazonItem) -> int:
    """Return the total of a line, in minor units: 0 where Amazon gives neither a total nor a price."""
    if item.total:
        return item.total.minor
    return item.unit_price.minor * item.quantity if item.unit_price else 0


def _list_amounts(incoming: AmazonOrder) -> Iterator[Money]:
    if incoming.total is not None:
        yield incoming.total
    for item in incoming.items:
        if item.total is not None:
            yield item.total
        elif item.unit_price is not None and incoming.total is None:
            yield item.unit_price


def find_waiting_reason(incoming: AmazonOrder, store: StoreSettings) -> str:
    """Return the code in `messages` of the reason it has no order yet though nothing is wrong with it."""
    if not store.import_orders:
        return "order_read_only"
    if incoming.status == status.CANCELLED:
        return "order_not_for_cancelled"
    if incoming.status not in status.KNOWN or incoming.status == status.UNFULFILLABLE:
        return "order_not_for_status"
    return "order_waits_shipped" if incoming.fulfilled_by == status.AMAZON else "order_waits_unshipped"
