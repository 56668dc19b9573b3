"""Shipping labels bought from Amazon: their states, packages and services, and the choice of a service by a rule."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from webapp.domain.common.money import Money
from webapp.domain.common.transitions import Transition, TransitionTable
from webapp.domain.errors import InvalidError

REQUESTED, OFFERED, QUEUED, SENDING = "requested", "offered", "queued", "sending"
BOUGHT, FAILED, UNKNOWN, DISCARDED = "bought", "failed", "unknown", "discarded"
REFUND_QUEUED, REFUND_PENDING = "refund_queued", "refund_pending"
REFUNDED, REFUND_REJECTED = "refunded", "refund_rejected"
STATES = (
    *(REQUESTED, OFFERED, QUEUED, SENDING, BOUGHT, FAILED, UNKNOWN, DISCARDED),
    *(REFUND_QUEUED, REFUND_PENDING, REFUNDED, REFUND_REJECTED),
)
# The order has one label at most in these states: another one would be bought twice.
BUYING = frozenset({QUEUED, SENDING, UNKNOWN})
# Amazon was paid, and the money has not come back.
PAID = frozenset({BOUGHT, REFUND_QUEUED, REFUND_PENDING, REFUND_REJECTED})
# A job works on these, so a page reads them again.
MOVING = frozenset({REQUESTED, QUEUED, SENDING, REFUND_QUEUED})

TRANSITIONS = TransitionTable(
    Transition("offer", frozenset({REQUESTED}), OFFERED),
    Transition("choose", frozenset({OFFERED}), QUEUED),
    Transition("send", frozenset({QUEUED}), SENDING),
    # Amazon has certainly not carried it out.
    Transition("requeue", frozenset({SENDING}), QUEUED),
    # The answer was lost: it may have been bought, and is never bought again without a person's decision.
    Transition("lose", frozenset({SENDING}), UNKNOWN),
    Transition("buy", frozenset({SENDING, UNKNOWN}), BOUGHT),
    Transition("fail", frozenset({REQUESTED, QUEUED, SENDING}), FAILED),
    Transition("discard", frozenset({REQUESTED, OFFERED, QUEUED, UNKNOWN}), DISCARDED),
    Transition("refund", frozenset({BOUGHT}), REFUND_QUEUED),
    Transition("refuse_refund", frozenset({REFUND_QUEUED}), BOUGHT),
    Transition("await_refund", frozenset({REFUND_QUEUED}), REFUND_PENDING),
    Transition("confirm_refund", frozenset({REFUND_QUEUED, REFUND_PENDING}), REFUNDED),
    Transition("reject_refund", frozenset({REFUND_QUEUED, REFUND_PENDING}), REFUND_REJECTED),
)
is_allowed = TRANSITIONS.is_allowed
check = TRANSITIONS.check

# Amazon's statuses of a shipment.
PURCHASED = "Purchased"
REFUND_TRANSITIONS = {
    "RefundPending": "await_refund",
    "RefundApplied": "confirm_refund",
    "RefundRejected": "reject_refund",
}

# How long an offer is used. Amazon does not document how long it keeps one.
OFFER_LIFETIME = timedelta(minutes=10)
# After a lost answer the order is read this often, then the label waits for a person.
MOST_LOOKS = 8
# How often a refund is looked up, since carriers take days.
REFUND_INTERVAL = timedelta(hours=6)

PDF, ZPL = "PDF", "ZPL203"
FORMATS = (PDF, ZPL)
CENTIMETERS, INCHES = "centimeters", "inches"
GRAMS, OUNCES = "g", "oz"
CHEAPEST, CHEAPEST_IN_TIME = "cheapest", "cheapest_in_time"
RULES = (CHEAPEST_IN_TIME, CHEAPEST)
# The longest side and the weight that anybody sends as a parcel, whatever the unit.
MAX_LENGTH, MAX_WEIGHT = 1_000, 100_000


@dataclass(frozen=True, slots=True)
class Package:
    """The size and weight of a package, in units of Amazon's."""

    length: float
    width: float
    height: float
    unit: str
    weight: float
    weight_unit: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class SenderAddress:
    """The address a package is sent from."""

    name: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country_code: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """What a label is requested for. `items`: (Amazon's order item id, quantity)."""

    number: str
    sender: SenderAddress
    package: Package
    items: tuple[tuple[str, int], ...]
    label_format: str


@dataclass(frozen=True, slots=True)
class ServiceOffer:
    """A shipping service with its price. `needs_inputs`: Amazon requires more data, as for an address abroad."""

    service_id: str
    offer_id: str
    name: str
    carrier: str
    price: Money
    earliest: datetime | None
    latest: datetime | None
    formats: tuple[str, ...]
    needs_inputs: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "service_id": self.service_id,
            "offer_id": self.offer_id,
            "name": self.name,
            "carrier": self.carrier,
            "price": self.price.minor,
            "currency": self.price.currency,
            "earliest": self.earliest.isoformat() if self.earliest else None,
            "latest": self.latest.isoformat() if self.latest else None,
            "formats": list(self.formats),
            "needs_inputs": self.needs_inputs,
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Self:
        return cls(
            service_id=row["service_id"],
            offer_id=row["offer_id"],
            name=row["name"],
            carrier=row["carrier"],
            price=Money(row["price"], row["currency"]),
            earliest=datetime.fromisoformat(row["earliest"]) if row["earliest"] else None,
            latest=datetime.fromisoformat(row["latest"]) if row["latest"] else None,
            formats=tuple(row["formats"]),
            needs_inputs=row["needs_inputs"],
        )

    def arrives_by(self, deliver_by: datetime | None) -> bool:
        """Return whether it arrives in time by its latest date; true where nothing was promised."""
        return deliver_by is None or (self.latest is not None and self.latest <= deliver_by)

    def refusal(self, label_format: str) -> str | None:
        """Return the reason it cannot be bought here, as a message code, or None."""
        if self.needs_inputs:
            return "label_needs_inputs"
        return "label_format_missing" if self.formats and label_format not in self.formats else None


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """Amazon's services for a package. `rejected`: (service, Amazon's reason). `unavailable`: names of carriers."""

    offers: tuple[ServiceOffer, ...]
    rejected: tuple[tuple[str, str], ...] = ()
    unavailable: tuple[str, ...] = ()
    terms_missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PurchasedLabel:
    """A label as Amazon shows it. `content` is None where Amazon returns an empty document, as after a refund."""

    shipment_id: str
    number: str
    status: str
    carrier: str
    service: str
    price: Money
    tracking_number: str
    content: bytes | None = None
    content_type: str = ""


def sort_offers(offers: Sequence[ServiceOffer]) -> list[ServiceOffer]:
    """Sort offers by price, then by their latest delivery."""
    return sorted(offers, key=lambda offer: (offer.price.minor, offer.latest is None, offer.latest, offer.name))


def choose_offer(
    offers: Sequence[ServiceOffer], rule: str, label_format: str, deliver_by: datetime | None
) -> ServiceOffer:
    """Return the offer a rule selects. Raises InvalidError where no offer fits."""
    usable = [offer for offer in sort_offers(offers) if offer.refusal(label_format) is None]
    if not usable:
        raise InvalidError("label_no_service")
    if rule == CHEAPEST_IN_TIME:
        usable = [offer for offer in usable if offer.arrives_by(deliver_by)]
        if not usable:
            raise InvalidError("label_none_in_time")
    return usable[0]


def check_package(package: Package) -> Package:
    """Return the package. Raises InvalidError for a size or weight that no package has."""
    for field in ("length", "width", "height"):
        _check_number(getattr(package, field), field, MAX_LENGTH)
    _check_number(package.weight, "weight", MAX_WEIGHT)
    if package.unit not in {CENTIMETERS, INCHES}:
        raise InvalidError("label_unit_unknown", field="unit")
    if package.weight_unit not in {GRAMS, OUNCES}:
        raise InvalidError("label_unit_unknown", field="weight_unit")
    return package


def _check_number(value: float, field: str, most: int) -> None:
    if not math.isfinite(value) or not 0 < value <= most:
        raise InvalidError("label_size_invalid", field=field, most=most)
