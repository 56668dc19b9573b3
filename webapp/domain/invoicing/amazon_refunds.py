"""Split refunds into the price and tax components that Amazon accepts, within what the buyer paid for each line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from webapp.domain.amazon import statuses as status
from webapp.domain.amazon.types import Component, FeedMessage, FeedReport
from webapp.domain.common.money import Money
from webapp.domain.errors import RefusedError
from webapp.domain.orders import amounts as order_amounts

FEED_TYPE = "POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA"
KIND = "refund"


# Reasons of refunds, by Amazon's codes. All lists of Amazon's have these five; the others are in its XML schema alone.
CUSTOMER_RETURN = "CustomerReturn"
COMMON_REASONS = (CUSTOMER_RETURN, "GeneralAdjustment", "NoInventory", "CouldNotShip", "DifferentItem")
OTHER_REASONS = (
    "CustomerCancel",
    "BuyerCanceled",
    "PriceError",
    "Undeliverable",
    "RefusedDelivery",
    "Exchange",
    "Other",
    "Abandoned",
    "ProductOutofStock",
    "CustomerAddressIncorrect",
    "CarrierCreditDecision",
    "RiskAssessmentInformationNotValid",
    "CarrierCoverageFailure",
    "TransactionRecord",
)
CODES = frozenset((*COMMON_REASONS, *OTHER_REASONS))
# Amazon accepts cancelled units with these alone.
_CANCELLING_REASONS = ("NoInventory", "BuyerCanceled")
# A reason of units that will not be shipped, and of nothing else.
_ONLY_CANCELLING = "BuyerCanceled"

# States of a credit memo. ASKED: the refund was requested from Amazon. UNDONE: cancelled before it was submitted.
OFFLINE, ASKED, REFUNDED, REFUSED, UNDONE = "offline", "asked", "refunded", "refused", "undone"
MEMO_STATES = (OFFLINE, ASKED, REFUNDED, REFUSED, UNDONE)
# These gave money back.
GIVEN = frozenset({OFFLINE, REFUNDED})
# These did, or are about to.
LIVE = GIVEN | {ASKED}

# The parts of a refund, each a field of `Refund`, in the order of the feed's columns.
COMPONENTS = ("item_price", "item_tax", "shipping_price", "shipping_tax", "gift_wrap_price", "gift_wrap_tax")
GOODS = ("item_price", "gift_wrap_price")
SHIPPING = ("shipping_price",)
TAXES = ("item_tax", "shipping_tax", "gift_wrap_tax")
# Order in which an adjustment refund is added to the components and a fee is deducted: prices before taxes.
_ADJUSTMENT_ORDER = (("item_price",), ("shipping_price",), ("gift_wrap_price",), TAXES)
# Where the parts of an order item stand: (type, subtype) as Amazon names them. Amazon's refund knows no others: cash on
# delivery, tips and the like can be given back in Seller Central alone.
_PLACES = {
    ("ITEM", None): "item_price",
    ("SHIPPING", None): "shipping_price",
    ("GIFT_WRAP", None): "gift_wrap_price",
    ("TAX", "ITEM"): "item_tax",
    ("TAX", "DISCOUNT"): "item_tax",
    ("TAX", "SHIPPING"): "shipping_tax",
    ("TAX", "GIFT_WRAP"): "gift_wrap_tax",
}
_REFUSED_BY_STATUS = {
    status.CANCELLED: "refund_cancelled",
    status.PENDING: "refund_pending",
    status.PENDING_AVAILABILITY: "refund_pending",
    status.INVOICE_UNCONFIRMED: "refund_pending",
    status.UNFULFILLABLE: "refund_unfulfillable",
}
_TAKEN = frozenset({status.UNSHIPPED, status.PARTIALLY_SHIPPED, status.SHIPPED})

# Minor units by component.
Parts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Refund:
    """The refund of one order item. Amounts are for the whole quantity, positive, in one currency.

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
        """Return the components that are refunded, by name."""
        return {name: amount for name in COMPONENTS if (amount := getattr(self, name)) is not None}

    @property
    def total(self) -> Money | None:
        """Return the sum of all amounts; None when nothing is refunded. Raises MoneyError for two currencies."""
        amounts = list(self.amounts.values())
        return sum(amounts[1:], amounts[0]) if amounts else None


@dataclass(frozen=True, slots=True)
class LineCredit:
    """The credit for one line, in minor units: its goods, their tax, its shipping."""

    line_id: int
    goods: int
    tax: int
    shipping: int


def find_refusal_reason(amazon_status: str, fulfilled_by: str, *, writable: bool) -> str | None:
    """Return the reason an order cannot be refunded at Amazon (a code of `messages`), or None.

    `writable`: the store imports orders, so Channeldesk may change them.
    """
    if fulfilled_by == status.AMAZON:
        return "refund_fba"
    if fulfilled_by != status.MERCHANT or amazon_status not in _TAKEN:
        return _REFUSED_BY_STATUS.get(amazon_status, "refund_unknown_status")
    return None if writable else "refund_read_only"


def find_reason_problem(reason: str, *, cancels: bool) -> str | None:
    """Return the reason Amazon would reject this reason (a code of `messages`), or None.

    `cancels`: the refund includes units that will not be shipped.
    """
    if cancels and reason not in _CANCELLING_REASONS:
        return "refund_reason_cancels"
    return "refund_reason_only_cancels" if reason == _ONLY_CANCELLING and not cancels else None


def compute_paid_amounts(components: Iterable[Component]) -> Parts:
    """Return the buyer's payment for an order item less its promotions: the maximum that can be refunded.

    Tax that Amazon does not itemize counts as item tax. The part of a promotion that exceeds its price is deducted
    from the next component, so that no component is negative and their sum is what was paid.
    """
    amounts = dict.fromkeys(COMPONENTS, 0)
    for part in components:
        if part.subtype == "":
            # A detail that Amazon does not name: it stays with its whole.
            continue
        place = _PLACES.get((part.type, part.subtype))
        if place is not None:
            amounts[place] += part.value.minor
        if part.type == "TAX":
            amounts["item_tax"] += part.value.minor if part.subtype is None else -part.value.minor
        elif (part.type, part.subtype) == ("DISCOUNT", None):
            amounts["item_price"] += part.value.minor
        elif (part.type, part.subtype) == ("DISCOUNT", "SHIPPING"):
            amounts["shipping_price"] += part.value.minor
            amounts["item_price"] -= part.value.minor
    _settle(amounts, ("item_price", "shipping_price", "gift_wrap_price"))
    _settle(amounts, TAXES)
    return amounts


def compute_refundable_amounts(was_paid: Mapping[str, int], *refunds: Mapping[str, int]) -> Parts:
    """Return the amounts left to refund after these refunds, including the pending ones."""
    return {name: max(0, was_paid[name] - sum(refund.get(name, 0) for refund in refunds)) for name in COMPONENTS}


def sum_tax(parts: Iterable[Mapping[str, int]]) -> int:
    """Return the tax in these refunds of lines."""
    return sum(line.get(name, 0) for line in parts for name in TAXES)


def split(
    line_credits: Sequence[LineCredit], limits: Mapping[int, Mapping[str, int]], adjustment: int, currency: str
) -> dict[int, Parts]:
    """Split a credit memo into refund components by line id. Their sum is the total of the credit memo.

    `limits`: the refundable amounts of every line of the order, by line id. `adjustment`: the adjustment refund less
    the adjustment fee. A line's credit goes to the components it was paid for. The excess and the adjustment go to
    the prices of the credited lines, then to their taxes, then to the other lines in the same way; a fee is deducted
    in the same order. Raises RefusedError when the components cannot hold the amount.
    """
    refunds = {line_id: dict.fromkeys(COMPONENTS, 0) for line_id in limits}
    rest = adjustment
    for credit in line_credits:
        for amount, names in ((credit.goods, GOODS), (credit.tax, TAXES), (credit.shipping, SHIPPING)):
            rest += amount - _put(refunds, limits, [(credit.line_id, name) for name in names], amount)
    credited_ids = [credit.line_id for credit in line_credits]
    for lines in (credited_ids, [line_id for line_id in limits if line_id not in credited_ids]):
        for names in _ADJUSTMENT_ORDER:
            cells = [(line_id, name) for line_id in lines for name in names]
            rest -= _put(refunds, limits, cells, rest) if rest > 0 else -_take(refunds, cells, -rest)
    whole = sum(sum(parts.values()) for parts in refunds.values())
    if rest > 0:
        refundable, over = Money(whole, currency).amount, Money(rest, currency).amount
        raise RefusedError("refund_over_at_amazon", left=refundable, over=over, currency=currency)
    if whole <= 0:
        raise RefusedError("refund_nothing_at_amazon")
    return {line_id: parts for line_id, parts in refunds.items() if any(parts.values())}


def find_failures(report: FeedReport, lines: Sequence[tuple[str, str]]) -> dict[int, FeedMessage] | None:
    """Return the failures of a report by line of the document (from 1; 0 is all of it), None if they are ambiguous.

    `lines`: (number of the order, id of the item) of each line of the document. The report counts lines, and may name
    what stood there too: then both have to agree, or the name has to be clear by itself.
    """
    failures: dict[int, FeedMessage] = {}
    for message in report.messages:
        if not message.failed:
            continue
        place = message.message_id
        if place and message.number is not None:
            named = [n for n, line in enumerate(lines, 1) if line == (message.number, message.order_item_id or line[1])]
            if place not in named:
                if len(named) != 1:
                    return None
                place = named[0]
        if place > len(lines):
            return None
        failures[place] = message
    return failures


def _settle(amounts: Parts, group: Sequence[str]) -> None:
    """Set negative amounts of the group to zero and deduct them from the others."""
    missing = -sum(min(0, amounts[name]) for name in group)
    for name in group:
        amounts[name] = max(0, amounts[name])
        deduction = min(missing, amounts[name])
        amounts[name] -= deduction
        missing -= deduction


def _put(
    refunds: dict[int, Parts], limits: Mapping[int, Mapping[str, int]], cells: Sequence[tuple[int, str]], amount: int
) -> int:
    """Distribute the amount over these components in proportion to their free amounts. Return the part that fitted."""
    free = [limits[line_id][name] - refunds[line_id][name] for line_id, name in cells]
    placed = min(max(0, amount), sum(free))
    if placed:
        for (line_id, name), portion in zip(cells, order_amounts.distribute(placed, free), strict=True):
            refunds[line_id][name] += portion
    return placed


def _take(refunds: dict[int, Parts], cells: Sequence[tuple[int, str]], amount: int) -> int:
    amounts = [refunds[line_id][name] for line_id, name in cells]
    taken = min(amount, sum(amounts))
    if taken:
        for (line_id, name), portion in zip(cells, order_amounts.distribute(taken, amounts), strict=True):
            refunds[line_id][name] -= portion
    return taken
