"""Bring the lines of an order in line with the quantities and amounts of its Amazon order."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.amazon.types import AmazonItem, AmazonOrder
from webapp.domain.orders import amounts as order_amounts
from webapp.domain.orders import state_machine as order_states
from webapp.domain.sync import import_rules, line_changes
from webapp.models.amazon_orders import AmazonOrderItem
from webapp.models.orders import Order, OrderItem
from webapp.services import audit_log

_AMOUNTS = order_amounts.Totals._fields


def update_lines(session: Session, order: Order, amazon_order: AmazonOrder, *, now: datetime) -> bool:
    """Update the lines, and their amounts where nothing is invoiced. Returns whether they changed. Does not commit.

    A line that Amazon no longer lists is cancelled; a new one is added. Invoiced lines keep their amounts: the history
    then asks for a credit memo.
    """
    if order.state == order_states.CANCELED or "FULFILLMENT" in amazon_order.missing:
        return False
    amazon_items = {item.order_item_id: item for item in amazon_order.items}
    lines = {line.order_item_id: line for line in order.items}
    to_credit = _count_units_to_credit(order)
    changed = False
    for id_, line in lines.items():
        changed |= _adjust(session, order, line, _get_amazon_quantity(amazon_items.get(id_)), now)
    for item in [item for id_, item in amazon_items.items() if id_ not in lines and item.quantity]:
        order.items.append(_build_line(item))
        added = {"item": _get_name(item), "after": item.quantity}
        audit_log.record_on_order(session, "line_added_at_amazon", order, now=now, actor="amazon", **added)
        changed = True
    if "PROCEEDS" not in amazon_order.missing:
        changed |= _update_amounts(order, amazon_order)
    if _count_units_to_credit(order) > to_credit:
        quantity = _count_units_to_credit(order)
        audit_log.record_on_order(
            session, "cancelled_units_invoiced", order, now=now, actor="amazon", quantity=quantity
        )
    session.flush()
    return changed


def update_quantities(session: Session, order: Order, *, now: datetime) -> None:
    """Update the quantities of the lines from the stored Amazon order, after a change here. Does not commit.

    A parcel that is taken back, for example, may contain units that Amazon has cancelled meanwhile.
    """
    if order.state == order_states.CANCELED:
        return
    stored = select(AmazonOrderItem.order_item_id, AmazonOrderItem.quantity, AmazonOrderItem.quantity_shipped)
    at_amazon = {
        row.order_item_id: max(row.quantity, row.quantity_shipped)
        for row in session.execute(stored.where(AmazonOrderItem.amazon_order_id == order.amazon_order_id))
    }
    if at_amazon:
        for line in order.items:
            _adjust(session, order, line, at_amazon.get(line.order_item_id, 0), now)


def _adjust(session: Session, order: Order, line: OrderItem, at_amazon: int, now: datetime) -> bool:
    before = line.ordered - line.canceled
    after = line_changes.adjust(line.ordered, line.shipped, at_amazon)
    if (line.ordered, line.canceled) == (after.ordered, after.canceled):
        return False
    line.ordered, line.canceled = after.ordered, after.canceled
    kind = "line_reduced_at_amazon" if after.remaining < before else "line_increased_at_amazon"
    args = {"item": _get_name(line), "before": before, "after": after.remaining}
    audit_log.record_on_order(session, kind, order, now=now, actor="amazon", **args)
    return True


def _update_amounts(order: Order, amazon_order: AmazonOrder) -> bool:
    """Take Amazon's amounts: for the whole order if nothing is invoiced, else for lines whose quantity has grown."""
    amazon_items = {item.order_item_id: item for item in amazon_order.items}
    is_uninvoiced = order.total_invoiced == 0 and all(line.invoiced == 0 for line in order.items)
    before = [_get_amounts(order), *map(_get_amounts, order.items)]
    for line in order.items:
        remaining = line.ordered - line.canceled
        if not is_uninvoiced and remaining <= line.amount_quantity:
            continue
        item = amazon_items.get(line.order_item_id)
        old, new = _get_amounts(line), _get_amazon_amounts(item)
        _set_amounts(line, new)
        line.amount_quantity = remaining
        if item is not None and item.unit_price:
            line.price = item.unit_price.minor
        if not is_uninvoiced:
            sums = zip(_get_amounts(order), new, old, strict=True)
            _set_amounts(order, order_amounts.Totals(*(total + added - removed for total, added, removed in sums)))
    if is_uninvoiced:
        total = import_rules.calculate_total(amazon_order, order.currency)
        if total.currency == order.currency or order.total == 0:
            order.currency = total.currency
            _set_amounts(order, order_amounts.combine([_get_amounts(line) for line in order.items], total.minor))
    return before != [_get_amounts(order), *map(_get_amounts, order.items)]


def _build_line(item: AmazonItem) -> OrderItem:
    return OrderItem(
        order_item_id=item.order_item_id,
        sku=item.sku,
        asin=item.asin,
        title=item.title,
        price=item.unit_price.minor if item.unit_price else 0,
        ordered=_get_amazon_quantity(item),
        invoiced=0,
        shipped=0,
        refunded=0,
        refunding=0,
        canceled=0,
        # Its amounts are then taken like those of a line whose quantity has grown.
        amount_quantity=0,
        **dict.fromkeys(_AMOUNTS, 0),
    )


def _get_amazon_quantity(item: AmazonItem | None) -> int:
    return 0 if item is None else max(item.quantity, item.quantity_shipped)


def _get_amazon_amounts(item: AmazonItem | None) -> order_amounts.Totals:
    if item is None:
        return order_amounts.Totals(0, 0, 0, 0, 0, 0)
    return order_amounts.sort(item.components, import_rules.calculate_line_total(item))


def _get_amounts(row: Order | OrderItem) -> order_amounts.Totals:
    return order_amounts.Totals(*(getattr(row, name) for name in _AMOUNTS))


def _set_amounts(row: Order | OrderItem, amounts: order_amounts.Totals) -> None:
    for name, value in zip(_AMOUNTS, amounts, strict=True):
        setattr(row, name, value)


def _count_units_to_credit(order: Order) -> int:
    return sum(map(order_states.count_left_to_credit, order.items))


def _get_name(line: OrderItem | AmazonItem) -> str:
    return line.sku or line.title or line.order_item_id
