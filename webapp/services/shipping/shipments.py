"""Create shipments of orders or parts of them, in one or more parcels."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import number_sequences
from webapp.domain.amazon import order_details
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
    parcel_drafts: Sequence[parcels.Parcel] = (parcels.Parcel(),),
    *,
    comment: str = "",
    notify: bool = False,
    append: bool = True,
    undo_seconds: int = submission_actions.UNDO_SECONDS,
    expected_version: int | None = None,
    shipped_at: datetime | None = None,
    ship_anyway: bool = False,
    confirmed_by_amazon: bool = False,
    now: datetime,
    actor: str,
) -> Shipment:
    """Create a shipment of these parcels; by default one without tracking, with all remaining items. Commits.

    `ship_anyway`: ship although the buyer asked to cancel; without it such an order raises InvalidError.
    `shipped_at`: when the carrier took it, if not now. Each parcel is confirmed to Amazon after `undo_seconds`; one
    without a tracking number once it has one. `confirmed_by_amazon`: the packages have labels bought from Amazon, which
    confirms them itself, so nothing is sent.
    Raises InvalidError for invalid quantities or numbers, RefusedError if the order cannot be shipped or a tracking
    number belongs to another parcel; nothing is changed then.
    """
    with order_editing.edit_order(session, order_id, "ship", expected_version=expected_version) as order:
        error = find_refusal_reason(session, order)
        if error and not (confirmed_by_amazon and error == "ship_plus"):
            raise RefusedError(error)
        asked_to_cancel = shipment_confirmation.is_cancellation_requested(order.amazon_order)
        if asked_to_cancel and not ship_anyway:
            raise InvalidError("ship_anyway_required", field="ship_anyway")
        # A label bought from Amazon is confirmed by Amazon itself.
        transparency_lines = frozenset() if confirmed_by_amazon else find_transparency_lines(order)
        country = order.store.marketplace.country_code
        drafts = parcels.check_shipment(order.items, parcel_drafts, country, transparency_lines)
        # Locks the number sequence of shipments, so that all tracking numbers stored so far are visible.
        number = str(number_sequences.next_numbers(session, "shipment")[0])
        check_tracking_numbers(session, order, drafts)
        shipment = Shipment(number=number, order_id=order.id, created_at=now, shipped_at=shipped_at)
        reference = _next_reference(session, order)
        lines = {item.id: item for item in order.items}
        for index, draft in enumerate(drafts):
            shipment.parcels.append(_build_parcel(draft, order, reference + index))
            for line_id, quantity in (draft.quantities or {}).items():
                lines[line_id].shipped += quantity
        session.add(shipment)
        session.flush()
        written_comment = comments.add_comment(
            session, order, comment, notify=notify and append, now=now, actor=actor, shipment_id=shipment.id
        )
        if notify:
            mail_outbox.queue_document(
                session,
                "shipment",
                order,
                shipment.id,
                comment=written_comment if append else None,
                now=now,
                actor=actor,
            )
        event_args = {"number": number, "quantity": sum(shipment.quantities.values()), "parcels": len(drafts)}
        audit_log.record_on_order(session, "order_shipped", order, now=now, actor=actor, **event_args)
        record_confirmed_numbers(session, order, number, shipment.parcels, now=now, actor=actor)
        for parcel in shipment.parcels:
            shipment_confirmations.enqueue(
                session,
                order.amazon_order,
                shipment,
                parcel,
                ship_anyway=asked_to_cancel,
                confirmed_by_amazon=confirmed_by_amazon,
                undo_seconds=undo_seconds,
                now=now,
                actor=actor,
            )
        order_editing.recompute(session, order, now=now, actor=actor)
    return shipment


def find_transparency_lines(order: Order) -> frozenset[int]:
    """Return the ids of the lines whose units need their Transparency codes."""
    amazon_order = order.amazon_order
    if "transparency" not in (amazon_order.handling or "").split():
        return frozenset()
    details = order_details.load_items(amazon_order.details)
    items = {id_ for id_, item in details.items() if order_details.TRANSPARENCY in item.programs}
    return frozenset(line.id for line in order.items if line.order_item_id in items)


def _build_parcel(draft: parcels.Parcel, order: Order, reference: int) -> Parcel:
    default_method = shipment_confirmation.default_shipping_method(order.amazon_order.service_level)
    return Parcel(
        order_id=order.id,
        reference=reference,
        carrier=draft.carrier,
        title=draft.title,
        tracking_number=draft.tracking_number,
        tracking_warning=draft.question,
        shipping_method=draft.shipping_method or default_method,
        items=[
            ParcelItem(
                order_item_id=id_,
                quantity=quantity,
                transparency_codes=list(draft.transparency_codes.get(id_, ())) or None,
            )
            for id_, quantity in (draft.quantities or {}).items()
        ],
    )


def record_confirmed_numbers(
    session: Session, order: Order, number: str, parcels: Sequence[Parcel], *, now: datetime, actor: str
) -> None:
    """Add history entries for the tracking numbers that a user confirmed in spite of a warning."""
    for parcel in parcels:
        if parcel.tracking_warning:
            event_args = {"number": number, "tracking_number": parcel.tracking_number, "carrier": parcel.title}
            audit_log.record_on_order(
                session,
                "tracking_confirmed_by_person",
                order,
                now=now,
                actor=actor,
                **event_args,
                question=parcel.tracking_warning,
            )


def find_refusal_reason(session: Session, order: Order) -> str | None:
    """Return the reason the order cannot be shipped now, as a message code, or None."""
    open_cancellation = select(Submission.id).where(
        Submission.amazon_order_id == order.amazon_order_id, Submission.kind == cancellation.KIND, Submission.open
    )
    is_cancelling = session.scalar(open_cancellation) is not None
    return shipment_confirmation.find_blocked_reason(
        order.amazon_order, writable=order.store.import_orders, cancelling=is_cancelling
    )


def check_tracking_numbers(session: Session, order: Order, drafts: Sequence[parcels.Parcel]) -> None:
    """Check that no other parcel has the tracking number of one of these, here or at Amazon. Raises RefusedError.

    Another order may have it if both are in one parcel: they have the same recipient, or the user confirms it.
    """
    shared = {draft.tracking_number: draft.shared for draft in drafts if draft.tracking_number}
    parcel_numbers = select(Parcel.tracking_number, Order.amazon_order_id).join(Order, Order.id == Parcel.order_id)
    package_numbers = select(AmazonPackage.tracking_number, AmazonPackage.amazon_order_id)
    used = [
        *session.execute(parcel_numbers.where(Parcel.tracking_number.in_(shared)).order_by(Parcel.id)),
        *session.execute(
            package_numbers.where(
                AmazonPackage.tracking_number.in_(shared), AmazonPackage.amazon_order_id != order.amazon_order_id
            )
        ),
    ]
    for number, amazon_order_id in used:
        if amazon_order_id == order.amazon_order_id:
            raise RefusedError("tracking_used", number=number, order=order.number)
        other_order = session.get_one(AmazonOrder, amazon_order_id)
        order_number = (
            session.scalar(select(Order.number).where(Order.amazon_order_id == other_order.id)) or other_order.number
        )
        if not shared[number] and not shared_parcels.is_same_recipient(
            _get_recipient(order.amazon_order), _get_recipient(other_order)
        ):
            raise RefusedError("tracking_shared", number=number, order=order_number)


def _get_recipient(amazon_order: AmazonOrder) -> dict[str, str] | None:
    return amazon_order.recipient_override or amazon_order.recipient


def _next_reference(session: Session, order: Order) -> int:
    parcel_references = session.scalars(select(Parcel.reference).where(Parcel.order_id == order.id)).all()
    package_references = session.scalars(
        select(AmazonPackage.reference).where(AmazonPackage.amazon_order_id == order.amazon_order_id)
    ).all()
    # Amazon may have a parcel that was deleted here.
    submitted_references = session.scalars(
        select(Submission.subject).where(
            Submission.amazon_order_id == order.amazon_order_id, Submission.kind == shipment_confirmation.KIND
        )
    ).all()
    return parcels.next_reference([*parcel_references, *package_references, *submitted_references])
