"""The feed POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA: each line refunds parts of what a buyer paid for an item.

It is carried out as often as it is sent. Only what the buyer paid, less what was refunded, puts an end to it.
"""

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from simulator.operations import lifecycle
from simulator.operations.processing_reports import Outcome, Problem, Result, unread
from simulator.state.marketplaces import DIGITS, minor_units, money

if TYPE_CHECKING:
    from simulator.operations.world import OrderRecord, World

REASONS = (
    "NoInventory",
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
# Column -> where the order shows what the buyer paid: (type, subtype) of an item's breakdowns.
COMPONENTS = {
    "item-price-adj": (("ITEM", None), ("DISCOUNT", None)),
    "item-tax-adj": (("TAX", "ITEM"), ("TAX", "DISCOUNT")),
    "shipping-price-adj": (("SHIPPING", None),),
    "shipping-tax-adj": (("TAX", "SHIPPING"),),
    "gift-wrap-price-adj": (("GIFT_WRAP", None),),
    "gift-wrap-tax-adj": (("TAX", "GIFT_WRAP"),),
}
PROMOTIONS = ("item-promotion-adj", "item-promotion-id", "ship-promotion-adj", "ship-promotion-id")
NEEDED = ("order-id", "order-item-id", "adjustment-reason-code", "currency")
COLUMNS = (*NEEDED, *COMPONENTS, *PROMOTIONS, "quantity-cancelled")
AMOUNT = re.compile(r"\d{1,12}(?:\.(\d+))?", re.ASCII)
CANCELLED = "quantity-cancelled"
# (order, item, component) -> minor units refunded, or units cancelled.
Refunded = Counter[tuple[str, str, str]]


def carry_out(world: "World", feed: dict[str, Any], document: bytes) -> Outcome:
    try:
        records = read(document)
    except Problem as problem:
        return unread(problem)
    refunded = refunded_so_far(world)
    results: list[Result] = []
    for number, record in enumerate(records, 1):
        try:
            refund(world, feed, number, record, refunded)
        except Problem as problem:
            results.append(Result(str(number), problem, record["order-id"], record["order-item-id"]))
    return Outcome("DONE", len(records), tuple(results))


def read(document: bytes) -> list[dict[str, str]]:
    """The lines by the names of their columns; a Problem when the whole file cannot be read."""
    try:
        lines = [line.split("\t") for line in document.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise Problem(90057, "The file is not encoded in UTF-8.") from error
    head = [name.strip() for name in lines[0]] if lines else []
    missing = [name for name in NEEDED if name not in head]
    unknown = [name for name in head if name not in COLUMNS]
    if missing or unknown or len(set(head)) < len(head):
        raise Problem(90061, f"The header row is not valid: {', '.join(missing or unknown or head)}.")
    if len(lines) == 1:
        raise Problem(90061, "The file has no line below its header row.")
    cells = ([cell.strip() for cell in line] + [""] * len(COLUMNS) for line in lines[1:])
    return [{**dict.fromkeys(COLUMNS, ""), **dict(zip(head, line, strict=False))} for line in cells]


def refunded_so_far(world: "World") -> Refunded:
    refunded: Refunded = Counter()
    for entry in world.ledger:
        if entry["effect"] == "refund":
            key = entry["order_id"], entry["order_item_id"]
            refunded.update({(*key, name): minor_units(amount) for name, amount in entry["amounts"].items()})
            refunded[*key, CANCELLED] += entry["quantity_cancelled"]
    return refunded


def refund(world: "World", feed: dict[str, Any], number: int, record: dict[str, str], refunded: Refunded) -> None:
    """One line. A Problem says why nothing of it was done."""
    if feed["fate"] == "feed_rejected":
        raise Problem(18028, "The data you submitted is incomplete or invalid.")
    order, item = checked_item(world, feed, record)
    key = order.id, item["orderItemId"]
    amounts = checked_amounts(item, record)
    cancelled = checked_quantity(item, record, refunded[*key, CANCELLED])
    if not item["fulfillment"]["quantityFulfilled"] and not cancelled:
        raise Problem(18101, f"The item {key[1]} of order {order.id} was not shipped, so nothing was charged for it.")
    for name, amount in amounts.items():
        left = paid(item, name) - refunded[*key, name]
        if amount > left:
            rest = money(max(left, 0), record["currency"])["amount"]
            text = f"The {name} of item {key[1]} exceeds what is left to refund: {rest} {record['currency']}."
            raise Problem(18102, text)
    refunded.update({(*key, name): amount for name, amount in amounts.items()})
    refunded[*key, CANCELLED] += cancelled
    world.enter(
        "refund",
        by="MERCHANT",
        via="feed",
        order_id=order.id,
        order_item_id=key[1],
        reason=record["adjustment-reason-code"],
        amounts={name: money(amount, record["currency"]) for name, amount in amounts.items()},
        total=money(sum(amounts.values()), record["currency"]),
        quantity_cancelled=cancelled,
        feed_id=feed["feedId"],
        record=number,
    )


def refund_rest(world: "World", order: "OrderRecord", item_id: str = "") -> None:
    """Somebody refunds all that is left of an item, or of all of them, in Seller Central."""
    refunded = refunded_so_far(world)
    given = False
    for item in order.body["orderItems"]:
        key = order.id, item["orderItemId"]
        if item_id not in ("", key[1]) or not item["fulfillment"]["quantityFulfilled"] or order.by_amazon:
            continue
        left = {name: paid(item, name) - refunded[*key, name] for name in COMPONENTS}
        amounts = {name: amount for name, amount in left.items() if amount > 0}
        if not amounts:
            continue
        given = True
        currency = item["proceeds"]["proceedsTotal"]["currencyCode"]
        world.enter(
            "refund",
            by="MERCHANT",
            via="desk",
            order_id=order.id,
            order_item_id=key[1],
            reason="CustomerReturn",
            amounts={name: money(amount, currency) for name, amount in amounts.items()},
            total=money(sum(amounts.values()), currency),
            quantity_cancelled=0,
        )
    if not given:
        raise lifecycle.NotPossible(f"nothing of {order.id} is left to refund")


def checked_item(world: "World", feed: dict[str, Any], record: dict[str, str]) -> tuple["OrderRecord", dict[str, Any]]:
    """The order and its item, if something can have been paid for it."""
    order = world.orders.get(record["order-id"])
    if order is None or order.seller_id != feed["seller"]:
        raise Problem(13013, f"The order {record['order-id']} is not valid for this merchant.")
    if order.body["salesChannel"]["marketplaceId"] not in feed["marketplaceIds"]:
        raise Problem(13013, f"The order {order.id} was not placed in a marketplace of this feed.")
    item = next((one for one in order.body["orderItems"] if one["orderItemId"] == record["order-item-id"]), None)
    if item is None:
        raise Problem(13014, f"The order item {record['order-item-id']} does not belong to order {order.id}.")
    if order.by_amazon:
        raise Problem(18055, f"The order {order.id} is fulfilled by Amazon, which refunds it.")
    if order.status not in ("UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"):
        raise Problem(18100, f"The order {order.id} is {order.status}: nothing was charged for it.")
    if record["adjustment-reason-code"] not in REASONS:
        raise Problem(18008, f"The adjustment-reason-code '{record['adjustment-reason-code']}' is not valid.")
    if record["currency"] != item["proceeds"]["proceedsTotal"]["currencyCode"]:
        raise Problem(18103, f"The currency '{record['currency']}' is not that of order {order.id}.")
    if any(record[name] for name in PROMOTIONS):
        raise Problem(18104, "This imitation takes prices net of their promotions: leave the promotion columns empty.")
    return order, item


def checked_amounts(item: dict[str, Any], record: dict[str, str]) -> dict[str, int]:
    """Minor units by column, of the columns that hold something; together they are more than nothing."""
    currency = record["currency"]
    amounts: dict[str, int] = {}
    for name in COMPONENTS:
        if not record[name]:
            continue
        match = AMOUNT.fullmatch(record[name])
        if match is None or len(match[1] or "") > DIGITS.get(currency, 2):
            raise Problem(18105, f"The {name} '{record[name]}' is not a positive amount of {currency}.")
        amounts[name] = minor_units({"amount": record[name], "currencyCode": currency})
    if not sum(amounts.values()):
        raise Problem(18106, f"Nothing is refunded for item {item['orderItemId']}.")
    return amounts


def checked_quantity(item: dict[str, Any], record: dict[str, str], already: int) -> int:
    text = record[CANCELLED] or "0"
    left = item["fulfillment"]["quantityUnfulfilled"] - already
    if not text.isascii() or not text.isdigit() or int(text) > max(left, 0):
        raise Problem(18107, f"The quantity-cancelled '{text}' is more than the {max(left, 0)} left to ship.")
    return int(text)


def paid(item: dict[str, Any], component: str) -> int:
    """Minor units that the buyer paid for this part of the item, its discount taken off."""
    total = 0
    for part in item["proceeds"]["breakdowns"]:
        for kind, subtype in COMPONENTS[component]:
            if part["type"] == kind and subtype is None:
                total += minor_units(part["subtotal"])
            details = part.get("detailedBreakdowns", ()) if part["type"] == kind and subtype else ()
            total += sum(minor_units(one["value"]) for one in details if one["subtype"] == subtype)
    return total
