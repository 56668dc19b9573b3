"""Cancellation of an unshipped order at Amazon: preconditions and reasons."""

from dataclasses import dataclass

from webapp.domain.amazon import statuses as status


@dataclass(frozen=True, slots=True)
class Reason:
    """A cancellation reason. `code` is Amazon's term; `hurts`: it counts in the cancellation rate."""

    code: str
    hurts: bool


# The six Seller Central itself offers, in the order sellers need them.
REASONS = (
    Reason("NoInventory", hurts=True),
    Reason("BuyerCanceled", hurts=False),
    Reason("ShippingAddressUndeliverable", hurts=True),
    Reason("CustomerExchange", hurts=True),
    Reason("PricingError", hurts=True),
    Reason("GeneralAdjustment", hurts=True),
)
CODES = frozenset(reason.code for reason in REASONS)

KIND = "cancellation"

_REFUSED_BY_STATUS = {
    status.SHIPPED: "cancel_shipped",
    status.PARTIALLY_SHIPPED: "cancel_partially_shipped",
    status.PENDING: "cancel_pending",
    status.PENDING_AVAILABILITY: "cancel_pending",
    status.CANCELLED: "cancel_cancelled_already",
    status.UNFULFILLABLE: "cancel_unfulfillable",
    status.INVOICE_UNCONFIRMED: "cancel_pending",
}


def find_refusal_reason(
    amazon_status: str, fulfilled_by: str, *, writable: bool, requested: bool, has_parcel: bool = False
) -> str | None:
    """Return the reason a cancellation cannot be requested (a code of `messages`), or None.

    `writable`: the store imports orders, so Channeldesk may change them. `requested`: it has been asked already.
    `has_parcel`: a parcel was shipped here that Amazon may not show yet.
    """
    if amazon_status == status.UNSHIPPED and has_parcel:
        return "cancel_shipped"
    if fulfilled_by == status.AMAZON:
        return "cancel_fba"
    if fulfilled_by != status.MERCHANT:
        return "cancel_unknown_status"
    if amazon_status != status.UNSHIPPED:
        return _REFUSED_BY_STATUS.get(amazon_status, "cancel_unknown_status")
    if requested:
        return "cancel_requested_already"
    return None if writable else "cancel_read_only"


def hurts_rate(code: str, *, buyer_asked: bool) -> bool:
    """Return whether it raises the cancellation rate: it does unless the buyer requested it through Amazon."""
    return code != "BuyerCanceled" or not buyer_asked
