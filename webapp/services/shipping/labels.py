"""User actions on shipping labels: request services, choose one, refund, discard. `label_processor` calls Amazon."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping import labels as domain
from webapp.domain.shipping.labels import Package
from webapp.domain.submissions import shipment_confirmation
from webapp.models.orders import Order
from webapp.models.shipping_labels import LabelSender, ShippingLabel
from webapp.services import audit_log
from webapp.services.accounts import locking
from webapp.services.orders import editing as order_editing
from webapp.services.shipping import shipments

# Amazon's messages are stored up to this length.
MAX_MESSAGE = 1000


def request_services(
    session: Session,
    order_id: int,
    package: Package,
    *,
    label_format: str = domain.PDF,
    rule: str = "",
    batch_id: int | None = None,
    ship_anyway: bool = False,
    now: datetime,
    actor: str,
) -> ShippingLabel:
    """Request the services for a package of all units that are left to ship. Commits. A job calls Amazon.

    `rule`: buys the label of the service it selects, without a person. `ship_anyway`: although the buyer asked to
    cancel. Raises InvalidError, or RefusedError if the order cannot be shipped or its label is being bought.
    """
    domain.check_package(package)
    if label_format not in domain.FORMATS:
        raise InvalidError("label_format_unknown", field="label_format")
    with order_editing.edit_order(session, order_id, "ship") as order:
        error = find_refusal_reason(session, order)
        if error:
            raise RefusedError(error)
        if session.get(LabelSender, order.store_id) is None:
            raise RefusedError("label_sender_missing", store=order.store.name)
        if shipment_confirmation.is_cancellation_requested(order.amazon_order) and not ship_anyway:
            raise InvalidError("ship_anyway_required", field="ship_anyway")
        quantities = {str(line.id): order_states.count_left_to_ship(line) for line in order.items}
        label = ShippingLabel(
            account_id=order.amazon_order.account_id,
            order_id=order.id,
            batch_id=batch_id,
            state=domain.REQUESTED,
            package=package.as_json(),
            quantities={line_id: quantity for line_id, quantity in quantities.items() if quantity},
            label_format=label_format,
            rule=rule,
            ship_anyway=ship_anyway,
            due_at=now,
            actor=actor,
            created_at=now,
            changed_at=now,
        )
        session.add(label)
    return label


def find_refusal_reason(session: Session, order: Order) -> str | None:
    """Return the reason no label can be bought for the order now, as a message code, or None."""
    error = shipments.find_refusal_reason(session, order)
    # Ship+ orders are shipped with labels from Amazon, and with no other.
    if error and error != "ship_plus":
        return error
    if not any(map(order_states.count_left_to_ship, order.items)):
        return "nothing_to_ship"
    buying = select(ShippingLabel.id).where(ShippingLabel.order_id == order.id, ShippingLabel.state.in_(domain.BUYING))
    return "label_buying" if session.scalar(buying) is not None else None


def choose(session: Session, label_id: int, service_id: str, *, now: datetime, actor: str) -> ShippingLabel:
    """Buy the label of a service that Amazon offered. Commits. A job calls Amazon.

    Raises RefusedError for offers that are too old, or while another label of the order is being bought.
    """
    label = load_locked(session, label_id)
    try:
        offer = _find_offer(session, label, service_id, now)
        label.actor = actor
        queue_purchase(label, offer, now)
        session.commit()
    except IntegrityError:
        session.rollback()
        raise RefusedError("label_buying") from None
    except Exception:
        session.rollback()
        raise
    return label


def _find_offer(session: Session, label: ShippingLabel, service_id: str, now: datetime) -> domain.ServiceOffer:
    """Return the offer of a service that can be bought now. Raises RefusedError and InvalidError."""
    _check_state(label, "choose", "label_not_offered")
    if label.offered_at is None or now - label.offered_at > domain.OFFER_LIFETIME:
        raise RefusedError("label_offers_old")
    offer = next((offer for offer in label.service_offers if offer.service_id == service_id), None)
    if offer is None:
        raise InvalidError("label_service_required", field="service")
    error = offer.refusal(label.label_format) or find_refusal_reason(session, label.order)
    if error:
        raise RefusedError(error)
    return offer


def queue_purchase(label: ShippingLabel, offer: domain.ServiceOffer, now: datetime) -> None:
    """Queue the purchase of an offer. Does not commit."""
    apply(label, "choose", now)
    label.offer = offer.as_json()
    label.carrier, label.service = offer.carrier, offer.name
    label.price, label.currency = offer.price.minor, offer.price.currency
    label.due_at = now


def discard(session: Session, label_id: int, *, now: datetime, actor: str) -> ShippingLabel:
    """Discard a label that was not bought, or of which a person has seen that it was not. Commits."""
    label = load_locked(session, label_id)
    was_unknown = label.state == domain.UNKNOWN
    _check_state(label, "discard", "label_not_discardable", session)
    apply(label, "discard", now)
    label.due_at = None
    if was_unknown:
        record_event(session, "label_not_bought", label, now=now, actor=actor)
    session.commit()
    return label


def refund(session: Session, label_id: int, *, now: datetime, actor: str) -> ShippingLabel:
    """Request the refund of an unused label. Commits. A job calls Amazon. Raises RefusedError."""
    label = load_locked(session, label_id)
    _check_state(label, "refund", "label_not_refundable", session)
    if label.amazon_shipment_id is None:
        session.rollback()
        raise RefusedError("label_without_shipment_id")
    apply(label, "refund", now)
    label.cause = label.message = None
    label.due_at = now
    record_event(session, "label_refund_requested", label, now=now, actor=actor)
    session.commit()
    return label


def identify(session: Session, label_id: int, shipment_id: str, *, now: datetime, actor: str) -> ShippingLabel:
    """Set Amazon's shipment ID, as Seller Central shows it, of a label whose answer was lost. Commits.

    A job reads the label. Raises RefusedError for a label that needs none.
    """
    label = load_locked(session, label_id)
    can_have = label.state == domain.UNKNOWN or (label.state == domain.BOUGHT and label.amazon_shipment_id is None)
    if not can_have:
        session.rollback()
        raise RefusedError("label_needs_no_shipment_id")
    shipment_id = shipment_id.strip()
    if not shipment_id or len(shipment_id) > 64:
        session.rollback()
        raise InvalidError("label_shipment_id_invalid", field="shipment_id")
    label.amazon_shipment_id, label.due_at, label.tries = shipment_id, now, 0
    label.cause = label.message = None
    record_event(session, "label_identified", label, now=now, actor=actor)
    session.commit()
    return label


def check_now(session: Session, label_id: int, *, now: datetime) -> ShippingLabel:
    """Let a job look for a label whose answer was lost, or for its refund, at once. Commits. Raises RefusedError."""
    label = load_locked(session, label_id)
    if label.state not in {domain.UNKNOWN, domain.REFUND_PENDING}:
        session.rollback()
        raise RefusedError("label_nothing_to_check")
    label.due_at, label.tries = now, 0
    session.commit()
    return label


def discard_queued(session: Session, *, now: datetime, actor: str) -> int:
    """Discard all purchases that wait; return their number. Does not commit.

    At the end of a fence: a restored database does not know which labels were bought since its backup.
    """
    queued = select(ShippingLabel).where(ShippingLabel.state == domain.QUEUED).with_for_update()
    labels = session.scalars(queued.execution_options(populate_existing=True)).all()
    for label in labels:
        apply(label, "discard", now)
        label.cause, label.due_at = "label_before_restore", None
        record_event(session, "label_discarded", label, now=now, actor=actor)
    return len(labels)


def apply(label: ShippingLabel, transition: str, now: datetime) -> None:
    """Move the label along the table of states. Raises InvalidTransition."""
    label.state = domain.check(transition, label.state).to_state
    label.changed_at, label.tries = now, 0


def record_event(session: Session, kind: str, label: ShippingLabel, *, now: datetime, actor: str) -> None:
    """Add a history entry to the label's order."""
    args = {
        "carrier": label.carrier,
        "service": label.service,
        "tracking_number": label.tracking_number,
        "amount": label.money.amount if label.money is not None else "",
        "currency": label.currency,
        "words": label.message or "",
        "cause": label.cause or "",
    }
    audit_log.record_on_order(session, kind, label.order, now=now, actor=actor, **args)


def load_locked(session: Session, label_id: int) -> ShippingLabel:
    """Load a label with fresh values, under the lock of its account's orders. Raises NotFoundError."""
    return locking.load_locked(session, ShippingLabel, label_id, "label_unknown", name=label_id)


def _check_state(label: ShippingLabel, transition: str, code: str, session: Session | None = None) -> None:
    if not domain.is_allowed(transition, label.state):
        if session is not None:
            session.rollback()
        raise RefusedError(code)
