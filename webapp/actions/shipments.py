"""Sending an Order, or part of it, in parcels."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.actions import comments, confirmations, counters, events, mails, processing, submissions
from webapp.domain import cancellation, confirming, parcels
from webapp.domain.errors import InvalidError, RefusedError
from webapp.models.amazon_orders import AmazonOrder, AmazonPackage
from webapp.models.orders import Order
from webapp.models.shipments import Parcel, ParcelItem, Shipment
from webapp.models.submissions import Submission


def create(
    session: Session,
    order_id: int,
    packed: Sequence[parcels.Parcel] = (parcels.Parcel(),),
    *,
    comment: str = "",
    notify: bool = False,
    append: bool = True,
    undo_seconds: int = submissions.UNDO_SECONDS,
    seen: int | None = None,
    shipped_at: datetime | None = None,
    ship_anyway: bool = False,
    now: datetime,
    by: str,
) -> Shipment:
    """Write a shipment of these parcels; by default of one, untracked, with all that is left. Commits.

    `ship_anyway`: the person knows that the buyer asks to cancel; without it such an order is refused.
    `shipped_at`: when the carrier took it, where that was not now. Amazon is told of each parcel after `undo_seconds`;
    of one without a tracking number once it has one.
    Raises InvalidError for what cannot be taken, RefusedError where the Order cannot be shipped or a tracking number
    belongs to another parcel; nothing is changed then.
    """
    with processing.changing(session, order_id, "ship", seen=seen) as order:
        refused = refusal(session, order)
        if refused:
            raise RefusedError(refused)
        asked_to_cancel = confirming.asked_to_cancel(order.amazon_order)
        if asked_to_cancel and not ship_anyway:
            raise InvalidError("ship_anyway_required", field="ship_anyway")
        drafts = parcels.shipment(order.items, packed)
        # The counter's row is everybody's: who holds it sees every tracking number written so far.
        number = str(counters.take(session, "shipment")[0])
        check_numbers(session, order, [draft.tracking_number for draft in drafts if draft.tracking_number])
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
            session, order, comment, notify=notify and append, now=now, by=by, shipment_id=shipment.id
        )
        if notify:
            mails.queue_document(
                session, "shipment", order, shipment.id, comment=said if append else None, now=now, by=by
            )
        about = {"number": number, "quantity": sum(shipment.quantities.values()), "parcels": len(drafts)}
        events.record_on_order(session, "order_shipped", order, now=now, by=by, **about)
        for parcel in shipment.parcels:
            confirmations.tell(
                session,
                order.amazon_order,
                shipment,
                parcel,
                ship_anyway=asked_to_cancel,
                undo_seconds=undo_seconds,
                now=now,
                by=by,
            )
        processing.settle(session, order, now=now, by=by)
    return shipment


def _parcel(draft: parcels.Parcel, order_id: int, reference: int) -> Parcel:
    return Parcel(
        order_id=order_id,
        reference=reference,
        carrier=draft.carrier,
        title=draft.title,
        tracking_number=draft.tracking_number,
        items=[ParcelItem(order_item_id=id_, quantity=pieces) for id_, pieces in (draft.quantities or {}).items()],
    )


def refusal(session: Session, order: Order) -> str | None:
    """Why none of it can be sent now, as a code of `sentences`, or None."""
    asked = select(Submission.id).where(
        Submission.amazon_order_id == order.amazon_order_id, Submission.kind == cancellation.KIND, Submission.open
    )
    cancelling = session.scalar(asked) is not None
    return confirming.withheld(order.amazon_order, writable=order.store.import_orders, cancelling=cancelling)


def check_numbers(session: Session, order: Order, numbers: Sequence[str]) -> None:
    """A number is used once: here, and on the parcels Amazon tells of other orders."""
    here = select(Parcel.tracking_number, Order.number).join(Order, Order.id == Parcel.order_id)
    there = select(AmazonPackage.tracking_number, AmazonOrder.number).join(
        AmazonOrder, AmazonOrder.id == AmazonPackage.amazon_order_id
    )
    for wanted in (
        here.where(Parcel.tracking_number.in_(numbers)).order_by(Parcel.id),
        there.where(AmazonPackage.tracking_number.in_(numbers), AmazonOrder.id != order.amazon_order_id),
    ):
        found = session.execute(wanted.limit(1)).first()
        if found is not None:
            raise RefusedError("tracking_used", number=found[0], order=found[1])


def _next_reference(session: Session, order: Order) -> int:
    ours = session.scalars(select(Parcel.reference).where(Parcel.order_id == order.id)).all()
    amazons = session.scalars(
        select(AmazonPackage.reference).where(AmazonPackage.amazon_order_id == order.amazon_order_id)
    ).all()
    # One that was taken back may be known to Amazon all the same.
    told = session.scalars(
        select(Submission.subject).where(
            Submission.amazon_order_id == order.amazon_order_id, Submission.kind == confirming.KIND
        )
    ).all()
    return parcels.next_reference([*ours, *amazons, *told])
