"""A refund as Amazon is told of it: line by line, each in the parts of what the buyer paid, and never over them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from webapp.domain.amazon import statuses as status
from webapp.domain.amazon.types import Component, FeedMessage, FeedReport
from webapp.domain.common.money import Money
from webapp.domain.errors import RefusedError
from webapp.domain.orders import amounts as order_amounts

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
    Reason("Other", offered=False),
    Reason("Abandoned", offered=False),
    Reason("ProductOutofStock", offered=False),
    Reason("CustomerAddressIncorrect", offered=False),
    Reason("CarrierCreditDecision", offered=False),
    Reason("RiskAssessmentInformationNotValid", offered=False),
    Reason("CarrierCoverageFailure", offered=False),
    Reason("TransactionRecord", offered=False),
)
CODES = frozenset(reason.code for reason in REASONS)

# Where a credit memo stands. Amazon is asked; it refunds or refuses; or it was undone before Amazon was told.
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
# Where what stands beside the lines is put, and where a fee is taken from: prices before taxes.
_BESIDE = (("item_price",), ("shipping_price",), ("gift_wrap_price",), TAXES)
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


@dataclass(frozen=True, slots=True)
class LineCredit:
    """What a credit memo gives back of one line, in minor units: its goods, their tax, its shipping."""

    line_id: int
    goods: int
    tax: int
    shipping: int


def find_refusal(amazon_status: str, fulfilled_by: str, *, writable: bool) -> str | None:
    """Why nothing of an order can be refunded at Amazon, as a code of `sentences`, or None.

    `writable`: the store imports orders, so the desk is in charge of them.
    """
    if fulfilled_by == status.AMAZON:
        return "refund_fba"
    if fulfilled_by != status.MERCHANT or amazon_status not in _TAKEN:
        return _REFUSED_BY_STATUS.get(amazon_status, "refund_unknown_status")
    return None if writable else "refund_read_only"


def paid_amounts(components: Iterable[Component]) -> Parts:
    """What the buyer paid for an order item, its promotions taken off: the most that can ever be refunded of it.

    Tax that Amazon does not detail counts as the item's. What a promotion takes off beyond the price it stands on is
    taken off the next part, so that no part is less than nothing and together they are what was paid.
    """
    found = dict.fromkeys(COMPONENTS, 0)
    for part in components:
        if part.subtype == "":
            # A detail that Amazon does not name: it stays with its whole.
            continue
        place = _PLACES.get((part.type, part.subtype))
        if place is not None:
            found[place] += part.value.minor
        if part.type == "TAX":
            found["item_tax"] += part.value.minor if part.subtype is None else -part.value.minor
        elif (part.type, part.subtype) == ("DISCOUNT", None):
            found["item_price"] += part.value.minor
        elif (part.type, part.subtype) == ("DISCOUNT", "SHIPPING"):
            found["shipping_price"] += part.value.minor
            found["item_price"] -= part.value.minor
    _settle(found, ("item_price", "shipping_price", "gift_wrap_price"))
    _settle(found, TAXES)
    return found


def refundable_amounts(was_paid: Mapping[str, int], *given: Mapping[str, int]) -> Parts:
    """What of it can still be refunded after these refunds, those that are under way among them."""
    return {name: max(0, was_paid[name] - sum(one.get(name, 0) for one in given)) for name in COMPONENTS}


def split(
    wishes: Sequence[LineCredit], room: Mapping[int, Mapping[str, int]], beside: int, currency: str
) -> dict[int, Parts]:
    """The parts of a refund by line id: in sum exactly what the credit memo gives back, nowhere more than its `room`.

    `room`: what is left to refund of every line of the order, by line id. `beside`: the adjustment refund less the
    adjustment fee. What is given back of a line goes on the parts it was paid for; what these cannot hold, and what is
    given beside the lines, goes on the prices of the lines of the credit memo, then on their taxes, then likewise on
    the other lines; a fee is taken off in the same order. Raises RefusedError where Amazon cannot carry it.
    """
    given = {line_id: dict.fromkeys(COMPONENTS, 0) for line_id in room}
    rest = beside
    for wish in wishes:
        for amount, names in ((wish.goods, GOODS), (wish.tax, TAXES), (wish.shipping, SHIPPING)):
            rest += amount - _put(given, room, [(wish.line_id, name) for name in names], amount)
    told = [wish.line_id for wish in wishes]
    for lines in (told, [line_id for line_id in room if line_id not in told]):
        for names in _BESIDE:
            cells = [(line_id, name) for line_id in lines for name in names]
            rest -= _put(given, room, cells, rest) if rest > 0 else -_take(given, cells, -rest)
    whole = sum(sum(parts.values()) for parts in given.values())
    if rest > 0:
        held, over = Money(whole, currency).amount, Money(rest, currency).amount
        raise RefusedError("refund_over_at_amazon", left=held, over=over, currency=currency)
    if whole <= 0:
        raise RefusedError("refund_nothing_at_amazon")
    return {line_id: parts for line_id, parts in given.items() if any(parts.values())}


def find_failures(report: FeedReport, lines: Sequence[tuple[str, str]]) -> dict[int, FeedMessage] | None:
    """What a report refuses, by place in the document (counted from 1; 0 is all of it); None where that is not clear.

    `lines`: (number of the order, id of the item) of each line of the document. The report counts lines, and may name
    what stood there too: then both have to agree, or the name has to be clear by itself.
    """
    found: dict[int, FeedMessage] = {}
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
        found[place] = message
    return found


def _settle(found: Parts, group: Sequence[str]) -> None:
    """What is less than nothing is taken off the others."""
    short = -sum(min(0, found[name]) for name in group)
    for name in group:
        found[name] = max(0, found[name])
        taken = min(short, found[name])
        found[name] -= taken
        short -= taken


def _put(
    given: dict[int, Parts], room: Mapping[int, Mapping[str, int]], cells: Sequence[tuple[int, str]], amount: int
) -> int:
    """Put as much of the amount on these parts as they hold, by what each holds; answers how much that was."""
    free = [room[line_id][name] - given[line_id][name] for line_id, name in cells]
    carried = min(max(0, amount), sum(free))
    if carried:
        for (line_id, name), portion in zip(cells, order_amounts.distribute(carried, free), strict=True):
            given[line_id][name] += portion
    return carried


def _take(given: dict[int, Parts], cells: Sequence[tuple[int, str]], amount: int) -> int:
    held = [given[line_id][name] for line_id, name in cells]
    taken = min(amount, sum(held))
    if taken:
        for (line_id, name), portion in zip(cells, order_amounts.distribute(taken, held), strict=True):
            given[line_id][name] -= portion
    return taken
