"""Confirmation states of shipments at Amazon: one of the values of `order_states.derive`."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, select
from sqlalchemy.orm import Session

from webapp.db.any_of import any_of
from webapp.domain.orders import state_machine as order_states
from webapp.domain.submissions import shipment_confirmation
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.shipments import Parcel
from webapp.models.submissions import Submission

_LATEST_STATE = (
    select(Submission.state)
    .where(
        Submission.amazon_order_id == Order.amazon_order_id,
        Submission.kind == shipment_confirmation.KIND,
        Submission.subject == cast(Parcel.reference, String),
    )
    .order_by(Submission.id.desc())
    .limit(1)
    .correlate(Order, Parcel)
    .scalar_subquery()
)
_PARCELS = (
    select(Order.id, AmazonOrder.status, _LATEST_STATE)
    .join_from(Parcel, Order, Order.id == Parcel.order_id)
    .join(AmazonOrder, AmazonOrder.id == Order.amazon_order_id)
)


def find_confirmation(session: Session, order_id: int) -> str:
    """Return the confirmation state of an order's parcels at Amazon; CONFIRMED where it has none."""
    confirmations = _load_by_order(session, _PARCELS.where(Order.id == order_id))
    return confirmations.get(order_id, order_states.CONFIRMED)


def load_confirmations(session: Session, amazon_order_ids: Collection[int]) -> dict[int, str]:
    """Return the same for these Amazon orders, by order id, without orders that have no parcels."""
    return _load_by_order(session, _PARCELS.where(Order.amazon_order_id.in_(amazon_order_ids)))


def load_changed_confirmations(session: Session, amazon_order_ids: Collection[int]) -> dict[int, str]:
    """Return the same for the orders whose state may change because of it."""
    condition: ColumnElement[bool] = Order.state.in_(_FOLLOWING)
    parcels = _PARCELS.add_columns(Order.state).where(Order.amazon_order_id.in_(amazon_order_ids), condition)
    rows = session.execute(parcels).all()
    states = {row[0]: row[3] for row in rows}
    confirmations = _group_by_order(rows)
    return {
        id_: confirmation for id_, confirmation in confirmations.items() if confirmation != _SETTLED.get(states[id_])
    }


def load_failed_numbers(session: Session, order_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Return the tracking numbers of parcels to retry, correct or remove, by order id."""
    numbers_by_order: dict[int, set[str]] = defaultdict(set)
    parcels = _PARCELS.add_columns(Parcel.tracking_number).where(any_of(Order.id, "ids"))
    for order_id, status, state, number in session.execute(parcels, {"ids": list(order_ids)}):
        if shipment_confirmation.derive_confirmation(status, [state]) == order_states.FAILED:
            numbers_by_order[order_id].add(number)
    return {order_id: frozenset(numbers) for order_id, numbers in numbers_by_order.items()}


# The states that depend on confirmations, and the confirmation implied by each.
_FOLLOWING = (order_states.PROCESSING, order_states.AWAITING, order_states.COMPLETE)
_SETTLED = {
    order_states.PROCESSING: order_states.FAILED,
    order_states.AWAITING: order_states.UNCONFIRMED,
    order_states.COMPLETE: order_states.CONFIRMED,
}


def _load_by_order(session: Session, parcels: Select[Any]) -> dict[int, str]:
    return _group_by_order(session.execute(parcels).all())


def _group_by_order(rows: Collection[Any]) -> dict[int, str]:
    states: dict[tuple[int, str], list[str | None]] = defaultdict(list)
    for row in rows:
        states[row[0], row[1]].append(row[2])
    return {
        id_: shipment_confirmation.derive_confirmation(status, submission_states)
        for (id_, status), submission_states in states.items()
    }
