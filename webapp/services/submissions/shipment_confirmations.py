"""Confirm shipments to Amazon: one submission for each parcel.

The parcel's reference makes a confirmation safe to repeat: a second one corrects the package at Amazon. Quantities
count as shipped as soon as the shipment is created; the order is complete only when Amazon shows all of its parcels.
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
from webapp.services.accounts import locking
from webapp.services.orders import editing as order_editing
from webapp.services.submissions import transitions as submission_transitions
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.submissions.handlers import PreflightFailure, SubmissionHandler, register

# The cause for parcels without a tracking number, which confirmShipment does not accept.
UNTRACKED = "ship_untracked"


def enqueue(
    session: Session,
    amazon_order: AmazonOrder,
    shipment: Shipment,
    parcel: Parcel,
    *,
    ship_anyway: bool = False,
    confirmed_by_amazon: bool = False,
    undo_seconds: int,
    now: datetime,
    actor: str,
) -> Submission:
    """Queue the confirmation of a parcel. Requires the account lock; does not commit.

    The confirmation of a parcel without a tracking number is rejected at once, since Amazon would not accept it.
    `ship_anyway`: a user decided to ship although the buyer asked to cancel, so this is no conflict.
    `confirmed_by_amazon`: the parcel's label was bought from Amazon. Nothing is sent: the submission counts as accepted
    and is verified when the order shows the package.
    """
    details = build_submission_details(shipment, parcel) | _build_correction_details(amazon_order, parcel)
    if ship_anyway:
        details["ship_anyway"] = True
    if confirmed_by_amazon:
        details["confirmed_by_amazon"] = True
    submission = submission_actions.enqueue(
        session,
        shipment_confirmation.KIND,
        amazon_order,
        details,
        subject=str(parcel.reference),
        undo_seconds=undo_seconds,
        now=now,
        actor=actor,
    )
    if confirmed_by_amazon:
        submission_transitions.apply(submission, "send", now)
        submission_transitions.accept(session, submission, now)
    elif not parcel.tracking_number:
        submission_transitions.reject(session, submission, None, now, cause=UNTRACKED)
    return submission


def build_submission_details(shipment: Shipment, parcel: Parcel) -> dict[str, Any]:
    """Return the `details` of a parcel's submission, for display."""
    return {
        "shipment": shipment.number,
        "reference": parcel.reference,
        "carrier": parcel.title or parcel.carrier,
        "tracking_number": parcel.tracking_number,
    }


def find_latest(session: Session, parcel: Parcel) -> Submission | None:
    """Return the latest submission of the parcel."""
    statement = (
        select(Submission)
        .join(Order, Order.amazon_order_id == Submission.amazon_order_id)
        .where(
            Order.id == parcel.order_id,
            Submission.kind == shipment_confirmation.KIND,
            Submission.subject == str(parcel.reference),
        )
    )
    return session.scalar(statement.order_by(Submission.id.desc()).limit(1))


def find_parcel(session: Session, submission: Submission) -> Parcel | None:
    """Return the parcel of a submission, or None if it has been deleted."""
    statement = (
        select(Parcel)
        .join(Order, Order.id == Parcel.order_id)
        .where(Order.amazon_order_id == submission.amazon_order_id, Parcel.reference == int(submission.subject))
    )
    return session.scalar(statement.options(selectinload(Parcel.items)))


def _build_correction_details(amazon_order: AmazonOrder, parcel: Parcel) -> dict[str, Any]:
    """Return the details of a correction if Amazon shows the parcel already."""
    for package in amazon_order.packages:
        if package.reference == str(parcel.reference):
            changed = package.carrier not in {parcel.carrier, parcel.title}
            return {"corrects": True, "carrier_was": package.carrier if changed else None}
    return {}


@register
class ShipmentConfirmationHandler(SubmissionHandler):
    """Sent by `confirmShipment`, verified by the packages of the order."""

    name = shipment_confirmation.KIND
    note_prefix = "ship"
    not_needed_cause = "shipped_meanwhile"
    accepts_synced_data = True

    def build_call(self, session: Session, submission: Submission) -> Callable[[AmazonGateway], None]:
        parcel = self._load_parcel(session, submission)
        item_ids, order = _map_amazon_item_ids(session, parcel), submission.amazon_order
        shipment = session.get_one(Shipment, parcel.shipment_id)
        # Amazon rejects a ship date in its future. `changed_at` is the present: the state has just changed.
        latest_time = clock_corrections.amazon_time(session, submission.account_id, submission.changed_at)
        sent_parcel = shipment_confirmation.build_parcel(
            parcel.reference,
            parcel.carrier,
            parcel.title,
            parcel.tracking_number,
            min(shipment.shipped_at or shipment.created_at, latest_time),
            [(item_ids[item.order_item_id], item.quantity) for item in parcel.items],
            shipping_method=parcel.shipping_method,
            transparency_codes={
                item_ids[item.order_item_id]: item.transparency_codes
                for item in parcel.items
                if item.transparency_codes
            },
            collects_cash=shipment_confirmation.is_collected_in_cash(
                order.store.marketplace.country_code, order.handling, order.payment_methods
            ),
        )
        number, marketplace_id = order.number, order.store.marketplace_id
        return lambda gateway: gateway.confirm_shipment(number, marketplace_id, sent_parcel)

    def check_preflight(self, session: Session, submission: Submission) -> PreflightFailure | None:
        order = submission.amazon_order
        error = shipment_confirmation.find_refusal_reason(order)
        if error:
            return PreflightFailure(error)
        parcel = self._load_parcel(session, submission)
        item_ids = _map_amazon_item_ids(session, parcel)
        cause = shipment_confirmation.find_conflict(
            order,
            {item.order_item_id: item.quantity - item.quantity_shipped for item in order.items},
            {item_ids[item.order_item_id]: item.quantity for item in parcel.items},
            is_confirmed=any(package.reference == str(parcel.reference) for package in order.packages),
            ship_anyway=bool(submission.details.get("ship_anyway")),
        )
        return PreflightFailure(cause, conflict=True) if cause else None

    def is_shown_by(self, session: Session, submission: Submission, amazon_order: amazon_types.AmazonOrder) -> bool:
        if not amazon_order.packages:
            return False
        if submission.details.get("corrects") and submission.state in {states.QUEUED, states.CONFLICT}:
            # Amazon still shows the data that is to be corrected.
            return False
        details = submission.details
        sent_parcel = shipment_confirmation.SentParcel(
            str(details["reference"]), details["tracking_number"], details.get("carrier_was")
        )
        return shipment_confirmation.is_visible(amazon_order.packages, sent_parcel)

    def order_id(self, session: Session, submission: Submission) -> int | None:
        return session.scalar(select(Order.id).where(Order.amazon_order_id == submission.amazon_order_id))

    def update_order(self, session: Session, submission: Submission, *, now: datetime, actor: str) -> None:
        """Reopen the order if its confirmation failed, and complete it again later."""
        order_editing.update_from_confirmations(session, [submission.amazon_order_id], now=now, actor=actor)

    def event_args(self, submission: Submission) -> dict[str, Any]:
        return {name: submission.details[name] for name in ("shipment", "reference", "carrier", "tracking_number")}

    def resubmit(
        self, session: Session, old: Submission, *, undo_seconds: int, now: datetime, actor: str
    ) -> Submission:
        locking.lock_orders(session, old.account_id)
        error = self.resubmit_error(session, old)
        if error:
            session.rollback()
            raise RefusedError(error)
        parcel = self._load_parcel(session, old)
        shipment = session.get_one(Shipment, parcel.shipment_id)
        try:
            submission = enqueue(
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
        self.update_order(session, submission, now=now, actor=actor)
        session.commit()
        return submission

    def resubmit_error(self, session: Session, old: Submission) -> str | None:
        parcel = find_parcel(session, old)
        if parcel is None:
            return "parcel_gone"
        if not parcel.tracking_number:
            return UNTRACKED
        latest = find_latest(session, parcel)
        return "parcel_being_told" if latest is not None and latest.open else None

    def _load_parcel(self, session: Session, submission: Submission) -> Parcel:
        parcel = find_parcel(session, submission)
        if parcel is None:
            raise LookupError(f"The parcel of submission {submission.id} has been deleted")
        return parcel


def _map_amazon_item_ids(session: Session, parcel: Parcel) -> dict[int, str]:
    """Return {our id: Amazon's id} of the items of the parcel's order."""
    items = select(OrderItem.id, OrderItem.order_item_id).where(OrderItem.order_id == parcel.order_id)
    return {row.id: row.order_item_id for row in session.execute(items)}
