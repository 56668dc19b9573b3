"""The effect of an order's line on its product's stock, in units. Pure.

The target effect of a line is compared with its current effect: the difference is the movements. So a repeated import
changes nothing, and the order of changes does not affect the final stock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from webapp.domain.amazon import statuses as status
from webapp.domain.orders import state_machine as order_states

RESERVE, RELEASE, DEDUCT, TAKE_BACK, RETURN, UNRETURN = (
    "reserve",
    "release",
    "deduct",
    "take_back",
    "return",
    "unreturn",
)
SET, IMPORTED = "set", "imported"
# Movements caused by lines, and by users.
KINDS = (RESERVE, RELEASE, DEDUCT, TAKE_BACK, RETURN, UNRETURN, SET, IMPORTED)

CREATE, BLOCK = "create", "block"
UNKNOWN, DISABLED, OUT_OF_STOCK = "product_unknown", "product_disabled", "product_out_of_stock"
# Reasons not to create an order, in stores that block orders without a product or stock.
CAUSES = (UNKNOWN, DISABLED, OUT_OF_STOCK)
# Merchant-fulfilled orders in these statuses may still need stock.
OPEN = (*status.NOT_YET, status.UNSHIPPED, status.PARTIALLY_SHIPPED)


@dataclass(frozen=True, slots=True)
class StockEffect:
    """The stock changes a line has made so far.

    Shipped units are `deducted`, or `skipped` if stock was not managed at that time (negative: taken back while it was
    not managed); `returned` counts those returned by credit memos.
    """

    reserved: int = 0
    deducted: int = 0
    returned: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class StockLine:
    """The current state of a line: units `owed` to the buyer, shipped units, and the units of these that came `back`.

    `back_before`: those of credit memos older than the keeping of this stock.
    """

    owed: int
    shipped: int = 0
    back: int = 0
    back_before: int = 0


@dataclass(frozen=True, slots=True)
class StockDelta:
    """A change of the quantity (`pieces`) and of the reserved units (`held`); negative for fewer."""

    kind: str
    pieces: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True)
class Store:
    """The stock settings of an order's store."""

    import_orders: bool
    reserve_pending: bool
    blocks: bool
    orders_from: datetime


def plan_order_line(line: order_states.Quantities, amazons_quantity: int, back: int, back_before: int = 0) -> StockLine:
    """Plan the stock of an order's line. `amazons_quantity`: the quantity at Amazon, which may have shrunk since.

    `back`: units of its credit memos that return to stock. What was refunded was first what had not been sent, so
    only what was refunded beyond that can have come back.
    """
    unsent = line.ordered - line.canceled - line.shipped
    came_back = max(0, order_states.count_given_back(line) - unsent)
    owed = max(0, min(order_states.count_unshipped(line), amazons_quantity - line.shipped))
    return StockLine(owed, line.shipped, min(back, came_back), min(back_before, came_back))


def plan_amazon_item(
    quantity: int,
    amazon_status: str,
    purchased_at: datetime,
    store: Store,
    held: StockEffect,
    *,
    blocked: bool,
    free: int,
) -> StockLine:
    """Plan the stock of a line without an order: reserved while the payment is pending, if the store reserves pending
    orders; unchanged while a block reason holds it.

    `free`: units that are not reserved. A store that blocks out-of-stock items reserves no more than these.
    """
    pending = amazon_status in status.NOT_YET
    reserves_pending = store.import_orders and store.reserve_pending and purchased_at >= store.orders_from
    if pending and reserves_pending:
        owed = min(quantity, held.reserved + max(0, free)) if store.blocks else quantity
    else:
        owed = min(quantity, held.reserved) if blocked else 0
    return StockLine(owed, held.deducted + held.skipped, held.returned)


def keep_hold(held: StockEffect) -> StockLine:
    """Return a line that needs no stock of the seller, such as one that Amazon ships."""
    return StockLine(0, held.deducted + held.skipped, held.returned)


def create_initial_effect(line: StockLine, *, counted: bool) -> StockEffect:
    """Return the effect of a line seen for the first time. `counted`: it was bought after stock keeping began."""
    return StockEffect() if counted else StockEffect(skipped=line.shipped, returned=line.back_before)


def settle(line: StockLine, held: StockEffect, *, managed: bool) -> tuple[StockEffect, list[StockDelta]]:
    """Return the new stock effect of a line and the movements that lead to it.

    Where stock is not managed nothing is reserved, and shipped and returned units are counted without a movement.
    """
    after = replace(_ship(line.shipped, held, managed), reserved=line.owed if managed else 0, returned=line.back)
    deducted, reserved, returned = (
        after.deducted - held.deducted,
        after.reserved - held.reserved,
        after.returned - held.returned,
    )
    moves = []
    if deducted > 0:
        released = min(deducted, max(0, -reserved))
        moves.append(StockDelta(DEDUCT, -deducted, -released))
        reserved += released
    elif deducted < 0:
        reserved_again = min(-deducted, max(0, reserved))
        moves.append(StockDelta(TAKE_BACK, -deducted, reserved_again))
        reserved -= reserved_again
    if returned and managed:
        moves.append(StockDelta(RETURN if returned > 0 else UNRETURN, returned))
    if reserved:
        moves.append(StockDelta(RESERVE if reserved > 0 else RELEASE, held=reserved))
    return after, moves


def _ship(shipped: int, held: StockEffect, managed: bool) -> StockEffect:
    more = shipped - held.deducted - held.skipped
    if not managed:
        return replace(held, skipped=held.skipped + more)
    # The latest parcels are the first to be taken back; what was never counted out is not counted in.
    deducted = max(0, held.deducted + more)
    return replace(held, deducted=deducted, skipped=shipped - deducted)


@dataclass(slots=True)
class AvailableStock:
    """A product's stock during order creation; each created order reduces `free`."""

    enabled: bool
    managed: bool
    free: int


@dataclass(frozen=True, slots=True)
class BlockReason:
    """The reason an order is blocked, with its SKU."""

    cause: str
    sku: str


def find_block_reason(
    needs: Mapping[str, int], own: Mapping[str, int], shelves: Mapping[str, AvailableStock]
) -> BlockReason | None:
    """Return the reason no order is created in a store that blocks on missing stock, or None.

    `needs`: units still to be shipped by SKU, 0 where Amazon ships them. `own`: what the order has reserved already.
    """
    for sku, pieces in needs.items():
        shelf = shelves.get(sku)
        if shelf is None:
            return BlockReason(UNKNOWN, sku)
        if not shelf.enabled:
            return BlockReason(DISABLED, sku)
        if shelf.managed and pieces > max(0, shelf.free) + own.get(sku, 0):
            return BlockReason(OUT_OF_STOCK, sku)
    return None


def take(needs: Mapping[str, int], own: Mapping[str, int], shelves: Mapping[str, AvailableStock]) -> None:
    """Reduce the free units by those of a created order."""
    for sku, pieces in needs.items():
        if sku in shelves:
            shelves[sku].free -= max(0, pieces - own.get(sku, 0))
