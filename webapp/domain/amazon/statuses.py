"""Amazon's vocabulary for where an order stands, in one spelling.

Orders 2026-01-01 says `PARTIALLY_SHIPPED`, v0 and notifications say `PartiallyShipped`. The house keeps the 2026
spelling; a word Amazon adds tomorrow is kept as it came, shown as it came, and starts nothing.
"""

PENDING_AVAILABILITY = "PENDING_AVAILABILITY"
PENDING = "PENDING"
UNSHIPPED = "UNSHIPPED"
PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
SHIPPED = "SHIPPED"
CANCELLED = "CANCELLED"
UNFULFILLABLE = "UNFULFILLABLE"
INVOICE_UNCONFIRMED = "INVOICE_UNCONFIRMED"
# Ours, for an order that came without a status. Amazon is asked again for it.
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

# These wait for somebody. They are few, however many orders a store has had.
OPEN = (PENDING_AVAILABILITY, PENDING, UNSHIPPED, PARTIALLY_SHIPPED, INVOICE_UNCONFIRMED)

# Amazon still checks the payment, or the goods are not out yet.
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


_BY_LETTERS = {spelling.upper(): status for spelling, status in SPELLINGS.items()}


def normalise(status: str) -> str:
    """The 2026 spelling of a status in either spelling, in letters of any case; an unknown one unchanged."""
    return SPELLINGS.get(status) or _BY_LETTERS.get(status.upper(), status)


def normalise_channel(channel: str) -> str:
    """The 2026 spelling of who fulfils an order, in letters of any case; an unknown one unchanged."""
    return CHANNELS.get(channel.upper(), channel)
