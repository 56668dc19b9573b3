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


class ActionButton(NamedTuple):
    """`kind`: of macros/buttons.html."""

    action: str
    text: str | LazyString
    icon: str
    url: str
    way: str
    kind: str


class AvailableActions(NamedTuple):
    """`unavailable`: (label, reason) of each unavailable action."""

    buttons: list[ActionButton]
    unavailable: list[tuple[str | LazyString, str]]


# In display order. The first available one of LEADING is the primary button.
ACTIONS = {
    "hold": ActionSpec(_l("Hold"), "player-pause", "orders.write", "holds.new", "dialog"),
    "refund": ActionSpec(_l("Credit memo"), "receipt-refund", "refunds.write", "credit_memos.new", "page"),
    "cancel": ActionSpec(_l("Cancel at Amazon"), "ban", "orders.cancel", "cancellations.new", "dialog"),
    "unhold": ActionSpec(_l("Unhold"), "player-play", "orders.write", "holds.end", "post"),
    "invoice": ActionSpec(_l("Invoice"), "file-invoice", "invoices.write", "invoices.new", "page"),
    "ship": ActionSpec(_l("Ship"), "truck", "shipments.write", "shipments.new", "page"),
}
LEADING = ("ship", "invoice", "unhold")
# Of these pairs only one reason is shown.
_OPPOSITE = {"hold": "unhold", "unhold": "hold"}


def build_actions(order: OrderDetail) -> AvailableActions:
    """Return the actions the current user may take."""
    reasons = {
        action: _find_unavailable_reason(order, action)
        for action, spec in ACTIONS.items()
        if has_permission(spec.permission)
    }
    available = [action for action, reason in reasons.items() if reason is None]
    leading = next((action for action in LEADING if action in available), "")
    unavailable = [
        (ACTIONS[action].text, reason)
        for action, reason in reasons.items()
        if reason is not None and (action not in _OPPOSITE or (action == "hold" and "unhold" not in available))
    ]
    return AvailableActions([_build_button(order, action, leading) for action in available], unavailable)


def _build_button(order: OrderDetail, action: str, leading: str) -> ActionButton:
    spec = ACTIONS[action]
    kind = "danger" if action == "cancel" else "primary" if action == leading else ""
    url = url_for(spec.endpoint, number=order.number)
    if action == "cancel":
        order_url = url_for("orders.show", number=order.number)
        url = url_for(spec.endpoint, number=order.amazon_order.number, next=order_url)
    return ActionButton(action, spec.text, spec.icon, url, spec.way, kind)


def _find_unavailable_reason(order: OrderDetail, action: str) -> str | None:
    """Return the reason this action is unavailable, or None."""
    if action == "cancel":
        code = cancellation.find_refusal_reason(
            order.amazon_order.status,
            order.amazon_order.fulfilled_by,
            writable=order.store.import_orders,
            requested=order.cancelling,
            has_parcel=order.related.parcels > 0,
        )
        return text_for(code) if code else None
    if not order_states.is_allowed(action, order.state):
        return text_for(f"cannot_{action}", {"state": order.state})
    if action == "invoice" and not any(map(order_states.count_left_to_invoice, order.items)):
        return text_for("nothing_to_invoice")
    if action == "ship" and not any(map(order_states.count_left_to_ship, order.items)):
        return text_for("nothing_to_ship")
    if action == "ship":
        reason = shipment_confirmation.find_blocked_reason(
            order.amazon_order, writable=order.store.import_orders, cancelling=order.cancelling
        )
        return text_for(reason) if reason else None
    nothing_paid = order.total_invoiced <= order.total_refunded + order.total_refunding
    if action == "refund" and nothing_paid and not any(map(order_states.count_left_to_refund, order.items)):
        return text_for("nothing_to_refund")
    return None
