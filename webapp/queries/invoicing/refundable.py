"""What of an Order has been given back, and what of it Amazon could still be asked to refund."""

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

    `unshipped`: pieces Amazon waits for. `charged`: whether Amazon has charged anything for the line, which it does
    when the first piece of it is shipped.
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
        return amazon_refunds.left(self.paid, self.refunded, self.pending)


@dataclass(frozen=True, slots=True)
class Refundable:
    """What a form needs that offers a refund at Amazon.

    `refused`: a code of `sentences` that says why nothing of the Order can be refunded there, or None. `reasons`: the
    codes to choose from, in words as `sentence("reason_" + code)`. `lines` by id of the Order's line.
    """

    refused: str | None
    currency: str
    lines: dict[int, RefundableLine]
    reasons: tuple[str, ...] = tuple(reason.code for reason in amazon_refunds.REASONS if reason.offered)

    @property
    def left(self) -> Money:
        """All that Amazon could still carry, of what was charged."""
        found = sum(sum(line.left.values()) for line in self.lines.values() if line.charged)
        return Money(found, self.currency)


def load_refundable(session: Session, order: Order) -> Refundable:
    """What the buyer paid of each line and component as Amazon says, what was refunded, is under way, and is left."""
    mirror = order.amazon_order
    items = {item.order_item_id: item for item in mirror.items}
    told = _told(session, order)
    lines = {}
    for line in order.items:
        item = items.get(line.order_item_id)
        mine = [(state, row) for state, row in told if row["line"] == line.id]
        lines[line.id] = RefundableLine(
            line_id=line.id,
            order_item_id=line.order_item_id,
            paid=amazon_refunds.paid(_components(item)),
            refunded=_sum(row["parts"] for state, row in mine if state == amazon_refunds.REFUNDED),
            pending=_sum(row["parts"] for state, row in mine if state == amazon_refunds.ASKED),
            unshipped=_unshipped(item) - sum(row["cancelled"] for _, row in mine),
            charged=item is not None and item.quantity_shipped > 0,
        )
    refused = amazon_refunds.refusal(mirror.status, mirror.fulfilled_by, writable=order.store.import_orders)
    if refused is None and not any(sum(line.paid.values()) for line in lines.values()):
        refused = "refund_paid_unknown"
    return Refundable(refused, order.currency, lines)


def draft_credit_memo(session: Session, order: Order, asked: drafts.CreditRequest) -> drafts.Draft:
    """The credit memo of what is asked, as it would be written now. Raises as `documents.credit` does."""
    return drafts.credit_memo(
        order.items,
        order.total,
        asked,
        given=sum_credited(session, order),
        money_left=order.total_invoiced - order.total_refunded - order.total_refunding,
        currency=order.currency,
    )


def build_amazon_lines(session: Session, order: Order, memo: drafts.Draft) -> list[dict[str, Any]]:
    """What Amazon would be told of this credit memo: the rows of `CreditMemo.amazon_lines`. Raises RefusedError."""
    there = load_refundable(session, order)
    if there.refused:
        raise RefusedError(there.refused)
    pieces = {part.line_id: part.quantity for part in memo.parts}
    cancelled = {line.id: _cancelled(line, there, pieces.get(line.id, 0)) for line in order.items}
    if order.amazon_order.status == statuses.UNSHIPPED and all(
        cancelled[id_] == line.unshipped for id_, line in there.lines.items()
    ):
        raise RefusedError("refund_cancel_instead")
    if not any(line.charged or cancelled[id_] for id_, line in there.lines.items()):
        raise RefusedError("refund_unshipped")
    items = {line.id: line for line in order.items}
    for part in memo.parts:
        if part.total and not (there.lines[part.line_id].charged or cancelled[part.line_id]):
            raise RefusedError("refund_not_shipped", item=items[part.line_id].sku or part.line_id)
    room = {id_: line.left for id_, line in there.lines.items() if line.charged or cancelled[id_]}
    wishes = [
        amazon_refunds.LineCredit(part.line_id, part.subtotal + part.discount + part.other, part.tax, part.shipping)
        for part in memo.parts
        if part.line_id in room
    ]
    found = amazon_refunds.split(wishes, room, memo.adjustment_refund - memo.adjustment_fee, order.currency)
    return [
        {"line": id_, "item": items[id_].order_item_id, "cancelled": cancelled[id_], "parts": parts}
        for id_, parts in found.items()
    ]


def sum_credited(session: Session, order: Order) -> dict[int, dict[str, int]]:
    """What credit memos have given back or are about to, in minor units by id of the line and part."""
    sums = [func.sum(getattr(CreditMemoItem, name)) for name in _PARTS]
    mine = select(CreditMemoItem.order_item_id, *sums).join(CreditMemo, CreditMemo.id == CreditMemoItem.credit_memo_id)
    live = mine.where(CreditMemo.order_id == order.id, CreditMemo.state.in_(amazon_refunds.LIVE))
    found = session.execute(live.group_by(CreditMemoItem.order_item_id))
    return {id_: {name: int(amount) for name, amount in zip(_PARTS, amounts, strict=True)} for id_, *amounts in found}


def _told(session: Session, order: Order) -> list[tuple[str, dict[str, Any]]]:
    mine = (CreditMemo.order_id == order.id, CreditMemo.state.in_((amazon_refunds.ASKED, amazon_refunds.REFUNDED)))
    found = session.execute(select(CreditMemo.state, CreditMemo.amazon_lines).where(*mine)).all()
    return [(state, row) for state, rows in found for row in rows]


def _components(item: AmazonOrderItem | None) -> list[Component]:
    parts = item.components if item is not None else []
    return [Component(type_, subtype, Money(minor, currency)) for type_, subtype, minor, currency in parts]


def _sum(found: Any) -> Parts:
    answer = dict.fromkeys(COMPONENTS, 0)
    for parts in found:
        for name, amount in parts.items():
            answer[name] += amount
    return answer


def _unshipped(item: AmazonOrderItem | None) -> int:
    return item.quantity - item.quantity_shipped if item is not None else 0


def _cancelled(line: OrderItem, there: Refundable, pieces: int) -> int:
    """What is given back and will not be shipped: Amazon would wait for it in vain."""
    return max(0, min(order_states.need_not_ship(line, pieces), there.lines[line.id].unshipped))
