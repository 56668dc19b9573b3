"""Refunded and refundable amounts of an order at Amazon."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.domain.amazon import statuses
from webapp.domain.amazon.types import Component
from webapp.domain.common.money import Money
from webapp.domain.errors import RefusedError
from webapp.domain.invoicing import amazon_refunds, drafts
from webapp.domain.invoicing.amazon_refunds import COMPONENTS, Parts
from webapp.domain.orders import state_machine as order_states
from webapp.models.amazon_orders import AmazonOrderItem
from webapp.models.documents import CreditMemo, CreditMemoItem
from webapp.models.orders import Order, OrderItem

_PARTS = ("subtotal", "shipping", "tax", "discount", "other", "total")


@dataclass(frozen=True, slots=True)
class RefundableLine:
    """One line. `paid`, `refunded`, `pending` and `left` are minor units by component of `refunds.COMPONENTS`.

    `unshipped`: units Amazon expects to be shipped. `charged`: whether Amazon has charged anything for the line, which
    it does when its first unit is shipped.
    """

    line_id: int
    order_item_id: str
    paid: Parts
    refunded: Parts
    pending: Parts
    unshipped: int
    charged: bool

    @property
    def left(self) -> Parts:
        return amazon_refunds.compute_refundable_amounts(self.paid, self.refunded, self.pending)


@dataclass(frozen=True, slots=True)
class Refundable:
    """The amounts Amazon could refund of an order.

    `refused`: the reason nothing can be refunded there (a code of `messages`), or None. `lines` by id of the order's
    line.
    """

    refused: str | None
    currency: str
    lines: dict[int, RefundableLine]

    @property
    def left(self) -> Money:
        """The amount Amazon could still refund of the charged one."""
        minor = sum(sum(line.left.values()) for line in self.lines.values() if line.charged)
        return Money(minor, self.currency)


def load_refundable(session: Session, order: Order) -> Refundable:
    """Load the paid, refunded, pending and remaining amounts at Amazon by line and component."""
    amazon_order = order.amazon_order
    items = {item.order_item_id: item for item in amazon_order.items}
    amazon_lines = _load_amazon_lines(session, order)
    lines = {}
    for line in order.items:
        item = items.get(line.order_item_id)
        refunds = [(state, row) for state, row in amazon_lines if row["line"] == line.id]
        lines[line.id] = RefundableLine(
            line_id=line.id,
            order_item_id=line.order_item_id,
            paid=amazon_refunds.compute_paid_amounts(_list_components(item)),
            refunded=_sum(row["parts"] for state, row in refunds if state == amazon_refunds.REFUNDED),
            pending=_sum(row["parts"] for state, row in refunds if state == amazon_refunds.ASKED),
            unshipped=_count_unshipped(item) - sum(row["cancelled"] for _, row in refunds),
            charged=item is not None and item.quantity_shipped > 0,
        )
    refused = amazon_refunds.find_refusal_reason(
        amazon_order.status, amazon_order.fulfilled_by, writable=order.store.import_orders
    )
    if refused is None and not any(sum(line.paid.values()) for line in lines.values()):
        refused = "refund_paid_unknown"
    return Refundable(refused, order.currency, lines)


def draft_credit_memo(session: Session, order: Order, request: drafts.CreditRequest) -> drafts.Draft:
    """Draft the credit memo of a request. Raises the errors of `drafts.build_credit_memo`."""
    return drafts.build_credit_memo(
        order.items,
        order.total,
        request,
        given=sum_credited(session, order),
        money_left=order.total_invoiced - order.total_refunded - order.total_refunding,
        currency=order.currency,
    )


def build_amazon_lines(session: Session, order: Order, memo: drafts.Draft) -> list[dict[str, Any]]:
    """Build the rows of `CreditMemo.amazon_lines` to submit. Raises RefusedError."""
    refundable = load_refundable(session, order)
    if refundable.refused:
        raise RefusedError(refundable.refused)
    units = {part.line_id: part.quantity for part in memo.parts}
    cancelled = {line.id: _count_cancelled_units(line, refundable, units.get(line.id, 0)) for line in order.items}
    if order.amazon_order.status == statuses.UNSHIPPED and all(
        cancelled[id_] == line.unshipped for id_, line in refundable.lines.items()
    ):
        raise RefusedError("refund_cancel_instead")
    if not any(line.charged or cancelled[id_] for id_, line in refundable.lines.items()):
        raise RefusedError("refund_unshipped")
    items = {line.id: line for line in order.items}
    for part in memo.parts:
        if part.total and not (refundable.lines[part.line_id].charged or cancelled[part.line_id]):
            raise RefusedError("refund_not_shipped", item=items[part.line_id].sku or part.line_id)
    room = {id_: line.left for id_, line in refundable.lines.items() if line.charged or cancelled[id_]}
    wishes = [
        amazon_refunds.LineCredit(part.line_id, part.subtotal + part.discount + part.other, part.tax, part.shipping)
        for part in memo.parts
        if part.line_id in room
    ]
    amounts = amazon_refunds.split(wishes, room, memo.adjustment_refund - memo.adjustment_fee, order.currency)
    return [
        {"line": id_, "item": items[id_].order_item_id, "cancelled": cancelled[id_], "parts": parts}
        for id_, parts in amounts.items()
    ]


def sum_credited(session: Session, order: Order) -> dict[int, dict[str, int]]:
    """Sum the present and pending refunds of credit memos, in minor units by line id and part."""
    sums = [func.sum(getattr(CreditMemoItem, name)) for name in _PARTS]
    amounts_by_line = select(CreditMemoItem.order_item_id, *sums).join(
        CreditMemo, CreditMemo.id == CreditMemoItem.credit_memo_id
    )
    live = amounts_by_line.where(CreditMemo.order_id == order.id, CreditMemo.state.in_(amazon_refunds.LIVE))
    rows = session.execute(live.group_by(CreditMemoItem.order_item_id))
    return {id_: {name: int(amount) for name, amount in zip(_PARTS, amounts, strict=True)} for id_, *amounts in rows}


def _load_amazon_lines(session: Session, order: Order) -> list[tuple[str, dict[str, Any]]]:
    conditions = (
        CreditMemo.order_id == order.id,
        CreditMemo.state.in_((amazon_refunds.ASKED, amazon_refunds.REFUNDED)),
    )
    memos = session.execute(select(CreditMemo.state, CreditMemo.amazon_lines).where(*conditions)).all()
    return [(state, row) for state, rows in memos for row in rows]


def _list_components(item: AmazonOrderItem | None) -> list[Component]:
    parts = item.components if item is not None else []
    return [Component(type_, subtype, Money(minor, currency)) for type_, subtype, minor, currency in parts]


def _sum(rows: Any) -> Parts:
    sums = dict.fromkeys(COMPONENTS, 0)
    for parts in rows:
        for name, amount in parts.items():
            sums[name] += amount
    return sums


def _count_unshipped(item: AmazonOrderItem | None) -> int:
    return item.quantity - item.quantity_shipped if item is not None else 0


def _count_cancelled_units(line: OrderItem, refundable: Refundable, units: int) -> int:
    """Count the refunded units that will not be shipped."""
    return max(0, min(order_states.count_not_to_ship(line, units), refundable.lines[line.id].unshipped))
