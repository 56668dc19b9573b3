"""Value types that the gateway to Amazon takes and returns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from webapp.domain.amazon.order_details import NO_ITEM_DETAILS, NO_ORDER_DETAILS, ItemDetails, OrderDetails
from webapp.domain.common.money import Money
from webapp.domain.invoicing.transactions import OrderTransaction

# The groups of fields Amazon returns only when asked for (`includedData` of Orders 2026-01-01).
DATASETS = (
    "BUYER",
    "RECIPIENT",
    "PROCEEDS",
    "EXPENSE",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "TAX",
    "PAYMENT",
    "FULFILLMENT_ORDERS",
)
# Without it an order has no status and cannot be imported.
REQUIRED_DATASETS = frozenset({"FULFILLMENT"})
PERSONAL_DATASETS = ("BUYER", "RECIPIENT")
# Amazon shows these only to applications that hold one of the roles named.
ROLES = {
    "BUYER": ("Tax Remittance (Restricted)", "Tax Invoicing (Restricted)"),
    "RECIPIENT": ("Direct-to-Consumer Delivery (Restricted)",),
}


@dataclass(frozen=True, slots=True)
class Component:
    """One component of an amount, with Amazon's own type.

    A component without a subtype is a total; those that follow with the same type and a subtype (type `TAX`, subtype
    `SHIPPING`) are its details. A sum counts totals only.
    """

    type: str
    subtype: str | None
    value: Money


@dataclass(frozen=True, slots=True)
class InvalidField:
    """An optional field that does not match Amazon's model: its path and a code of `messages`.

    `value` is Amazon's value, for amounts, times and quantities only: texts may be personal.
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
    """A gift message is written by the buyer: personal data."""

    message: str | None = None
    wrap: str | None = None


@dataclass(frozen=True, slots=True)
class AmazonItem:
    """`quantity`: the units ordered, less those cancelled since."""

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
    details: ItemDetails = NO_ITEM_DETAILS


@dataclass(frozen=True, slots=True)
class AmazonPackage:
    reference: str
    status: str | None = None
    carrier: str | None = None
    shipping_service: str | None = None
    tracking_number: str | None = None
    shipped_at: datetime | None = None
    # (order item id, quantity) for each line in the package.
    items: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class AmazonOrder:
    """One order in its latest state at Amazon. Times are aware UTC.

    `status` and `fulfilled_by` are open strings; `fulfilled_by` is "" where Amazon does not give it.
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
    details: OrderDetails = NO_ORDER_DETAILS
    # Optional fields that did not match Amazon's model.
    invalid_fields: tuple[InvalidField, ...] = field(default=(), compare=False)
    # The body exactly as Amazon sent it, which is stored as a version.
    raw: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    # Datasets left out of the call because Amazon refuses them to this account: their fields are unknown, not empty.
    missing: frozenset[str] = field(default=frozenset(), compare=False)
    # Set when the order was requested alone.
    request_id: str | None = field(default=None, compare=False)

    @property
    def has_update_time(self) -> bool:
        """Return whether Amazon gave the time of the last change; otherwise `last_updated_at` is estimated."""
        return all(entry.path != "lastUpdatedTime" or entry.problem == "no_time_zone" for entry in self.invalid_fields)

    @property
    def quantity(self) -> int:
        return sum([item.quantity for item in self.items])

    @property
    def quantity_shipped(self) -> int:
        return sum([item.quantity_shipped for item in self.items])

    @property
    def cancel_requested(self) -> str | None:
        """Return the buyer's reason for requesting cancellation; "" without a reason, None without a request."""
        return next((item.cancel_requested for item in self.items if item.cancel_requested is not None), None)


@dataclass(frozen=True, slots=True)
class UnparseableOrder:
    """A body in a page of orders that cannot be parsed. It goes to quarantine with its cause."""

    cause: str
    raw: Any = field(compare=False, repr=False)
    number: str | None = None


@dataclass(frozen=True, slots=True)
class RawOrder:
    """An order of a page before parsing. An unchanged order is recognised by its body alone."""

    raw: Any = field(repr=False)
    # None where the body has no usable order number.
    number: str | None
    read: Callable[[], AmazonOrder | UnparseableOrder] = field(compare=False, repr=False)
    # Datasets left out of the call that returned it.
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of searchOrders. `updated_before` is the upper bound that Amazon applied: the next cursor."""

    orders: tuple[RawOrder, ...]
    next_token: str | None
    updated_before: datetime | None
    request_id: str | None
    # Datasets that Amazon refused this account and that were left out of the call.
    missing: frozenset[str] = frozenset()

    def read(self) -> tuple[AmazonOrder | UnparseableOrder, ...]:
        """Return the parsed orders, with an `UnparseableOrder` in the place of each that cannot be parsed."""
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
    """One order to be cancelled in a feed. The processing report refers to it by `message_id`."""

    message_id: int
    number: str
    order_item_ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class PreparedFeed:
    """An uploaded document from which a feed can be created. `digest`: SHA-256 of its bytes, as hex.

    `options`: feed options as (name, value). `records`: messages or lines of the document, as Amazon's report counts
    them. `uploaded_at`: the time at Amazon after the upload, where known.
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
    """A feed at Amazon. `status`: IN_QUEUE, IN_PROGRESS, DONE, CANCELLED, FATAL.

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
class Report:
    """A report at Amazon. `status`: IN_QUEUE, IN_PROGRESS, DONE, CANCELLED, FATAL.

    Amazon also cancels a report that would be empty. A FATAL one may have a document that explains it.
    """

    report_id: str
    report_type: str
    status: str
    created_at: datetime | None = None
    data_start: datetime | None = None
    data_end: datetime | None = None
    document_id: str | None = None
    marketplace_ids: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        return self.status in {"DONE", "CANCELLED", "FATAL"}


@dataclass(frozen=True, slots=True)
class ReportSchedule:
    """A schedule by which Amazon creates a report in each `period`, a duration of ISO 8601."""

    schedule_id: str
    report_type: str
    period: str
    next_at: datetime | None = None
    marketplace_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedMessage:
    """An entry of a processing report about one message; `message_id` 0 concerns the whole feed.

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
    def is_contradictory(self) -> bool:
        """Whether its counts and messages disagree: then it proves neither the success nor the failure of a message."""
        failed = {message.message_id for message in self.messages if message.failed}
        if 0 in failed:
            return self.successful > 0
        unsuccessful = self.processed - self.successful
        return len(failed) != self.with_error or unsuccessful not in (
            self.with_error,
            self.with_error + self.with_warning,
        )


@dataclass(frozen=True, slots=True)
class UnreadableTransaction:
    """A transaction of the Finances API that does not match Amazon's model. `transaction_id`: empty if not readable."""

    transaction_id: str
    number: str | None
    cause: str


@dataclass(frozen=True, slots=True)
class TransactionPage:
    """The transactions of orders of one page of listTransactions, which had `count` transactions in all."""

    transactions: tuple[OrderTransaction, ...]
    unreadable: tuple[UnreadableTransaction, ...]
    count: int
    next_token: str | None
    request_id: str | None

    @property
    def refunds(self) -> tuple[OrderTransaction, ...]:
        """Return the transactions that returned money to a buyer."""
        return tuple(transaction for transaction in self.transactions if transaction.is_refund)
