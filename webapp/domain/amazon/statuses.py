"""Amazon's order statuses and fulfilment channels, in one spelling.

Orders 2026-01-01 uses `PARTIALLY_SHIPPED`, v0 and notifications use `PartiallyShipped`. We store the 2026 spelling. A
status that Amazon adds is stored and shown unchanged, and has no effect.
"""

PENDING_AVAILABILITY = "PENDING_AVAILABILITY"
PENDING = "PENDING"
UNSHIPPED = "UNSHIPPED"
PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
SHIPPED = "SHIPPED"
CANCELLED = "CANCELLED"
UNFULFILLABLE = "UNFULFILLABLE"
INVOICE_UNCONFIRMED = "INVOICE_UNCONFIRMED"
# Ours, for an order without a status. It is read again later.
UNKNOWN = "UNKNOWN"

KNOWN = (
    PENDING_AVAILABILITY,
    PENDING,
    UNSHIPPED,
    PARTIALLY_SHIPPED,
    SHIPPED,
    CANCELLED,
    UNFULFILLABLE,
    INVOICE_UNCONFIRMED,
)

# Statuses of unfinished orders. Their number does not grow with the age of a store.
OPEN = (PENDING_AVAILABILITY, PENDING, UNSHIPPED, PARTIALLY_SHIPPED, INVOICE_UNCONFIRMED)

# Amazon still checks the payment, or the goods are not released yet.
NOT_YET = frozenset({PENDING, PENDING_AVAILABILITY})

MERCHANT = "MERCHANT"
AMAZON = "AMAZON"

SPELLINGS = {
    **{status: status for status in KNOWN},
    "PendingAvailability": PENDING_AVAILABILITY,
    "Pending": PENDING,
    "Unshipped": UNSHIPPED,
    "PartiallyShipped": PARTIALLY_SHIPPED,
    "Shipped": SHIPPED,
    "Canceled": CANCELLED,
    "Cancelled": CANCELLED,
    "Unfulfillable": UNFULFILLABLE,
    "InvoiceUnconfirmed": INVOICE_UNCONFIRMED,
}

CHANNELS = {"MFN": MERCHANT, "AFN": AMAZON, MERCHANT: MERCHANT, AMAZON: AMAZON}


_BY_UPPER_CASE = {spelling.upper(): status for spelling, status in SPELLINGS.items()}


def normalise(status: str) -> str:
    """Return the 2026 spelling of a status in either spelling and any case; an unknown one unchanged."""
    return SPELLINGS.get(status) or _BY_UPPER_CASE.get(status.upper(), status)


def normalise_channel(channel: str) -> str:
    """Return the 2026 spelling of a fulfilment channel in any case; an unknown one unchanged."""
    return CHANNELS.get(channel.upper(), channel)
