"""Sending an Order, or part of it, in parcels."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import number_sequences
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.shipping import parcels, shared_parcels
from webapp.domain.submissions import cancellation, shipment_confirmation
from webapp.models.amazon_orders import AmazonOrder, AmazonPackage
from webapp.models.orders import Order
from webapp.models.shipments import Parcel, ParcelItem, Shipment
from webapp.models.submissions import Submission
from webapp.services import audit_log
from webapp.services.mail import outbox as mail_outbox
from webapp.services.orders import comments
from webapp.services.orders import editing as order_editing
from webapp.services.submissions import shipment_confirmations
from webapp.services.submissions import user_actions as submission_actions


def create(
    session: Session,
    order_id: int,
    packed: Sequence[parcels.Parcel] = (parcels.Parcel(),),
    *,
    comment: str = "",
    notify: bool = False,
    append: bool = True,
    undo_seconds: int = submission_actions.UNDO_SECONDS,
    seen: int | None = None,
    shipped_at: datetime | None = None,
    ship_anyway: bool = False,
    now: datetime,
    actor: str,
) -> Shipment:
    """Write a shipment of these parcels; by default of one, untracked, with all that is left. Commits.

    `ship_anyway`: the person knows that the buyer asks to cancel; without it such an order is refused.
    `shipped_at`: when the carrier took it, where that was not now. Amazon is told of each parcel after `undo_seconds`;
    of one without a tracking number once it has one.
    Raises InvalidError for what cannot be taken, RefusedError where the Order cannot be shipped or a tracking number
    belongs to another parcel; nothing is changed then.
    """
    with order_editing.edit_order(session, order_id, "ship", seen=seen) as order:
        refused = refusal(session, order)
        if refused:
            raise RefusedError(refused)
        asked_to_cancel = shipment_confirmation.asked_to_cancel(order.amazon_order)
        if asked_to_cancel and not ship_anyway:
            raise InvalidError("ship_anyway_required", field="ship_anyway")
        drafts = parcels.shipment(order.items, packed, order.store.marketplace.country_code)
        # The counter's row is everybody's: who holds it sees every tracking number written so far.
        number = str(number_sequences.next_numbers(session, "shipment")[0])
        check_numbers(session, order, drafts)
        shipment = Shipment(number=number, order_id=order.id, created_at=now, shipped_at=shipped_at)
        reference = _next_reference(session, order)
        lines = {item.id: item for item in order.items}
        for place, draft in enumerate(drafts):
            shipment.parcels.append(_parcel(draft, order.id, reference + place))
            for line_id, pieces in (draft.quantities or {}).items():
                lines[line_id].shipped += pieces
        session.add(shipment)
        session.flush()
        said = comments.write(
            session, order, comment, notify=notify and append, now=now, actor=actor, shipment_id=shipment.id
        )
        if notify:
            mail_outbox.queue_document(
                session, "shipment", order, shipment.id, comment=said if append else None, now=now, actor=actor
            )
        about = {"number": number, "quantity": sum(shipment.quantities.values()), "parcels": len(drafts)}
        audit_log.record_on_order(session, "order_shipped", order, now=now, actor=actor, **about)
        record_confirmed(session, order, number, shipment.parcels, now=now, actor=actor)
        for parcel in shipment.parcels:
            shipment_confirmations.enqueue(
                session,
                order.amazon_order,
                shipment,
                parcel,
                ship_anyway=asked_to_cancel,
                undo_seconds=undo_seconds,
                now=now,
                actor=actor,
            )
        order_editing.recompute(session, order, now=now, actor=actor)
    return shipment


def _parcel(draft: parcels.Parcel, order_id: int, reference: int) -> Parcel:
    return Parcel(
        order_id=order_id,
        reference=reference,
        carrier=draft.carrier,
        title=draft.title,
        tracking_number=draft.tracking_number,
        tracking_warning=draft.question,
        items=[ParcelItem(order_item_id=id_, quantity=pieces) for id_, pieces in (draft.quantities or {}).items()],
    )


def record_confirmed(
    session: Session, order: Order, number: str, confirmed: Sequence[Parcel], *, now: datetime, actor: str
) -> None:
    """Record in the history which tracking numbers of a shipment a person confirmed, and why they were a question."""
    for parcel in confirmed:
        if parcel.tracking_warning:
            about = {"number": number, "tracking_number": parcel.tracking_number, "carrier": parcel.title}
            audit_log.record_on_order(
                session,
                "tracking_confirmed_by_person",
                order,
                now=now,
                actor=actor,
                **about,
                question=parcel.tracking_warning,
            )


def refusal(session: Session, order: Order) -> str | None:
    """Why none of it can be sent now, as a code of `sentences`, or None."""
    asked = select(Submission.id).where(
        Submission.amazon_order_id == order.amazon_order_id, Submission.kind == cancellation.KIND, Submission.open
    )
    cancelling = session.scalar(asked) is not None
    return shipment_confirmation.blocked_reason(
        order.amazon_order, writable=order.store.import_orders, cancelling=cancelling
    )


def check_numbers(session: Session, order: Order, drafts: Sequence[parcels.Parcel]) -> None:
    """Check that no other parcel has the tracking number of one of these, here or at Amazon.

    Another order may have it where both are in one parcel: their recipient is the same, or a person says so.
    Raises RefusedError.
    """
    shared = {draft.tracking_number: draft.shared for draft in drafts if draft.tracking_number}
    here = select(Parcel.tracking_number, Order.amazon_order_id).join(Order, Order.id == Parcel.order_id)
    there = select(AmazonPackage.tracking_number, AmazonPackage.amazon_order_id)
    used = [
        *session.execute(here.where(Parcel.tracking_number.in_(shared)).order_by(Parcel.id)),
        *session.execute(
            there.where(
                AmazonPackage.tracking_number.in_(shared), AmazonPackage.amazon_order_id != order.amazon_order_id
            )
        ),
    ]
    for number, amazon_order_id in used:
        if amazon_order_id == order.amazon_order_id:
            raise RefusedError("tracking_used", number=number, order=order.number)
        other = session.get_one(AmazonOrder, amazon_order_id)
        name = session.scalar(select(Order.number).where(Order.amazon_order_id == other.id)) or other.number
        if not shared[number] and not shared_parcels.is_same_recipient(
            _recipient(order.amazon_order), _recipient(other)
        ):
            raise RefusedError("tracking_shared", number=number, order=name)


def _recipient(amazon_order: AmazonOrder) -> dict[str, str] | None:
    return amazon_order.recipient_override or amazon_order.recipient


def _next_reference(session: Session, order: Order) -> int:
    ours = session.scalars(select(Parcel.reference).where(Parcel.order_id == order.id)).all()
    amazons = session.scalars(
        select(AmazonPackage.reference).where(AmazonPackage.amazon_order_id == order.amazon_order_id)
    ).all()
    # One that was taken back may be known to Amazon all the same.
    told = session.scalars(
        select(Submission.subject).where(
            Submission.amazon_order_id == order.amazon_order_id, Submission.kind == shipment_confirmation.KIND
        )
    ).all()
    return parcels.next_reference([*ours, *amazons, *told])
