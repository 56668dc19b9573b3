"""Telling Amazon of the parcels that left here: one submission a parcel.

The parcel's reference makes telling it safe to repeat: told again it corrects the parcel Amazon knows. Quantities count
as shipped as soon as the shipment is created; the order is complete only when Amazon shows all of its parcels.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from webapp.domain.amazon import types as amazon_types
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.errors import RefusedError
from webapp.domain.submissions import shipment_confirmation
from webapp.domain.submissions import state_machine as states
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order, OrderItem
from webapp.models.shipments import Parcel, Shipment
from webapp.models.submissions import Submission
from webapp.services import clock_corrections
from webapp.services.accounts import accounts
from webapp.services.orders import editing as order_editing
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.submissions.handlers import PreflightFailure, SubmissionHandler, register

# Amazon takes no parcel without these through its interface.
UNTRACKED = "ship_untracked"


def enqueue(
    session: Session,
    mirror: AmazonOrder,
    shipment: Shipment,
    parcel: Parcel,
    *,
    ship_anyway: bool = False,
    undo_seconds: int,
    now: datetime,
    actor: str,
) -> Submission:
    """Queue the telling of a parcel. Does not commit; the account is locked by the caller.

    A parcel without a tracking number is written down as not told, since Amazon would not take it. `ship_anyway`: a
    person decided to ship although the buyer asks to cancel, so this is not asked again.
    """
    details = details_of(shipment, parcel) | _correction(mirror, parcel)
    if ship_anyway:
        details["ship_anyway"] = True
    submission = submission_actions.enqueue(
        session,
        KIND.name,
        mirror,
        details,
        subject=str(parcel.reference),
        undo_seconds=undo_seconds,
        now=now,
        actor=actor,
    )
    if not parcel.tracking_number:
        submission_transitions.reject(session, submission, None, now, cause=UNTRACKED)
    return submission


def details_of(shipment: Shipment, parcel: Parcel) -> dict[str, Any]:
    """What is kept of the parcel in its submission, for people to read."""
    return {
        "shipment": shipment.number,
        "reference": parcel.reference,
        "carrier": parcel.title or parcel.carrier,
        "tracking_number": parcel.tracking_number,
    }


def latest(session: Session, parcel: Parcel) -> Submission | None:
    """What Amazon was told of the parcel last."""
    mine = (
        select(Submission)
        .join(Order, Order.amazon_order_id == Submission.amazon_order_id)
        .where(
            Order.id == parcel.order_id,
            Submission.kind == shipment_confirmation.KIND,
            Submission.subject == str(parcel.reference),
        )
    )
    return session.scalar(mine.order_by(Submission.id.desc()).limit(1))


def parcel_of(session: Session, submission: Submission) -> Parcel | None:
    """The parcel it is about; None when it was taken back."""
    mine = (
        select(Parcel)
        .join(Order, Order.id == Parcel.order_id)
        .where(Order.amazon_order_id == submission.amazon_order_id, Parcel.reference == int(submission.subject))
    )
    return session.scalar(mine.options(selectinload(Parcel.items)))


def _correction(mirror: AmazonOrder, parcel: Parcel) -> dict[str, Any]:
    """What Amazon shows of the parcel already, where it does: then telling it corrects it."""
    for package in mirror.packages:
        if package.reference == str(parcel.reference):
            changed = package.carrier not in {parcel.carrier, parcel.title}
            return {"corrects": True, "carrier_was": package.carrier if changed else None}
    return {}


class _Confirmation(SubmissionHandler):
    """By `confirmShipment`, proved by the order's packages."""

    name = shipment_confirmation.KIND
    word = "ship"
    meanwhile = "shipped_meanwhile"
    fresh_by_sync = True

    def call(self, session: Session, submission: Submission) -> Callable[[AmazonGateway], None]:
        parcel = self._parcel(session, submission)
        ids = _amazon_ids(session, parcel)
        shipment = session.get_one(Shipment, parcel.shipment_id)
        # Amazon refuses a parcel that is shipped in its future; this has just been moved on, so that is the present.
        latest = clock_corrections.amazon_time(session, submission.account_id, submission.changed_at)
        told = shipment_confirmation.parcel(
            parcel.reference,
            parcel.carrier,
            parcel.title,
            parcel.tracking_number,
            min(shipment.shipped_at or shipment.created_at, latest),
            [(ids[item.order_item_id], item.quantity) for item in parcel.items],
        )
        order = submission.amazon_order
        number, marketplace_id = order.number, order.store.marketplace_id
        return lambda port: port.confirm_shipment(number, marketplace_id, told)

    def objection(self, session: Session, submission: Submission) -> PreflightFailure | None:
        order = submission.amazon_order
        refused = shipment_confirmation.refusal(order)
        if refused:
            return PreflightFailure(refused)
        parcel = self._parcel(session, submission)
        ids = _amazon_ids(session, parcel)
        cause = shipment_confirmation.conflict(
            order,
            {item.order_item_id: item.quantity - item.quantity_shipped for item in order.items},
            {ids[item.order_item_id]: item.quantity for item in parcel.items},
            known=any(package.reference == str(parcel.reference) for package in order.packages),
            ship_anyway=bool(submission.details.get("ship_anyway")),
        )
        return PreflightFailure(cause, conflict=True) if cause else None

    def proved(self, session: Session, submission: Submission, said: amazon_types.AmazonOrder) -> bool:
        if not said.packages:
            return False
        if submission.details.get("corrects") and submission.state in {states.QUEUED, states.CONFLICT}:
            # What Amazon shows of it is what is to be corrected.
            return False
        details = submission.details
        told = shipment_confirmation.SentParcel(
            str(details["reference"]), details["tracking_number"], details.get("carrier_was")
        )
        return shipment_confirmation.is_visible(said.packages, told)

    def order_id(self, session: Session, submission: Submission) -> int | None:
        return session.scalar(select(Order.id).where(Order.amazon_order_id == submission.amazon_order_id))

    def settle(self, session: Session, submission: Submission, *, now: datetime, actor: str) -> None:
        """Put the order back into the work when its shipment failed, or out of it again."""
        order_editing.follow_confirmations(session, [submission.amazon_order_id], now=now, actor=actor)

    def event_args(self, submission: Submission) -> dict[str, Any]:
        return {name: submission.details[name] for name in ("shipment", "reference", "carrier", "tracking_number")}

    def again(self, session: Session, old: Submission, *, undo_seconds: int, now: datetime, actor: str) -> Submission:
        accounts.lock_orders(session, old.account_id)
        refused = self.refusal_again(session, old)
        if refused:
            session.rollback()
            raise RefusedError(refused)
        parcel = self._parcel(session, old)
        shipment = session.get_one(Shipment, parcel.shipment_id)
        try:
            told = enqueue(
                session,
                old.amazon_order,
                shipment,
                parcel,
                ship_anyway=bool(old.details.get("ship_anyway")),
                undo_seconds=undo_seconds,
                now=now,
                actor=actor,
            )
        except IntegrityError:
            session.rollback()
            raise RefusedError("parcel_being_told") from None
        self.settle(session, told, now=now, actor=actor)
        session.commit()
        return told

    def refusal_again(self, session: Session, old: Submission) -> str | None:
        parcel = parcel_of(session, old)
        if parcel is None:
            return "parcel_gone"
        if not parcel.tracking_number:
            return UNTRACKED
        newest = latest(session, parcel)
        return "parcel_being_told" if newest is not None and newest.open else None

    def _parcel(self, session: Session, submission: Submission) -> Parcel:
        parcel = parcel_of(session, submission)
        if parcel is None:
            raise LookupError(f"submission {submission.id} is about a parcel that is no more")
        return parcel


def _amazon_ids(session: Session, parcel: Parcel) -> dict[int, str]:
    """Our id of each line of the parcel's Order → Amazon's."""
    mine = select(OrderItem.id, OrderItem.order_item_id).where(OrderItem.order_id == parcel.order_id)
    return {row.id: row.order_item_id for row in session.execute(mine)}


KIND = register(_Confirmation())
