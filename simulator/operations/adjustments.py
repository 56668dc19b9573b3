"""The feed POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA: each line refunds parts of what a buyer paid for an item.

A feed that is sent twice is carried out twice, up to what the buyer paid less what was refunded.
"""

import re
from collections import Counter
from typing import Any

from simulator.operations.errors import InvalidStateError
from simulator.operations.feed_messages import FailedMessage, FeedError, FeedResult, check_not_rejected, find_order
from simulator.state.marketplaces import DIGITS, minor_units, money
from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState

# Reasons for units that will not be shipped. The others allow no quantity-cancelled; BuyerCanceled is for nothing else.
CANCELLING_REASONS = ("NoInventory", "BuyerCanceled")
REASONS = (
    "NoInventory",
    "BuyerCanceled",
    "CustomerReturn",
    "GeneralAdjustment",
    "CouldNotShip",
    "DifferentItem",
    "Abandoned",
    "CustomerCancel",
    "PriceError",
    "ProductOutofStock",
    "CustomerAddressIncorrect",
    "Exchange",
    "Other",
    "CarrierCreditDecision",
    "RiskAssessmentInformationNotValid",
    "CarrierCoverageFailure",
    "TransactionRecord",
    "Undeliverable",
    "RefusedDelivery",
)
# Column -> (type, subtype) of the item's breakdowns that hold what the buyer paid.
COMPONENTS = {
    "item-price-adj": (("ITEM", None), ("DISCOUNT", None)),
    "item-tax-adj": (("TAX", "ITEM"), ("TAX", "DISCOUNT")),
    "shipping-price-adj": (("SHIPPING", None),),
    "shipping-tax-adj": (("TAX", "SHIPPING"),),
    "gift-wrap-price-adj": (("GIFT_WRAP", None),),
    "gift-wrap-tax-adj": (("TAX", "GIFT_WRAP"),),
}
PROMOTIONS = ("item-promotion-adj", "item-promotion-id", "ship-promotion-adj", "ship-promotion-id")
CANCELLED = "quantity-cancelled"
# All columns but those of promotions, which must not be in the file when they are not used.
REQUIRED = ("order-id", "order-item-id", "adjustment-reason-code", "currency", *COMPONENTS, CANCELLED)
COLUMNS = (*REQUIRED[:-1], *PROMOTIONS, CANCELLED)
# Two decimals, also in a currency that has none.
AMOUNT = re.compile(r"(\d{1,12})\.(\d{2})", re.ASCII)
# (order, item, component) -> minor units refunded, or units cancelled.
Refunded = Counter[tuple[str, str, str]]


def carry_out(world: WorldState, feed: dict[str, Any], document: bytes) -> FeedResult:
    try:
        records = parse_document(document)
    except FeedError as error:
        return FeedResult("FATAL", 0, (FailedMessage("0", error),))
    refunded = sum_refunds(world)
    failed: list[FailedMessage] = []
    for number, record in enumerate(records, 1):
        try:
            refund(world, feed, number, record, refunded)
        except FeedError as error:
            failed.append(FailedMessage(str(number), error, record["order-id"], record["order-item-id"]))
    return FeedResult("DONE", len(records), tuple(failed))


def parse_document(document: bytes) -> list[dict[str, str]]:
    """Return the lines by column name. Raises FeedError when the whole file cannot be read."""
    try:
        lines = [line.split("\t") for line in document.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise FeedError(90057, "The file is not encoded in UTF-8.") from error
    header = [name.strip() for name in lines[0]] if lines else []
    missing = [name for name in REQUIRED if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    if missing or unknown or len(set(header)) < len(header):
        raise FeedError(90061, f"The header row is not valid: {', '.join(missing or unknown or header)}.")
    if len(lines) == 1:
        raise FeedError(90061, "The file has no line below its header row.")
    cells = ([cell.strip() for cell in line] + [""] * len(COLUMNS) for line in lines[1:])
    records = [{**dict.fromkeys(COLUMNS, ""), **dict(zip(header, line, strict=False))} for line in cells]
    unused = [name for name in PROMOTIONS if name in header and not any(record[name] for record in records)]
    if unused:
        raise FeedError(90061, f"The header row has columns that are not used: {', '.join(unused)}.")
    return records


def sum_refunds(world: WorldState) -> Refunded:
    refunded: Refunded = Counter()
    for entry in world.ledger:
        if entry["effect"] == "refund":
            key = entry["order_id"], entry["order_item_id"]
            refunded.update({(*key, name): minor_units(amount) for name, amount in entry["amounts"].items()})
            refunded[*key, CANCELLED] += entry["quantity_cancelled"]
    return refunded


def refund(world: WorldState, feed: dict[str, Any], number: int, record: dict[str, str], refunded: Refunded) -> None:
    """Carry out one line. Raises FeedError when nothing of it was done."""
    check_not_rejected(feed)
    order, item = find_item(world, feed, record)
    key = order.id, item["orderItemId"]
    amounts = parse_amounts(record)
    if world.switches["vat_exclusive_refunds"]:
        amounts = {name: 0 if name.endswith("tax-adj") else amount for name, amount in amounts.items()}
    amounts = {name: amount for name, amount in amounts.items() if amount}
    if not amounts:
        raise FeedError(18106, f"Nothing is refunded for item {item['orderItemId']}.")
    cancelled = parse_quantity(item, record, refunded[*key, CANCELLED])
    if not item["fulfillment"]["quantityFulfilled"] and not cancelled:
        raise FeedError(18101, f"The item {key[1]} of order {order.id} was not shipped, so nothing was charged for it.")
    for name, amount in amounts.items():
        refundable = paid_amount(item, name) - refunded[*key, name]
        if amount > refundable:
            limit = money(max(refundable, 0), record["currency"])["amount"]
            text = f"The {name} of item {key[1]} exceeds what is left to refund: {limit} {record['currency']}."
            raise FeedError(18102, text)
    refunded.update({(*key, name): amount for name, amount in amounts.items()})
    refunded[*key, CANCELLED] += cancelled
    source = {"feed_id": feed["feedId"], "record": number}
    details = {"reason": record["adjustment-reason-code"], "quantity_cancelled": cancelled, **source}
    record_refund(world, key, amounts, record["currency"], channel="feed", **details)


def record_refund(
    world: WorldState,
    key: tuple[str, str],
    amounts: dict[str, int],
    currency: str,
    *,
    actor: str = "MERCHANT",
    **details: Any,
) -> None:
    """Add a refund to the ledger. `key` is the order and the item."""
    world.record_effect(
        "refund",
        actor=actor,
        order_id=key[0],
        order_item_id=key[1],
        amounts={name: money(amount, currency) for name, amount in amounts.items()},
        total=money(sum(amounts.values()), currency),
        **details,
    )


def refund_remaining(world: WorldState, order: OrderRecord, item_id: str = "", amount: str = "") -> None:
    """Refund what is left of an item or of all items, or `amount` of it, as in Seller Central; Amazon does it for
    orders that it ships.

    Raises InvalidStateError when less is left, ValueError for an amount that is none.
    """
    refunded = sum_refunds(world)
    refunds: list[tuple[tuple[str, str], dict[str, int], str]] = []
    for item in order.body["orderItems"]:
        key = order.id, item["orderItemId"]
        if item_id not in ("", key[1]) or not item["fulfillment"]["quantityFulfilled"]:
            continue
        refundable = {name: paid_amount(item, name) - refunded[*key, name] for name in COMPONENTS}
        amounts = {name: remaining for name, remaining in refundable.items() if remaining > 0}
        if amounts:
            refunds.append((key, amounts, item["proceeds"]["proceedsTotal"]["currencyCode"]))
    if not refunds:
        raise InvalidStateError(f"nothing of {order.id} is left to refund")
    limit = minor_units({"amount": amount, "currencyCode": refunds[0][2]}) if amount else None
    if limit is not None and not 0 < limit <= sum(sum(amounts.values()) for _, amounts, _ in refunds):
        raise InvalidStateError(f"{amount} is not an amount that is left to refund of {order.id}")
    action = world.next_serial("manual_refund")
    for key, amounts, currency in refunds:
        for name, remaining in amounts.items():
            amounts[name] = remaining if limit is None else min(remaining, limit)
            limit = None if limit is None else limit - amounts[name]
        if any(amounts.values()):
            details = {"reason": "CustomerReturn", "quantity_cancelled": 0, "action": action}
            actor = "AMAZON" if order.is_fba else "MERCHANT"
            record_refund(world, key, amounts, currency, actor=actor, channel="control", **details)


def find_item(world: WorldState, feed: dict[str, Any], record: dict[str, str]) -> tuple[OrderRecord, dict[str, Any]]:
    """Return the order and the item of a line. Raises FeedError when nothing can have been paid for it."""
    order = find_order(world, feed, record["order-id"])
    item = next((item for item in order.body["orderItems"] if item["orderItemId"] == record["order-item-id"]), None)
    if item is None:
        raise FeedError(13014, f"The order item {record['order-item-id']} does not belong to order {order.id}.")
    if order.is_fba:
        raise FeedError(18055, f"The order {order.id} is fulfilled by Amazon, which refunds it.")
    if order.status not in ("UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"):
        raise FeedError(18100, f"The order {order.id} is {order.status}: nothing was charged for it.")
    if record["adjustment-reason-code"] not in REASONS:
        raise FeedError(18008, f"The adjustment-reason-code '{record['adjustment-reason-code']}' is not valid.")
    if record["currency"] != item["proceeds"]["proceedsTotal"]["currencyCode"]:
        raise FeedError(18103, f"The currency '{record['currency']}' is not that of order {order.id}.")
    if any(record[name] for name in PROMOTIONS):
        raise FeedError(18104, "The simulator refunds prices net of promotions: leave the promotion columns empty.")
    return order, item


def parse_amounts(record: dict[str, str]) -> dict[str, int]:
    """Return minor units by column. Raises FeedError when one is missing or not an amount."""
    currency = record["currency"]
    amounts: dict[str, int] = {}
    for name in COMPONENTS:
        match = AMOUNT.fullmatch(record[name])
        if match is None or (DIGITS.get(currency, 2) == 0 and match[2] != "00"):
            raise FeedError(18105, f"The {name} '{record[name]}' is not a positive amount of {currency}.")
        text = match[0] if DIGITS.get(currency, 2) else match[1]
        amounts[name] = minor_units({"amount": text, "currencyCode": currency})
    return amounts


def parse_quantity(item: dict[str, Any], record: dict[str, str], cancelled: int) -> int:
    text, reason = record[CANCELLED], record["adjustment-reason-code"]
    remaining = max(item["fulfillment"]["quantityUnfulfilled"] - cancelled, 0)
    if not text.isascii() or not text.isdigit() or int(text) > remaining:
        raise FeedError(18107, f"The quantity-cancelled '{text}' is not one of the {remaining} left to ship.")
    if int(text) and reason not in CANCELLING_REASONS:
        raise FeedError(18108, f"The quantity-cancelled cannot be given with the reason {reason}.")
    if not int(text) and reason == "BuyerCanceled":
        raise FeedError(18109, "The reason BuyerCanceled needs a quantity-cancelled.")
    return int(text)


def paid_amount(item: dict[str, Any], component: str) -> int:
    """Return the minor units that the buyer paid for this part of the item, less its discount."""
    total = 0
    for part in item["proceeds"]["breakdowns"]:
        for kind, subtype in COMPONENTS[component]:
            if part["type"] == kind and subtype is None:
                total += minor_units(part["subtotal"])
            details = part.get("detailedBreakdowns", ()) if part["type"] == kind and subtype else ()
            total += sum(minor_units(detail["value"]) for detail in details if detail["subtype"] == subtype)
    return total
