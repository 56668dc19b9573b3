"""Correct and delete parcels of existing shipments."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import number_sequences
from webapp.domain.amazon import statuses
from webapp.domain.errors import RefusedError, require
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping import carriers, parcels
from webapp.domain.submissions import state_machine as states
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.shipments import Parcel, Shipment
from webapp.models.submissions import Submission
from webapp.services import audit_log
from webapp.services.orders import editing as order_editing
from webapp.services.products import stock_ledger
from webapp.services.shipping import shipments
from webapp.services.submissions import cancellations, shipment_confirmations
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.sync.importing import reconciliation

# Amazon has the confirmation, or may have it in a moment.
_AT_AMAZON = frozenset({states.SENDING, states.SENT, states.ACCEPTED})


def edit(
    session: Session,
    parcel_id: int,
    *,
    carrier: str,
    title: str,
    tracking_number: str,
    undo_seconds: int,
    shipping_method: str | None = None,
    shared: bool = False,
    confirmed: bool = False,
    now: datetime,
    actor: str,
) -> Submission:
    """Correct carrier and tracking number, and queue the confirmation to Amazon. Commits; returns the submission.

    `shipping_method`: None leaves it as it is.
    `shared`: the user confirmed that the other order with the same number is in this parcel too. `confirmed`: the user
    confirmed the number; this is stored for the same number. Raises InvalidError for an invalid number, RefusedError
    while a confirmation is being sent.
    """
    with order_editing.edit_order(session, _get_order_id(session, parcel_id)) as order:
        parcel = _reload(session, parcel_id)
        was_confirmed = bool(parcel.tracking_warning) and carriers.clean(tracking_number) == parcel.tracking_number
        draft = parcels.clean_carrier(
            parcels.Parcel(
                None,
                carrier,
                title,
                tracking_number,
                shared=shared,
                confirmed=confirmed or was_confirmed,
                shipping_method=parcel.shipping_method if shipping_method is None else shipping_method,
            ),
            order.store.marketplace.country_code,
        )
        last_submission = shipment_confirmations.find_latest(session, parcel)
        if last_submission is not None and last_submission.state in _AT_AMAZON:
            raise RefusedError("parcel_being_told")
        if draft.tracking_number != parcel.tracking_number:
            # As when a shipment is created: with this lock all tracking numbers stored so far are visible.
            number_sequences.lock(session, "shipment")
            shipments.check_tracking_numbers(session, order, [draft])
        parcel.carrier, parcel.title, parcel.tracking_number = draft.carrier, draft.title, draft.tracking_number
        parcel.shipping_method = draft.shipping_method
        is_confirmed_now = draft.question not in {"", parcel.tracking_warning} or not was_confirmed
        parcel.tracking_warning = draft.question
        shipment = session.get_one(Shipment, parcel.shipment_id)
        event_args = {"number": shipment.number, "carrier": parcel.title, "tracking_number": parcel.tracking_number}
        audit_log.record_on_order(session, "parcel_edited", order, now=now, actor=actor, **event_args)
        if is_confirmed_now:
            shipments.record_confirmed_numbers(session, order, shipment.number, [parcel], now=now, actor=actor)
        order.version += 1
        if last_submission is not None and last_submission.open:
            submission_transitions.undo(session, last_submission, now=now, actor=actor)
            session.flush()
        submission = shipment_confirmations.enqueue(
            session,
            order.amazon_order,
            shipment,
            parcel,
            ship_anyway=last_submission is not None and bool(last_submission.details.get("ship_anyway")),
            undo_seconds=undo_seconds,
            now=now,
            actor=actor,
        )
        order_editing.update_from_confirmations(session, [order.amazon_order_id], now=now, actor=actor)
        return submission


def delete(session: Session, parcel_id: int, *, now: datetime, actor: str) -> None:
    """Delete a parcel that was not sent; its units are to be shipped again. Commits.

    Raises RefusedError if Amazon has it, or may have it in a moment.
    """
    with order_editing.edit_order(session, _get_order_id(session, parcel_id)) as order:
        _delete(session, order, _reload(session, parcel_id), now=now, actor=actor)


def delete_and_cancel_order(
    session: Session, parcel_id: int, reason: str, *, undo_seconds: int, now: datetime, actor: str
) -> Submission:
    """Delete the parcel and queue the cancellation of its order in one transaction. Commits.

    Raises RefusedError and InvalidError, for example if the order has another parcel.
    """
    with order_editing.edit_order(session, _get_order_id(session, parcel_id)) as order:
        _delete(session, order, _reload(session, parcel_id), now=now, actor=actor)
        session.flush()
        return cancellations.enqueue(
            session, order.amazon_order, reason, undo_seconds=undo_seconds, now=now, actor=actor
        )


def delete_error(session: Session, parcel: Parcel, amazon_order: AmazonOrder) -> str | None:
    """Return the reason the parcel cannot be deleted, as a message code, or None."""
    last_submission = shipment_confirmations.find_latest(session, parcel)
    if last_submission is not None and last_submission.state in _AT_AMAZON:
        return "parcel_being_told"
    is_at_amazon = any(
        package.reference == str(parcel.reference)
        or (parcel.tracking_number and package.tracking_number == parcel.tracking_number)
        for package in amazon_order.packages
    )
    return (
        "parcel_at_amazon"
        if is_at_amazon or (last_submission is not None and last_submission.state == states.VERIFIED)
        else None
    )


def _delete(session: Session, order: Order, parcel: Parcel, *, now: datetime, actor: str) -> None:
    amazon_order = order.amazon_order
    error = delete_error(session, parcel, amazon_order)
    if error:
        raise RefusedError(error)
    last_submission = shipment_confirmations.find_latest(session, parcel)
    if last_submission is not None and last_submission.open:
        submission_transitions.undo(session, last_submission, now=now, actor=actor)
    shipped_at_amazon = {item.order_item_id: item.quantity_shipped for item in amazon_order.items}
    lines = {line.id: line for line in order.items}
    for item in parcel.items:
        line = lines[item.order_item_id]
        # Units that Amazon counts as shipped were shipped elsewhere.
        line.shipped = max(
            line.shipped - item.quantity, min(line.shipped, shipped_at_amazon.get(line.order_item_id, 0))
        )
        if order.state == order_states.CANCELED:
            line.canceled = line.ordered - line.shipped
    shipment = session.get_one(Shipment, parcel.shipment_id)
    quantity = sum(item.quantity for item in parcel.items)
    event_args = {"number": shipment.number, "quantity": quantity, "tracking_number": parcel.tracking_number}
    for item in parcel.items:
        session.delete(item)
    session.flush()
    session.delete(parcel)
    session.flush()
    session.expire(shipment, ["parcels"])
    audit_log.record_on_order(session, "parcel_taken_back", order, now=now, actor=actor, **event_args)
    order_editing.recompute(session, order, now=now, actor=actor)
    if amazon_order.status == statuses.CANCELLED:
        reconciliation.cancel(session, order, now=now)
        stock_ledger.reconcile(session, [order.amazon_order_id], now=now, actor=actor)


def _reload(session: Session, parcel_id: int) -> Parcel:
    """Reload the parcel under the lock: it may have been deleted meanwhile."""
    return require(session.get(Parcel, parcel_id, populate_existing=True), "parcel_unknown", name=parcel_id)


def _get_order_id(session: Session, parcel_id: int) -> int:
    return require(
        session.scalar(select(Parcel.order_id).where(Parcel.id == parcel_id)), "parcel_unknown", name=parcel_id
    )
