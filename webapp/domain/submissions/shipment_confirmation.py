"""Shipment confirmations: preconditions, conflicts, the submitted parcel and its verification."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from webapp.domain.amazon import statuses as status
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping import carriers
from webapp.domain.submissions import state_machine as submission_states

KIND = "shipment"
# Programs of orders for which Amazon accepts no confirmation, and the reason as a code of `messages`.
REFUSED_PROGRAMS = {
    "FBM_SHIP_PLUS": "ship_plus",
    "AMAZON_EASY_SHIP": "ship_easy_ship",
    "DELIVERY_BY_AMAZON": "ship_delivery_by_amazon",
    "IN_STORE_PICK_UP": "ship_in_store_pickup",
}

# Amazon's words for the payment method, in the Orders API 2026-01-01 and in v0.
_CASH_ON_DELIVERY = frozenset({"CashOnDelivery", "COD"})
_SHIPPABLE = frozenset({status.UNSHIPPED, status.PARTIALLY_SHIPPED})
_UNDER_WAY = frozenset(
    {submission_states.QUEUED, submission_states.SENDING, submission_states.SENT, submission_states.ACCEPTED}
)


class AmazonOrderLike(Protocol):
    """The fields of an Amazon order that decide about its shipment."""

    @property
    def status(self) -> str: ...
    @property
    def fulfilled_by(self) -> str: ...
    @property
    def programs(self) -> list[str]: ...
    @property
    def cancel_requested(self) -> bool: ...


class Package(Protocol):
    """A parcel as Amazon shows it."""

    @property
    def reference(self) -> str: ...
    @property
    def carrier(self) -> str | None: ...
    @property
    def tracking_number(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class SentParcel:
    """A submitted parcel. `carrier_was`: the carrier that Amazon showed before, if the parcel is being corrected."""

    reference: str
    tracking_number: str
    carrier_was: str | None = None


def find_refusal_reason(order: AmazonOrderLike) -> str | None:
    """Return the reason Amazon accepts no parcel for this order (a code of `messages`), or None."""
    if order.fulfilled_by == status.AMAZON:
        return "ship_fba"
    return next((code for program, code in REFUSED_PROGRAMS.items() if program in order.programs), None)


def find_blocked_reason(order: AmazonOrderLike, *, writable: bool, cancelling: bool) -> str | None:
    """Return the reason an order cannot be shipped now (a code of `messages`), or None.

    `writable`: the store imports orders. `cancelling`: a cancellation of the order is submitted.
    """
    if not writable:
        return "ship_read_only"
    return find_refusal_reason(order) or ("cannot_ship_cancelling" if cancelling else None)


def is_cancellation_requested(order: AmazonOrderLike) -> bool:
    """Return whether the buyer asks to cancel an order that can still be shipped."""
    return order.cancel_requested and order.status in _SHIPPABLE


def find_conflict(
    order: AmazonOrderLike,
    remaining: Mapping[str, int],
    pieces: Mapping[str, int],
    *,
    is_confirmed: bool,
    ship_anyway: bool = False,
) -> str | None:
    """Return the reason a user must decide before the submission is sent (a code of `messages`), or None.

    `remaining`: units Amazon still expects, `pieces`: those of the parcel, both by Amazon's id of the line.
    `is_confirmed`: Amazon shows the parcel already, so the submission corrects it. `ship_anyway`: a user decided to
    ship although the buyer asks to cancel.
    """
    if order.status == status.CANCELLED:
        return "ship_cancelled"
    if is_confirmed:
        return None
    if order.status == status.SHIPPED:
        return "ship_shipped_there"
    if order.status not in _SHIPPABLE:
        return "ship_not_ready"
    if order.cancel_requested and not ship_anyway:
        return "ship_cancel_requested"
    return "ship_more_than_left" if any(quantity > remaining.get(id_, 0) for id_, quantity in pieces.items()) else None


def is_visible(packages: Iterable[Package], sent: SentParcel) -> bool:
    """Return whether one of these packages is the submitted parcel."""
    for package in packages:
        number = carriers.clean(package.tracking_number or "")
        if package.reference == sent.reference and number == sent.tracking_number:
            return sent.carrier_was is None or package.carrier != sent.carrier_was
        # A different reference of Amazon's for the same tracking number is no mismatch.
        if number and number == sent.tracking_number and sent.carrier_was is None:
            return True
    return False


def derive_confirmation(amazon_status: str, states: Iterable[str | None]) -> str:
    """Derive the confirmation state of an order's parcels: CONFIRMED, UNCONFIRMED or FAILED of `order_states`.

    `states`: of each parcel, the state of the latest submission about it. An order that Amazon shows as shipped is
    confirmed, regardless of the submissions. A conflict counts as failed, because a person has to decide.
    """
    if amazon_status == status.SHIPPED:
        return order_states.CONFIRMED
    distinct = set(states)
    if distinct - _UNDER_WAY - {submission_states.VERIFIED}:
        return order_states.FAILED
    return order_states.UNCONFIRMED if distinct & _UNDER_WAY else order_states.CONFIRMED


def default_shipping_method(service_level: str | None) -> str:
    """Return the shipping method of a parcel for which none was entered: the service level the buyer chose."""
    return (service_level or "").replace("_", " ").title()


def is_collected_in_cash(country: str, handling: str | None, payment_methods: Collection[str]) -> bool:
    """Return whether the confirmation has to say how cash on delivery is collected: in Japan only."""
    is_cash = not _CASH_ON_DELIVERY.isdisjoint(payment_methods) or "cash_on_delivery" in (handling or "").split()
    return country == "JP" and is_cash


def build_parcel(
    reference: int,
    carrier: str,
    title: str,
    tracking_number: str,
    shipped_at: datetime,
    items: Iterable[tuple[str, int]],
    *,
    shipping_method: str = "",
    transparency_codes: Mapping[str, Sequence[str]] | None = None,
    collects_cash: bool = False,
) -> carriers.Parcel:
    """Return the parcel for the gateway. A carrier without an Amazon code is sent by name."""
    code = carrier if carrier in carriers.CODES else carriers.OTHER
    return carriers.Parcel(
        reference=str(reference),
        carrier_code=code,
        carrier_name=(title or carrier) if code == carriers.OTHER else None,
        tracking_number=tracking_number,
        shipped_at=shipped_at,
        items=tuple(items),
        shipping_method=shipping_method or None,
        transparency_codes=transparency_codes or {},
        collects_cash=collects_cash,
    )
