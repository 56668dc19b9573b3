"""A parcel after it was written: correcting it, and taking it back where Amazon has not taken it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import number_sequences
from webapp.domain.amazon import statuses
from webapp.domain.errors import NotFoundError, RefusedError
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
from webapp.services.sync import reconciliation

# Amazon has it, or may have it in a moment.
_UNDER_WAY = frozenset({states.SENDING, states.SENT, states.ACCEPTED})


def edit(
    session: Session,
    parcel_id: int,
    *,
    carrier: str,
    title: str,
    tracking_number: str,
    undo_seconds: int,
    shared: bool = False,
    confirmed: bool = False,
    now: datetime,
    actor: str,
) -> Submission:
    """Correct who carries it and by which number, and tell Amazon. Commits; answers what Amazon is being told.

    `shared`: a person says that another order, which has the same number, is in this parcel too.
    `confirmed`: a person says that the number is right; one that was confirmed before needs no second time.
    Raises InvalidError for what cannot be taken, RefusedError while Amazon is being told of it.
    """
    with order_editing.edit_order(session, _order_id(session, parcel_id)) as order:
        parcel = _fresh(session, parcel_id)
        was_confirmed = bool(parcel.tracking_warning) and carriers.clean(tracking_number) == parcel.tracking_number
        draft = parcels.cleaned(
            parcels.Parcel(None, carrier, title, tracking_number, shared=shared, confirmed=confirmed or was_confirmed),
            order.store.marketplace.country_code,
        )
        last = shipment_confirmations.latest(session, parcel)
        if last is not None and last.state in _UNDER_WAY:
            raise RefusedError("parcel_being_told")
        if draft.tracking_number != parcel.tracking_number:
            # As when a shipment is written: who holds its counter sees every tracking number written so far.
            number_sequences.lock(session, "shipment")
            shipments.check_numbers(session, order, [draft])
        parcel.carrier, parcel.title, parcel.tracking_number = draft.carrier, draft.title, draft.tracking_number
        is_confirmed_now = draft.question not in {"", parcel.tracking_warning} or not was_confirmed
        parcel.tracking_warning = draft.question
        shipment = session.get_one(Shipment, parcel.shipment_id)
        about = {"number": shipment.number, "carrier": parcel.title, "tracking_number": parcel.tracking_number}
        audit_log.record_on_order(session, "parcel_edited", order, now=now, actor=actor, **about)
        if is_confirmed_now:
            shipments.record_confirmed(session, order, shipment.number, [parcel], now=now, actor=actor)
        order.version += 1
        if last is not None and last.open:
            submission_transitions.undo(session, last, now=now, actor=actor)
            session.flush()
        told = shipment_confirmations.enqueue(
            session,
            order.amazon_order,
            shipment,
            parcel,
            ship_anyway=last is not None and bool(last.details.get("ship_anyway")),
            undo_seconds=undo_seconds,
            now=now,
            actor=actor,
        )
        order_editing.follow_confirmations(session, [order.amazon_order_id], now=now, actor=actor)
        return told


def take_back(session: Session, parcel_id: int, *, now: datetime, actor: str) -> None:
    """The parcel never left, or Amazon will not hear of it: its pieces are to be shipped again. Commits.

    Raises RefusedError where Amazon has it, or may have it in a moment.
    """
    with order_editing.edit_order(session, _order_id(session, parcel_id)) as order:
        _take_back(session, order, _fresh(session, parcel_id), now=now, actor=actor)


def cancel_instead(
    session: Session, parcel_id: int, reason: str, *, undo_seconds: int, now: datetime, actor: str
) -> Submission:
    """Take the parcel back and ask Amazon to cancel its order, both or neither. Commits.

    Raises RefusedError and InvalidError as the two do: an order that another parcel has left for is not cancelled.
    """
    with order_editing.edit_order(session, _order_id(session, parcel_id)) as order:
        _take_back(session, order, _fresh(session, parcel_id), now=now, actor=actor)
        session.flush()
        return cancellations.ask(session, order.amazon_order, reason, undo_seconds=undo_seconds, now=now, actor=actor)


def refusal_to_take_back(session: Session, parcel: Parcel, mirror: AmazonOrder) -> str | None:
    """Why it cannot be taken back, as a code of `sentences`, or None."""
    last = shipment_confirmations.latest(session, parcel)
    if last is not None and last.state in _UNDER_WAY:
        return "parcel_being_told"
    known = any(
        package.reference == str(parcel.reference)
        or (parcel.tracking_number and package.tracking_number == parcel.tracking_number)
        for package in mirror.packages
    )
    return "parcel_at_amazon" if known or (last is not None and last.state == states.VERIFIED) else None


def _take_back(session: Session, order: Order, parcel: Parcel, *, now: datetime, actor: str) -> None:
    mirror = order.amazon_order
    refused = refusal_to_take_back(session, parcel, mirror)
    if refused:
        raise RefusedError(refused)
    last = shipment_confirmations.latest(session, parcel)
    if last is not None and last.open:
        submission_transitions.undo(session, last, now=now, actor=actor)
    there = {item.order_item_id: item.quantity_shipped for item in mirror.items}
    lines = {line.id: line for line in order.items}
    for item in parcel.items:
        line = lines[item.order_item_id]
        # What Amazon counts as shipped has left by another door.
        line.shipped = max(line.shipped - item.quantity, min(line.shipped, there.get(line.order_item_id, 0)))
        if order.state == order_states.CANCELED:
            line.canceled = line.ordered - line.shipped
    shipment = session.get_one(Shipment, parcel.shipment_id)
    pieces = sum(item.quantity for item in parcel.items)
    about = {"number": shipment.number, "quantity": pieces, "tracking_number": parcel.tracking_number}
    for item in parcel.items:
        session.delete(item)
    session.flush()
    session.delete(parcel)
    session.flush()
    session.expire(shipment, ["parcels"])
    audit_log.record_on_order(session, "parcel_taken_back", order, now=now, actor=actor, **about)
    order_editing.recompute(session, order, now=now, actor=actor)
    if mirror.status == statuses.CANCELLED:
        reconciliation.cancel(session, order, now=now)
        stock_ledger.reconcile(session, [order.amazon_order_id], now=now, actor=actor)


def _fresh(session: Session, parcel_id: int) -> Parcel:
    """As it is under the lock. Whoever showed it before may have waited for the one who took it back."""
    parcel = session.get(Parcel, parcel_id, populate_existing=True)
    if parcel is None:
        raise NotFoundError("parcel_unknown", name=parcel_id)
    return parcel


def _order_id(session: Session, parcel_id: int) -> int:
    order_id = session.scalar(select(Parcel.order_id).where(Parcel.id == parcel_id))
    if order_id is None:
        raise NotFoundError("parcel_unknown", name=parcel_id)
    return order_id
