"""Telling Amazon of a parcel: whether it makes sense, what is told, and what proves that Amazon knows it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from webapp.domain.amazon import statuses as status
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping import carriers
from webapp.domain.submissions import state_machine as submission_states

KIND = "shipment"
# Amazon confirms these itself, from the label it sold.
SHIP_PLUS = "FBM_SHIP_PLUS"

_SHIPPABLE = frozenset({status.UNSHIPPED, status.PARTIALLY_SHIPPED})
_UNDER_WAY = frozenset(
    {submission_states.QUEUED, submission_states.SENDING, submission_states.SENT, submission_states.ACCEPTED}
)


class AmazonOrderLike(Protocol):
    """What Amazon says of an order."""

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
    """A parcel as it is told: `carrier_was` is what Amazon showed for it before, where that is being corrected."""

    reference: str
    tracking_number: str
    carrier_was: str | None = None


def find_refusal(order: AmazonOrderLike) -> str | None:
    """Why Amazon takes no parcel of this order from us, whatever a person says; a code of `sentences`, or None."""
    if order.fulfilled_by == status.AMAZON:
        return "ship_fba"
    return "ship_plus" if SHIP_PLUS in order.programs else None


def find_blocked_reason(order: AmazonOrderLike, *, writable: bool, cancelling: bool) -> str | None:
    """Why none of an order can be sent now, as a code of `sentences`, or None.

    `writable`: the store imports orders. `cancelling`: Amazon is asked to cancel it, so that nobody would pay for a
    parcel that leaves.
    """
    if not writable:
        return "ship_read_only"
    return find_refusal(order) or ("cannot_ship_cancelling" if cancelling else None)


def is_cancellation_requested(order: AmazonOrderLike) -> bool:
    """Return whether the buyer asks to cancel an order that can still be shipped."""
    return order.cancel_requested and order.status in _SHIPPABLE


def find_conflict(
    order: AmazonOrderLike,
    left: Mapping[str, int],
    pieces: Mapping[str, int],
    *,
    known: bool,
    ship_anyway: bool = False,
) -> str | None:
    """Why a person should look before Amazon is told; a code of `sentences`, or None.

    `left`: pieces Amazon still waits for, `pieces`: those of the parcel, both by Amazon's id of the line. `known`:
    Amazon shows the parcel already, so that telling it corrects it. `ship_anyway`: a person decided to ship although
    the buyer asks to cancel.
    """
    if order.status == status.CANCELLED:
        return "ship_cancelled"
    if known:
        return None
    if order.status == status.SHIPPED:
        return "ship_shipped_there"
    if order.status not in _SHIPPABLE:
        return "ship_not_ready"
    if order.cancel_requested and not ship_anyway:
        return "ship_cancel_requested"
    return "ship_more_than_left" if any(many > left.get(id_, 0) for id_, many in pieces.items()) else None


def is_visible(packages: Iterable[Package], told: SentParcel) -> bool:
    """Whether one of these is the parcel, as it was told."""
    for package in packages:
        number = carriers.clean(package.tracking_number or "")
        if package.reference == told.reference and number == told.tracking_number:
            return told.carrier_was is None or package.carrier != told.carrier_was
        # Amazon's own number for it would be no reason to doubt.
        if number and number == told.tracking_number and told.carrier_was is None:
            return True
    return False


def derive_confirmation(amazon_status: str, states: Iterable[str | None]) -> str:
    """Return how Amazon stands to the parcels of an order: CONFIRMED, UNCONFIRMED or FAILED of `order_states`.

    `states`: of each parcel, the state of the latest submission about it. An order that Amazon shows as shipped is
    confirmed, whatever became of the submissions. A conflict counts as failed, because a person has to decide.
    """
    if amazon_status == status.SHIPPED:
        return order_states.CONFIRMED
    found = set(states)
    if found - _UNDER_WAY - {submission_states.VERIFIED}:
        return order_states.FAILED
    return order_states.UNCONFIRMED if found & _UNDER_WAY else order_states.CONFIRMED


def build_parcel(
    reference: int,
    carrier: str,
    title: str,
    tracking_number: str,
    shipped_at: datetime,
    items: Iterable[tuple[str, int]],
) -> carriers.Parcel:
    """As the port takes it. A carrier Amazon has no code for goes by its name."""
    code = carrier if carrier in carriers.CODES else carriers.OTHER
    return carriers.Parcel(
        reference=str(reference),
        carrier_code=code,
        carrier_name=(title or carrier) if code == carriers.OTHER else None,
        tracking_number=tracking_number,
        shipped_at=shipped_at,
        items=tuple(items),
    )
