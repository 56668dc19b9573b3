"""Bring the lines of an Order to what Amazon still counts as ordered."""

from collections.abc import Iterable
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

_PARTS = order_amounts.Totals._fields


def follow(session: Session, order: Order, said: AmazonOrder, *, now: datetime) -> bool:
    """Let the lines follow what Amazon says, with their amounts where nothing is invoiced yet. Does not commit.

    A line that Amazon does not list any more is cancelled; one it lists anew is added. Returns whether anything
    changed. What was invoiced keeps its amounts: the history then asks for a credit memo.
    """
    if order.state == order_states.CANCELED or "FULFILLMENT" in said.missing:
        return False
    there = {item.order_item_id: item for item in said.items}
    known = {item.order_item_id: item for item in order.items}
    to_credit = _to_credit(order.items)
    changed = False
    for id_, line in known.items():
        changed |= _adjust(session, order, line, _at_amazon(there.get(id_)), now)
    for id_ in [id_ for id_, item in there.items() if id_ not in known and item.quantity]:
        order.items.append(_new_line(there[id_]))
        audit_log.record_on_order(
            session,
            "line_added_at_amazon",
            order,
            now=now,
            actor="amazon",
            item=_name(there[id_]),
            after=there[id_].quantity,
        )
        changed = True
    if "PROCEEDS" not in said.missing:
        changed |= _follow_amounts(order, said)
    if _to_credit(order.items) > to_credit:
        audit_log.record_on_order(
            session, "cancelled_units_invoiced", order, now=now, actor="amazon", quantity=_to_credit(order.items)
        )
    session.flush()
    return changed


def settle(session: Session, order: Order, *, now: datetime) -> None:
    """The same from what is stored of the Amazon order, for quantities alone: something changed here. Does not commit.

    A parcel that is taken back, for example, may hold pieces that Amazon has cancelled meanwhile.
    """
    if order.state == order_states.CANCELED:
        return
    stored = select(AmazonOrderItem.order_item_id, AmazonOrderItem.quantity, AmazonOrderItem.quantity_shipped)
    there = {
        row.order_item_id: max(row.quantity, row.quantity_shipped)
        for row in session.execute(stored.where(AmazonOrderItem.amazon_order_id == order.amazon_order_id))
    }
    if there:
        for line in order.items:
            _adjust(session, order, line, there.get(line.order_item_id, 0), now)


def _adjust(session: Session, order: Order, line: OrderItem, at_amazon: int, now: datetime) -> bool:
    before = line.ordered - line.canceled
    after = line_changes.adjust(line.ordered, line.shipped, at_amazon)
    if (line.ordered, line.canceled) == (after.ordered, after.canceled):
        return False
    line.ordered, line.canceled = after.ordered, after.canceled
    kind = "line_reduced_at_amazon" if after.remaining < before else "line_increased_at_amazon"
    about = {"item": _name(line), "before": before, "after": after.remaining}
    audit_log.record_on_order(session, kind, order, now=now, actor="amazon", **about)
    return True


def _follow_amounts(order: Order, said: AmazonOrder) -> bool:
    """Take Amazon's amounts for an Order of which nothing is invoiced, and else for the lines that have grown."""
    there = {item.order_item_id: item for item in said.items}
    untouched = order.total_invoiced == 0 and all(line.invoiced == 0 for line in order.items)
    before = [_amounts(order), *map(_amounts, order.items)]
    sums = []
    for line in order.items:
        remaining = line.ordered - line.canceled
        if untouched or remaining > line.amount_quantity:
            item = there.get(line.order_item_id)
            was, amounts = _amounts(line), _sorted(item)
            _set(line, amounts)
            line.amount_quantity = remaining
            line.price = item.unit_price.minor if item is not None and item.unit_price else line.price
            if not untouched:
                _set(
                    order,
                    order_amounts.Totals(*(a + b - c for a, b, c in zip(_amounts(order), amounts, was, strict=True))),
                )
        sums.append(_amounts(line))
    if untouched:
        total = import_rules.total_of(said, order.currency)
        if total.currency == order.currency or order.total == 0:
            order.currency = total.currency
            _set(order, order_amounts.together(sums, total.minor))
    return before != [_amounts(order), *map(_amounts, order.items)]


def _new_line(item: AmazonItem) -> OrderItem:
    return OrderItem(
        order_item_id=item.order_item_id,
        sku=item.sku,
        asin=item.asin,
        title=item.title,
        price=item.unit_price.minor if item.unit_price else 0,
        ordered=_at_amazon(item),
        invoiced=0,
        shipped=0,
        refunded=0,
        refunding=0,
        canceled=0,
        # Nothing yet: its amounts are taken like those of a line that has grown.
        amount_quantity=0,
        **dict.fromkeys(_PARTS, 0),
    )


def _at_amazon(item: AmazonItem | None) -> int:
    return 0 if item is None else max(item.quantity, item.quantity_shipped)


def _sorted(item: AmazonItem | None) -> order_amounts.Totals:
    return (
        order_amounts.sort(item.components, import_rules.line_total(item))
        if item
        else order_amounts.Totals(0, 0, 0, 0, 0, 0)
    )


def _amounts(row: Order | OrderItem) -> order_amounts.Totals:
    return order_amounts.Totals(*(getattr(row, name) for name in _PARTS))


def _set(row: Order | OrderItem, amounts: order_amounts.Totals) -> None:
    for name, value in zip(_PARTS, amounts, strict=True):
        setattr(row, name, value)


def _to_credit(lines: Iterable[OrderItem]) -> int:
    return sum(map(order_states.left_to_credit, lines))


def _name(line: OrderItem | AmazonItem) -> str:
    return line.sku or line.title or line.order_item_id
