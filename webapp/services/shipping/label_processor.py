"""Call Amazon for an account's due shipping labels: services, purchases, lost answers and refunds.

A purchase costs money and is never repeated: it has the state `sending` before the call. After a lost answer the order
is read, which shows the package of the label; Amazon has no call that lists labels. What the order does not show is
left to a person.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.core import fault_points
from webapp.db import leases, outgoing_calls
from webapp.domain.amazon import statuses
from webapp.domain.amazon.errors import AmazonError, BadCredentials, OutcomeUnknown
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.errors import AppError
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping import carriers, parcels
from webapp.domain.shipping import labels as domain
from webapp.domain.shipping.carrier_names import find_by_name
from webapp.domain.shipping.labels import LabelRequest, Package, PurchasedLabel
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonPackage
from webapp.models.orders import OrderItem
from webapp.models.shipments import Parcel
from webapp.models.shipping_labels import LabelSender, ShippingLabel
from webapp.queries import fences
from webapp.queries.shipping import labels as queries
from webapp.services.accounts import accounts
from webapp.services.shipping import labels, shipments
from webapp.services.sync import run as sync_run

Clock = Callable[[], datetime]

# Labels processed in one run, so that it ends in time when the application stops.
MAX_LABELS = 20
# A process that is still at it has long been cut off by its own time limits.
SILENT = timedelta(seconds=120)
# Services are requested and purchases retried this often after temporary errors.
MOST_TRIES = 8
_NOT_SHIPPABLE = order_states.FINAL | {order_states.ON_HOLD}
_SHIPPABLE = frozenset({statuses.UNSHIPPED, statuses.PARTIALLY_SHIPPED})


def process_due(session: Session, gateway: AmazonGateway, account_id: int, *, clock: Clock) -> None:
    """Process the account's due labels. Calls Amazon, commits. Raises BusyError if already running."""
    name = leases.build_lease_name("labels", account_id)
    owner = leases.acquire(session, name, clock(), "labels_running")
    try:
        due = queries.list_due_ids(session, account_id, clock(), MAX_LABELS)
        session.rollback()
        processor = LabelProcessor(session, gateway, account_id, owner, clock)
        for label_id in due:
            processor.process(label_id)
    finally:
        session.rollback()
        leases.release(session, name, owner)


class LabelProcessor:
    """One run over one account's labels, under its lease."""

    def __init__(self, session: Session, gateway: AmazonGateway, account_id: int, owner: str, clock: Clock) -> None:
        self.session, self.gateway, self.account_id = session, gateway, account_id
        self.owner, self.clock = owner, clock

    def process(self, label_id: int) -> None:
        """Do the next step of a label. Commits."""
        label = self._load(label_id)
        steps = {
            domain.REQUESTED: self._find_services,
            domain.QUEUED: self._buy,
            domain.SENDING: self._lose,
            domain.UNKNOWN: self._look_for,
            domain.BOUGHT: self._finish,
            domain.REFUND_QUEUED: self._refund,
            domain.REFUND_PENDING: self._check_refund,
        }
        step = steps.get(label.state)
        if step is None:
            label.due_at = None
            self.session.commit()
            return
        try:
            step(label)
            # A label that was chosen by its rule, or just bought, need not wait for the next run.
            for state in (domain.QUEUED, domain.BOUGHT):
                label = self._load(label_id)
                if label.state == state and label.due_at is not None and label.due_at <= self.clock():
                    steps[state](label)
        except AmazonError as error:
            self._record_error(label_id, error)
        self.session.rollback()

    def _find_services(self, label: ShippingLabel) -> None:
        label_id, request = label.id, self._build_request(label)
        self.session.rollback()
        answer = self.gateway.label_services(request)
        label = self._load(label_id)
        if label.state != domain.REQUESTED:
            self.session.rollback()
            return
        now = self.clock()
        label.offers = [offer.as_json() for offer in domain.sort_offers(answer.offers)]
        label.rejected = [
            *([service, reason] for service, reason in answer.rejected),
            *([carrier, "unavailable"] for carrier in answer.unavailable),
            *([carrier, "terms_missing"] for carrier in answer.terms_missing),
        ]
        labels.apply(label, "offer", now)
        label.offered_at, label.due_at = now, None
        label.cause = label.message = None
        try:
            if label.rule:
                deliver_by = label.order.amazon_order.deliver_by
                offer = domain.choose_offer(label.service_offers, label.rule, label.label_format, deliver_by)
                labels.queue_purchase(label, offer, now)
            self.session.commit()
        except IntegrityError:
            # Another label of the order was queued since.
            self.session.rollback()
            self._fail_rule(label_id, "label_buying")
        except AppError as error:
            self.session.rollback()
            self._fail_rule(label_id, error.code)

    def _fail_rule(self, label_id: int, cause: str) -> None:
        label = self._load(label_id)
        labels.apply(label, "fail", self.clock())
        label.cause, label.due_at = cause, None
        labels.record_event(self.session, "label_failed", label, now=self.clock(), actor=label.actor)
        self.session.commit()

    def _buy(self, label: ShippingLabel) -> None:
        label_id, amazon_order = label.id, label.order.amazon_order
        self.session.rollback()
        # The order may have been cancelled or shipped since: read it before paying.
        sync_run.refresh_order(self.session, self.gateway, amazon_order, now=self.clock(), actor="amazon")
        label = self._load(label_id)
        if label.state != domain.QUEUED or fences.find_active(self.session) is not None:
            self.session.rollback()
            return
        cause = self._find_preflight_failure(label)
        if cause:
            self._fail(label, cause)
            return
        request, offer = self._build_request(label), label.get_chosen_offer()
        labels.apply(label, "send", self.clock())
        label.packages_before = self._list_packages(label)
        label.due_at = self.clock() + SILENT
        outgoing_calls.count(self.session)
        self.session.commit()
        fault_points.crash("label.before_call")
        try:
            bought = self.gateway.buy_label(request, offer.service_id, offer.offer_id)
        except OutcomeUnknown as error:
            label = self._load(label_id)
            if label.state == domain.SENDING:
                label.message, label.request_id = error.message[: labels.MAX_MESSAGE], error.request_id
                self._lose(label)
        except AmazonError as error:
            self._handle_refused_purchase(label_id, error)
        else:
            fault_points.crash("label.after_call")
            self._store_purchase(label_id, bought, self.gateway.last_request_id())

    def _find_preflight_failure(self, label: ShippingLabel) -> str | None:
        """Return the reason the label must not be bought, as a message code, or None."""
        order = label.order.amazon_order
        if order.status == statuses.CANCELLED:
            return "ship_cancelled"
        if order.status not in _SHIPPABLE:
            return "label_shipped_meanwhile" if order.status == statuses.SHIPPED else "ship_not_ready"
        if order.cancel_requested and not label.ship_anyway:
            return "ship_cancel_requested"
        if label.offered_at is None or self.clock() - label.offered_at > domain.OFFER_LIFETIME:
            return "label_offers_old"
        if label.order.state in _NOT_SHIPPABLE:
            return "label_order_changed"
        left = {line.id: line.ordered - line.canceled - line.shipped for line in label.order.items}
        is_over = any(quantity > left.get(int(id_), 0) for id_, quantity in label.quantities.items())
        return "label_order_changed" if is_over else None

    def _handle_refused_purchase(self, label_id: int, error: AmazonError) -> None:
        """Retry later what Amazon has certainly not carried out for a passing reason; otherwise it failed. Commits."""
        label = self._load(label_id)
        if label.state != domain.SENDING:
            self.session.rollback()
            return
        label.message, label.request_id = error.message[: labels.MAX_MESSAGE], error.request_id
        if error.is_temporary or isinstance(error, BadCredentials):
            tries = label.tries
            labels.apply(label, "requeue", self.clock())
            label.cause, label.tries = error.cause, tries
            self._postpone(label, error)
            self._record_account_error(error)
            self.session.commit()
            return
        self._fail(label, find_cause(error))

    def _store_purchase(self, label_id: int, bought: PurchasedLabel, request_id: str | None) -> None:
        label = self._load(label_id)
        if not domain.is_allowed("buy", label.state):
            self.session.rollback()
            return
        now = self.clock()
        labels.apply(label, "buy", now)
        self._take(label, bought)
        label.request_id = request_id or label.request_id
        label.bought_at = label.due_at = now
        labels.record_event(self.session, "label_bought", label, now=now, actor=label.actor)
        self.session.commit()

    def _take(self, label: ShippingLabel, bought: PurchasedLabel) -> None:
        """Take over what Amazon shows of a label."""
        label.amazon_shipment_id = bought.shipment_id
        label.carrier, label.service = bought.carrier, bought.service
        label.price, label.currency = bought.price.minor, bought.price.currency
        label.tracking_number = carriers.clean(bought.tracking_number)
        label.document, label.document_type = bought.content, bought.content_type
        label.offers = []
        label.cause = label.message = None

    def _lose(self, label: ShippingLabel) -> None:
        """The process died during the call, or its answer was lost: the label may have been bought."""
        labels.apply(label, "lose", self.clock())
        label.cause, label.due_at = "label_answer_lost", self.clock()
        labels.record_event(self.session, "label_unknown_outcome", label, now=self.clock(), actor="schedule")
        self.session.commit()

    def _look_for(self, label: ShippingLabel) -> None:
        """Look for a label whose answer was lost, by its shipment ID or by the packages of the order."""
        label_id = label.id
        if label.amazon_shipment_id:
            bought = self._read(label)
            if bought is not None:
                self._store_purchase(label_id, bought, self.gateway.last_request_id())
            return
        amazon_order = label.order.amazon_order
        self.session.rollback()
        sync_run.refresh_order(self.session, self.gateway, amazon_order, now=self.clock(), actor="amazon")
        label = self._load(label_id)
        if label.state != domain.UNKNOWN or label.amazon_shipment_id:
            self.session.rollback()
            return
        package = self._find_new_package(label)
        now = self.clock()
        if package is not None:
            labels.apply(label, "buy", now)
            label.tracking_number = carriers.clean(package.tracking_number or "")
            label.carrier = package.carrier or label.carrier
            label.cause, label.message, label.offers = "label_without_document", None, []
            label.bought_at = label.due_at = now
            labels.record_event(self.session, "label_bought", label, now=now, actor="amazon")
        else:
            label.tries += 1
            backoff = timedelta(seconds=submission_states.compute_backoff(label.tries))
            label.due_at = now + backoff if label.tries < domain.MOST_LOOKS else None
        self.session.commit()

    def _find_new_package(self, label: ShippingLabel) -> AmazonPackage | None:
        """Return the package that Amazon shows since the purchase and that no parcel of ours explains."""
        ours = set(self.session.scalars(select(Parcel.tracking_number).where(Parcel.order_id == label.order_id)))
        for package in label.order.amazon_order.packages:
            is_ours = carriers.clean(package.tracking_number or "") in ours
            if package.reference not in label.packages_before and not is_ours:
                return package
        return None

    def _finish(self, label: ShippingLabel) -> None:
        """Create the shipment of a label that was bought; read its document if it is missing."""
        label_id = label.id
        if label.shipment_id is None:
            self._create_shipment(label)
            label = self._load(label_id)
        if label.document is None and label.amazon_shipment_id:
            bought = self._read(label)
            label = self._load(label_id)
            if bought is not None:
                self._take(label, bought)
        label.due_at = None
        self.session.commit()

    def _create_shipment(self, label: ShippingLabel) -> None:
        """Create the shipment with the label's package, unless there is one. Commits."""
        label_id = label.id
        parcel = select(Parcel).where(
            Parcel.order_id == label.order_id, Parcel.tracking_number == label.tracking_number
        )
        existing = self.session.scalar(parcel.limit(1)) if label.tracking_number else None
        if existing is not None:
            label.shipment_id = existing.shipment_id
            self.session.commit()
            return
        carrier = find_by_name(label.carrier)
        draft = parcels.Parcel(
            {int(id_): quantity for id_, quantity in label.quantities.items()},
            carrier.code if carrier is not None else carriers.OTHER,
            carrier.name if carrier is not None else label.carrier,
            label.tracking_number,
            shared=True,
            confirmed=True,
        )
        order_id, actor = label.order_id, label.actor
        self.session.rollback()
        try:
            shipment = shipments.create(
                self.session,
                order_id,
                [draft],
                ship_anyway=True,
                confirmed_by_amazon=True,
                now=self.clock(),
                actor=actor,
            )
        except AppError as error:
            label = self._load(label_id)
            # Where Amazon has shown the package before, its units are shipped already.
            is_shown = error.code in {"quantity_too_large", "nothing_to_ship", "quantity_none", "cannot_ship"}
            label.cause = label.cause or ("label_shown_at_amazon" if is_shown else error.code)
        else:
            shipment_id = shipment.id
            label = self._load(label_id)
            label.shipment_id = shipment_id
        self.session.commit()

    def _read(self, label: ShippingLabel) -> PurchasedLabel | None:
        """Read a label by its shipment ID; None if it belongs to another order, which is stored. Rolls back first."""
        label_id, shipment_id, number = label.id, label.amazon_shipment_id or "", label.order.amazon_order.number
        self.session.rollback()
        bought = self.gateway.label(shipment_id)
        if bought.number == number:
            return bought
        label = self._load(label_id)
        label.amazon_shipment_id, label.due_at = None, None
        label.cause = "label_of_other_order"
        self.session.commit()
        return None

    def _refund(self, label: ShippingLabel) -> None:
        """Request the refund, after reading whether that was done already."""
        label_id, shipment_id = label.id, label.amazon_shipment_id or ""
        if fences.find_active(self.session) is not None:
            self.session.rollback()
            return
        self.session.rollback()
        shown = self.gateway.label(shipment_id)
        if shown.status == domain.PURCHASED:
            outgoing_calls.count(self.session)
            self.session.commit()
            try:
                shown = self.gateway.refund_label(shipment_id)
            except OutcomeUnknown:
                # The next run reads the label first.
                raise
            except AmazonError as error:
                if error.is_temporary or isinstance(error, BadCredentials):
                    raise
                label = self._load(label_id)
                labels.apply(label, "refuse_refund", self.clock())
                label.cause, label.message = find_cause(error), error.message[: labels.MAX_MESSAGE]
                label.due_at = None
                labels.record_event(self.session, "label_refund_refused", label, now=self.clock(), actor="amazon")
                self.session.commit()
                return
        self._store_refund(label_id, shown.status)

    def _check_refund(self, label: ShippingLabel) -> None:
        label_id, shipment_id = label.id, label.amazon_shipment_id or ""
        self.session.rollback()
        self._store_refund(label_id, self.gateway.label(shipment_id).status)

    def _store_refund(self, label_id: int, status: str) -> None:
        label, now = self._load(label_id), self.clock()
        transition = domain.REFUND_TRANSITIONS.get(status)
        if transition is not None and domain.is_allowed(transition, label.state):
            labels.apply(label, transition, now)
            # A label that was given back must not be used.
            label.document = None
            labels.record_event(self.session, f"label_{label.state}", label, now=now, actor="amazon")
        is_pending = label.state == domain.REFUND_PENDING
        label.due_at = now + domain.REFUND_INTERVAL if is_pending else None
        self.session.commit()

    def _fail(self, label: ShippingLabel, cause: str) -> None:
        labels.apply(label, "fail", self.clock())
        label.cause, label.due_at = cause, None
        labels.record_event(self.session, "label_failed", label, now=self.clock(), actor="amazon")
        self.session.commit()

    def _record_error(self, label_id: int, error: AmazonError) -> None:
        """Store an error of a call that changes nothing: it is repeated, or the request fails. Commits."""
        label = self._load(label_id)
        label.message = error.message[: labels.MAX_MESSAGE]
        can_retry = error.is_temporary or isinstance(error, BadCredentials)
        if can_retry and label.tries < MOST_TRIES:
            label.cause = label.cause if label.state == domain.UNKNOWN else error.cause
            self._postpone(label, error)
        elif domain.is_allowed("fail", label.state) and label.state != domain.SENDING:
            labels.apply(label, "fail", self.clock())
            label.cause, label.due_at = find_cause(error), None
            labels.record_event(self.session, "label_failed", label, now=self.clock(), actor="amazon")
        else:
            label.due_at = None
            if label.state == domain.UNKNOWN:
                label.amazon_shipment_id = None
        self._record_account_error(error)
        self.session.commit()

    def _postpone(self, label: ShippingLabel, error: AmazonError) -> None:
        label.tries += 1
        seconds = max(submission_states.compute_backoff(label.tries), getattr(error, "wait", None) or 0)
        label.due_at = self.clock() + timedelta(seconds=seconds)

    def _record_account_error(self, error: AmazonError) -> None:
        if isinstance(error, BadCredentials):
            accounts.record_failure(self.session.get_one(Account, self.account_id), error, self.clock())

    def _build_request(self, label: ShippingLabel) -> LabelRequest:
        sender = self.session.get_one(LabelSender, label.order.store_id)
        ids = select(OrderItem.id, OrderItem.order_item_id).where(OrderItem.order_id == label.order_id)
        item_ids = {row.id: row.order_item_id for row in self.session.execute(ids)}
        return LabelRequest(
            number=label.order.amazon_order.number,
            sender=sender.address,
            package=Package(**label.package),
            items=tuple((item_ids[int(id_)], quantity) for id_, quantity in label.quantities.items()),
            label_format=label.label_format,
        )

    def _list_packages(self, label: ShippingLabel) -> list[str]:
        return [package.reference for package in label.order.amazon_order.packages]

    def _load(self, label_id: int) -> ShippingLabel:
        """Renew the lease, and load the label with fresh values under the lock of the account's orders."""
        self.session.rollback()
        leases.renew(self.session, leases.build_lease_name("labels", self.account_id), self.owner, self.clock())
        return labels.load_locked(self.session, label_id)


def find_cause(error: AmazonError) -> str:
    """Return the message code of Amazon's refusal."""
    return {
        "InsufficientFunds": "label_no_funds",
        "InvalidShipFromAddress": "label_sender_invalid",
        "LabelCancelWindowExpired": "label_refund_too_late",
        "LabelFormatNotSupported": "label_format_missing",
        "ShipmentAlreadyExists": "label_shipped_meanwhile",
        "ShippingServiceOfferNotAvailable": "label_offers_old",
        "InvalidShippingServiceOfferId": "label_offers_old",
        "TermsAndConditionsNotAccepted": "label_terms_missing",
    }.get(error.code or "", error.cause)
