"""A refund of one line of an order, as Amazon is told of it."""

from dataclasses import dataclass

from webapp.domain.money import Money

FEED_TYPE = "POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA"
KIND = "refund"


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` is Amazon's word. `offered`: a seller would choose it; the others Amazon takes as well."""

    code: str
    offered: bool = True


REASONS = (
    Reason("CustomerReturn"),
    Reason("GeneralAdjustment"),
    Reason("NoInventory"),
    Reason("CouldNotShip"),
    Reason("CustomerCancel"),
    Reason("DifferentItem"),
    Reason("PriceError"),
    Reason("Undeliverable"),
    Reason("RefusedDelivery"),
    Reason("Exchange"),
    Reason("Other"),
    Reason("Abandoned", offered=False),
    Reason("ProductOutofStock", offered=False),
    Reason("CustomerAddressIncorrect", offered=False),
    Reason("CarrierCreditDecision", offered=False),
    Reason("RiskAssessmentInformationNotValid", offered=False),
    Reason("CarrierCoverageFailure", offered=False),
    Reason("TransactionRecord", offered=False),
)
CODES = frozenset(reason.code for reason in REASONS)

# The parts of a refund, each a field of `Refund`, in the order of the feed's columns.
COMPONENTS = ("item_price", "item_tax", "shipping_price", "shipping_tax", "gift_wrap_price", "gift_wrap_tax")


@dataclass(frozen=True, slots=True)
class Refund:
    """What the buyer gets back for one order item. Amounts are for the whole quantity, positive, in one currency.

    `quantity_cancelled`: how many units will not be shipped any more.
    """

    number: str
    order_item_id: str
    reason: str
    item_price: Money | None = None
    item_tax: Money | None = None
    shipping_price: Money | None = None
    shipping_tax: Money | None = None
    gift_wrap_price: Money | None = None
    gift_wrap_tax: Money | None = None
    quantity_cancelled: int = 0

    @property
    def amounts(self) -> dict[str, Money]:
        """The components that are refunded, by name."""
        return {name: amount for name in COMPONENTS if (amount := getattr(self, name)) is not None}

    @property
    def total(self) -> Money | None:
        """All of it; None when nothing is refunded. Raises MoneyError for two currencies."""
        amounts = list(self.amounts.values())
        return sum(amounts[1:], amounts[0]) if amounts else None
