"""What Amazon says of an order, as plain values: the port makes them, the importer decides about them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from webapp.domain.common.money import Money

# The groups of fields Amazon returns only when asked for (`includedData` of Orders 2026-01-01).
DATASETS = ("BUYER", "RECIPIENT", "PROCEEDS", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX", "PAYMENT")
# Without this one an order has no status, so there is nothing to import.
REQUIRED_DATASETS = frozenset({"FULFILLMENT"})
PERSONAL_DATASETS = ("BUYER", "RECIPIENT")
# Amazon shows these only to applications that hold one of the roles named.
ROLES = {
    "BUYER": ("Tax Remittance (Restricted)", "Tax Invoicing (Restricted)"),
    "RECIPIENT": ("Direct-to-Consumer Delivery (Restricted)",),
}


@dataclass(frozen=True, slots=True)
class Component:
    """One of Amazon's own parts of an amount, kept verbatim.

    A part without a subtype is a whole; those that follow with the same type and a subtype (type `TAX`, subtype
    `SHIPPING`) are what it consists of. A sum counts wholes only.
    """

    type: str
    subtype: str | None
    value: Money


@dataclass(frozen=True, slots=True)
class OddField:
    """An optional field that is not what Amazon's model promises: its path, a code of `sentences`, Amazon's own value.

    `value` is there for amounts, times and quantities only: texts may be personal.
    """

    path: str
    problem: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Buyer:
    name: str | None = None
    email: str | None = None
    company: str | None = None
    purchase_order_number: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    name: str | None = None
    company: str | None = None
    line1: str | None = None
    line2: str | None = None
    line3: str | None = None
    city: str | None = None
    district: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    phone: str | None = None
    instructions: str | None = None

    def as_json(self) -> dict[str, str]:
        return {name: value for name, value in zip(self.__slots__, _PARTS(self), strict=True) if value}


_PARTS = attrgetter(*Address.__slots__)


@dataclass(frozen=True, slots=True)
class Gift:
    """A gift message is the buyer's own words: personal data."""

    message: str | None = None
    wrap: str | None = None


@dataclass(frozen=True, slots=True)
class AmazonItem:
    """`quantity`: pieces Amazon counts as ordered, without those it has cancelled since."""

    order_item_id: str
    quantity: int
    quantity_shipped: int = 0
    sku: str | None = None
    asin: str | None = None
    title: str | None = None
    condition: str | None = None
    unit_price: Money | None = None
    total: Money | None = None
    components: tuple[Component, ...] = ()
    gift: Gift | None = None
    # The reason a buyer gave when asking the seller to cancel; "" when asked without one, None when not asked.
    cancel_requested: str | None = None
    # BUYER, MERCHANT or AMAZON, once cancelled.
    cancelled_by: str | None = None


@dataclass(frozen=True, slots=True)
class AmazonPackage:
    reference: str
    status: str | None = None
    carrier: str | None = None
    shipping_service: str | None = None
    tracking_number: str | None = None
    shipped_at: datetime | None = None
    # (order item id, quantity) for each line in the parcel.
    items: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class AmazonOrder:
    """One order as Amazon last described it. Times are aware UTC.

    `status` and `fulfilled_by` are open strings; `fulfilled_by` is "" when Amazon does not say.
    """

    number: str
    marketplace_id: str
    purchased_at: datetime
    last_updated_at: datetime
    items: tuple[AmazonItem, ...]
    status: str
    fulfilled_by: str
    programs: tuple[str, ...] = ()
    total: Money | None = None
    components: tuple[Component, ...] = ()
    buyer: Buyer | None = None
    recipient: Address | None = None
    packages: tuple[AmazonPackage, ...] = ()
    service_level: str | None = None
    earliest_ship_at: datetime | None = None
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    payment_methods: tuple[str, ...] = ()
    replaces: str | None = None
    # Optional fields that were not as promised, and what was wrong with them.
    odd: tuple[OddField, ...] = field(default=(), compare=False)
    # The body exactly as Amazon sent it, for the version kept of each payload.
    raw: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    # Datasets left out of the call because Amazon refuses them to this account: their fields are unknown, not empty.
    missing: frozenset[str] = field(default=frozenset(), compare=False)
    # Known where the order was read alone.
    request_id: str | None = field(default=None, compare=False)

    @property
    def has_update_time(self) -> bool:
        """Whether Amazon said when it last changed the order; `last_updated_at` is a guess where it did not."""
        return all(odd.path != "lastUpdatedTime" or odd.problem == "no_time_zone" for odd in self.odd)

    @property
    def quantity(self) -> int:
        return sum([item.quantity for item in self.items])

    @property
    def quantity_shipped(self) -> int:
        return sum([item.quantity_shipped for item in self.items])

    @property
    def cancel_requested(self) -> str | None:
        """The buyer's reason for asking to cancel, "" when none was given, None when nobody asked."""
        return next((item.cancel_requested for item in self.items if item.cancel_requested is not None), None)


@dataclass(frozen=True, slots=True)
class UnparseableOrder:
    """A body in a page of orders that is not an order: kept in quarantine with its cause, never dropped."""

    cause: str
    raw: Any = field(compare=False, repr=False)
    number: str | None = None


@dataclass(frozen=True, slots=True)
class RawOrder:
    """An order of a page as it came. Whether it says anything new can be told without reading it."""

    raw: Any = field(repr=False)
    # Where that much can be told.
    number: str | None
    read: Callable[[], AmazonOrder | UnparseableOrder] = field(compare=False, repr=False)
    # Datasets that were left out of the call that brought it.
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One answer of searchOrders. `updated_before` is the bound Amazon really applied: the next cursor."""

    orders: tuple[RawOrder, ...]
    next_token: str | None
    updated_before: datetime | None
    request_id: str | None
    # Datasets that Amazon refused this account, so they were left out of the call.
    missing: frozenset[str] = frozenset()

    def read(self) -> tuple[AmazonOrder | UnparseableOrder, ...]:
        """The orders, read; one that cannot be read stands in its place as `Unreadable`."""
        return tuple(order.read() for order in self.orders)


@dataclass(frozen=True, slots=True)
class Participation:
    """A marketplace the seller account takes part in."""

    marketplace_id: str
    country_code: str
    name: str
    currency: str
    domain: str
    participating: bool
    suspended_listings: bool = False


@dataclass(frozen=True, slots=True)
class Cancellation:
    """One order to be cancelled in a feed: `message_id` is how the processing report names it."""

    message_id: int
    number: str
    order_item_ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class PreparedFeed:
    """A document that lies at Amazon, ready to be made a feed. `digest`: SHA-256 of its bytes, as hex.

    `options` are the feed's own, (name, value), where its type has any. `records`: messages or lines of the document,
    as Amazon's report counts them. `uploaded_at`: Amazon's clock when it had the document, where it said so.
    """

    document_id: str
    feed_type: str
    marketplace_ids: tuple[str, ...]
    digest: str
    options: tuple[tuple[str, str], ...] = ()
    records: int = 0
    uploaded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as Amazon describes it. `status`: IN_QUEUE, IN_PROGRESS, DONE, CANCELLED, FATAL.

    `marketplace_ids` is empty where Amazon does not name them.
    """

    feed_id: str
    feed_type: str
    status: str
    created_at: datetime | None = None
    result_document_id: str | None = None
    request_id: str | None = None
    marketplace_ids: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        return self.status in {"DONE", "CANCELLED", "FATAL"}


@dataclass(frozen=True, slots=True)
class FeedMessage:
    """What a processing report says of one message; `message_id` 0 speaks of the whole feed.

    In a flat file the message is a line, counted from 1; its report may also name the order and its item.
    """

    message_id: int
    severity: str
    code: str
    description: str
    number: str | None = None
    order_item_id: str | None = None

    @property
    def failed(self) -> bool:
        return self.severity == "Error"

    @property
    def words(self) -> str:
        return f"{self.description} ({self.code})"


@dataclass(frozen=True, slots=True)
class FeedReport:
    """A processing report. A message that is not listed succeeded, provided the counts say so too."""

    processed: int
    successful: int
    with_error: int
    with_warning: int
    messages: tuple[FeedMessage, ...]

    @property
    def contradicts_itself(self) -> bool:
        """Whether its counts and its messages differ: then it proves neither that a message succeeded nor that not."""
        failed = {message.message_id for message in self.messages if message.failed}
        if 0 in failed:
            return self.successful > 0
        unsuccessful = self.processed - self.successful
        return len(failed) != self.with_error or unsuccessful not in (
            self.with_error,
            self.with_error + self.with_warning,
        )
