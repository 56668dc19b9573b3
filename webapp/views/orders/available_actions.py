"""Available order actions, and the reason each unavailable one is disabled."""

from typing import NamedTuple

from flask import url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from webapp.domain.orders import state_machine as order_states
from webapp.domain.submissions import cancellation, shipment_confirmation
from webapp.messages import text_for
from webapp.queries.orders.detail import OrderDetail
from webapp.web.auth import has_permission


class ActionSpec(NamedTuple):
    """An action of the order page. `way`: "page", "dialog" or "post"."""

    text: str | LazyString
    icon: str
    permission: str
    endpoint: str
    way: str


class Button(NamedTuple):
    """`kind`: of macros/buttons.html."""

    move: str
    text: str | LazyString
    icon: str
    url: str
    way: str
    kind: str


class AvailableActions(NamedTuple):
    """`refused`: (label, reason) of each unavailable action."""

    buttons: list[Button]
    refused: list[tuple[str | LazyString, str]]


# In display order. The first available one of LEADING is the primary button.
VERBS = {
    "hold": ActionSpec(_l("Hold"), "player-pause", "orders.write", "holds.new", "dialog"),
    "refund": ActionSpec(_l("Credit memo"), "receipt-refund", "orders.write", "credit_memos.new", "page"),
    "cancel": ActionSpec(_l("Cancel at Amazon"), "ban", "orders.cancel", "cancellations.new", "dialog"),
    "unhold": ActionSpec(_l("Unhold"), "player-play", "orders.write", "holds.end", "post"),
    "invoice": ActionSpec(_l("Invoice"), "file-invoice", "orders.write", "invoices.new", "page"),
    "ship": ActionSpec(_l("Ship"), "truck", "orders.write", "shipments.new", "page"),
}
LEADING = ("ship", "invoice", "unhold")
# Of these pairs only one reason is shown.
_OPPOSITE = {"hold": "unhold", "unhold": "hold"}


def of_order(order: OrderDetail) -> AvailableActions:
    """Return the actions the current user may take."""
    why = {move: _refusal(order, move) for move, verb in VERBS.items() if has_permission(verb.permission)}
    possible = [move for move, refused in why.items() if refused is None]
    leading = next((move for move in LEADING if move in possible), "")
    refused = [
        (VERBS[move].text, said)
        for move, said in why.items()
        if said is not None and (move not in _OPPOSITE or (move == "hold" and "unhold" not in possible))
    ]
    return AvailableActions([_button(order, move, leading) for move in possible], refused)


def _button(order: OrderDetail, move: str, leading: str) -> Button:
    verb = VERBS[move]
    kind = "danger" if move == "cancel" else "primary" if move == leading else ""
    url = url_for(verb.endpoint, number=order.number)
    if move == "cancel":
        here = url_for("orders.show", number=order.number)
        url = url_for(verb.endpoint, number=order.amazon_order.number, next=here)
    return Button(move, verb.text, verb.icon, url, verb.way, kind)


def _refusal(order: OrderDetail, move: str) -> str | None:
    """Return why this action is unavailable, or None."""
    if move == "cancel":
        code = cancellation.refusal(
            order.amazon_order.status,
            order.amazon_order.fulfilled_by,
            writable=order.store.import_orders,
            requested=order.cancelling,
            left=order.beside.parcels > 0,
        )
        return text_for(code) if code else None
    if not order_states.is_allowed(move, order.state):
        return text_for(f"cannot_{move}", {"state": order.state})
    if move == "invoice" and not any(map(order_states.left_to_invoice, order.items)):
        return text_for("nothing_to_invoice")
    if move == "ship" and not any(map(order_states.left_to_ship, order.items)):
        return text_for("nothing_to_ship")
    if move == "ship":
        refused = shipment_confirmation.blocked_reason(
            order.amazon_order, writable=order.store.import_orders, cancelling=order.cancelling
        )
        return text_for(refused) if refused else None
    nothing_paid = order.total_invoiced <= order.total_refunded + order.total_refunding
    if move == "refund" and nothing_paid and not any(map(order_states.left_to_refund, order.items)):
        return text_for("nothing_to_refund")
    return None
