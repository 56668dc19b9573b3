"""Amazon's order, version 2026-01-01, read into a domain value. Pure; needs no network.

Words of a vocabulary stay open: one that Amazon adds tomorrow passes as it came. A field of the wrong kind makes the
order unreadable, with a cause that names the field, so that a page goes on without it and nothing is guessed.
"""

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from webapp.amazon.fields import (
    NUMBER,
    MalformedError,
    block,
    blocks,
    count,
    instant,
    money,
    required,
    required_instant,
    text,
    word,
    words,
)
from webapp.amazon.quick_parsing import QuickReader
from webapp.domain.amazon_orders import (
    Address,
    AmazonItem,
    AmazonOrder,
    AmazonPackage,
    Buyer,
    Component,
    Gift,
    Unread,
    Unreadable,
)
from webapp.domain.amazon_status import CHANNELS, normalise

# The longest order believed, in characters of JSON. Amazon's largest are a hundredth of it.
LARGEST_ORDER = 1_000_000
_ORIGINALS = ("REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID")


class UnreadableOrderError(ValueError):
    """A body that is not an order. `cause` names the field; `number` is known when that much could be read."""

    def __init__(self, cause: str, number: str | None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.number = number


def unread_orders(
    raws: Iterable[Any], missing: frozenset[str] = frozenset(), *, weigh: bool = False
) -> tuple[Unread, ...]:
    """The orders of a page, to be read when they are asked for; one that cannot be read is `Unreadable` then.

    `weigh` measures each order first: worth its time only when the whole page is longer than one order may be.
    """
    reader = QuickReader()
    return tuple([Unread(raw, _number(raw), partial(_parse_or_keep, raw, missing, weigh, reader)) for raw in raws])


def _parse_or_keep(raw: Any, missing: frozenset[str], weigh: bool, reader: QuickReader) -> AmazonOrder | Unreadable:
    if weigh and len(json.dumps(raw)) > LARGEST_ORDER:
        return Unreadable(f"the order is longer than {LARGEST_ORDER} characters", raw, _number(raw))
    try:
        return reader.read(raw, missing, None) or parse_order(raw, missing)
    except UnreadableOrderError as error:
        return Unreadable(error.cause, raw, error.number)


def parse_order(raw: Any, missing: frozenset[str] = frozenset(), request_id: str | None = None) -> AmazonOrder:
    """Read one order, looking at each field. Raises UnreadableOrderError."""
    try:
        return _order(raw, missing, request_id)
    except MalformedError as error:
        raise UnreadableOrderError(str(error), _number(raw)) from None


def _number(raw: Any) -> str | None:
    number = raw.get("orderId") if type(raw) is dict else None
    return number if type(number) is str and NUMBER.fullmatch(number) else None


def _order(raw: Any, missing: frozenset[str], request_id: str | None) -> AmazonOrder:
    if type(raw) is not dict:
        raise MalformedError("the order is not an object")
    if not NUMBER.fullmatch(required(raw, "orderId")):
        raise MalformedError("orderId is not an order number")
    fulfillment = block(raw, "fulfillment")
    if not fulfillment:
        raise MalformedError("fulfillment is missing, so the order has no status")
    ship_by = block(fulfillment, "shipByWindow", "fulfillment.")
    proceeds = block(raw, "proceeds")
    channel = word(fulfillment, "fulfilledBy", "fulfillment.") or ""
    return AmazonOrder(
        number=raw["orderId"],
        marketplace_id=required(block(raw, "salesChannel"), "marketplaceId", "salesChannel."),
        purchased_at=required_instant(raw, "createdTime"),
        last_updated_at=required_instant(raw, "lastUpdatedTime"),
        items=_items(raw),
        status=normalise(required(fulfillment, "fulfillmentStatus", "fulfillment.")),
        fulfilled_by=CHANNELS.get(channel, channel),
        programs=words(raw, "programs"),
        total=money(proceeds, "grandTotal", "proceeds."),
        components=_components(proceeds, "proceeds."),
        buyer=_buyer(block(raw, "buyer")),
        recipient=_recipient(block(raw, "recipient")),
        packages=_packages(raw),
        service_level=word(fulfillment, "fulfillmentServiceLevel", "fulfillment."),
        earliest_ship_at=instant(ship_by, "earliestDateTime", "fulfillment.shipByWindow."),
        ship_by=instant(ship_by, "latestDateTime", "fulfillment.shipByWindow."),
        deliver_by=instant(
            block(fulfillment, "deliverByWindow", "fulfillment."), "latestDateTime", "fulfillment.deliverByWindow."
        ),
        payment_methods=_payment_methods(raw),
        replaces=_replaces(raw),
        raw=raw,
        missing=missing,
        request_id=request_id,
    )


def _items(raw: Mapping[str, Any]) -> tuple[AmazonItem, ...]:
    items = tuple(_item(at, entry) for at, entry in blocks(raw, "orderItems"))
    if not items:
        raise MalformedError("orderItems is missing" if raw.get("orderItems") is None else "orderItems is empty")
    _unlike([item.order_item_id for item in items], "orderItems", "orderItemId")
    return items


def _item(at: str, raw: Mapping[str, Any]) -> AmazonItem:
    quantity = count(raw, "quantityOrdered", at)
    if quantity is None:
        raise MalformedError(f"{at}quantityOrdered is missing")
    product = block(raw, "product", at)
    proceeds = block(raw, "proceeds", at)
    fulfillment = block(raw, "fulfillment", at)
    cancellation = block(raw, "cancellation", at)
    request = block(cancellation, "cancellationRequest", f"{at}cancellation.")
    condition = block(product, "condition", f"{at}product.")
    return AmazonItem(
        order_item_id=required(raw, "orderItemId", at),
        quantity=quantity,
        quantity_shipped=count(fulfillment, "quantityFulfilled", f"{at}fulfillment.") or 0,
        sku=word(product, "sellerSku", f"{at}product."),
        asin=word(product, "asin", f"{at}product."),
        title=text(product, "title", f"{at}product."),
        condition=word(condition, "conditionType", f"{at}product.condition."),
        unit_price=money(block(product, "price", f"{at}product."), "unitPrice", f"{at}product.price."),
        total=money(proceeds, "proceedsTotal", f"{at}proceeds."),
        components=_components(proceeds, f"{at}proceeds."),
        gift=_gift(fulfillment, f"{at}fulfillment."),
        cancel_requested=(text(request, "cancelReason", f"{at}cancellation.") or "") if request else None,
        cancelled_by=word(
            block(cancellation, "cancellationExecution", f"{at}cancellation."), "cancelledBy", f"{at}cancellation."
        ),
    )


def _components(proceeds: Mapping[str, Any], at: str) -> tuple[Component, ...]:
    parts: list[Component] = []
    for path, breakdown in blocks(proceeds, "breakdowns", at):
        kind, subtotal = required(breakdown, "type", path), money(breakdown, "subtotal", path)
        if subtotal is None:
            raise MalformedError(f"{path}subtotal is missing")
        parts.append(Component(kind, None, subtotal))
        for inner, detail in blocks(breakdown, "detailedBreakdowns", path):
            value = money(detail, "value", inner)
            if value is not None:
                parts.append(Component(kind, required(detail, "subtype", inner), value))
    return tuple(parts)


def _gift(fulfillment: Mapping[str, Any], at: str) -> Gift | None:
    option = block(block(fulfillment, "packing", at), "giftOption", f"{at}packing.")
    gift = Gift(
        message=text(option, "giftMessage", f"{at}packing.giftOption."),
        wrap=word(option, "giftWrapLevel", f"{at}packing.giftOption."),
    )
    return gift if gift != Gift() else None


def _buyer(raw: Mapping[str, Any]) -> Buyer | None:
    buyer = Buyer(
        name=text(raw, "buyerName", "buyer."),
        email=text(raw, "buyerEmail", "buyer.", 320),
        company=text(raw, "buyerCompanyName", "buyer."),
        purchase_order_number=text(raw, "buyerPurchaseOrderNumber", "buyer."),
    )
    return buyer if buyer != Buyer() else None


def _recipient(raw: Mapping[str, Any]) -> Address | None:
    at = "recipient.deliveryAddress."
    address = block(raw, "deliveryAddress", "recipient.")
    wishes = block(raw, "deliveryPreference", "recipient.")
    # Brazil's addresses come in parts of their own; they stand in only where the common lines are empty.
    parts = block(address, "extendedFields", at)
    street = " ".join(filter(None, (text(parts, "streetName", at), text(parts, "streetNumber", at)))) or None
    instructions = (
        text(wishes, "addressInstruction", "recipient.deliveryPreference."),
        text(wishes, "dropOffLocation", "recipient.deliveryPreference."),
    )
    recipient = Address(
        name=text(address, "name", at),
        company=text(address, "companyName", at),
        line1=text(address, "addressLine1", at) or street,
        line2=text(address, "addressLine2", at) or text(parts, "complement", at),
        line3=text(address, "addressLine3", at),
        city=text(address, "city", at) or text(address, "municipality", at),
        district=text(address, "districtOrCounty", at) or text(parts, "neighborhood", at),
        region=text(address, "stateOrRegion", at),
        postal_code=word(address, "postalCode", at),
        country_code=word(address, "countryCode", at),
        phone=word(address, "phone", at),
        instructions="; ".join(filter(None, instructions)) or None,
    )
    return recipient if recipient != Address() else None


def _packages(raw: Mapping[str, Any]) -> tuple[AmazonPackage, ...]:
    packages = tuple(_package(at, entry) for at, entry in blocks(raw, "packages"))
    _unlike([package.reference for package in packages], "packages", "packageReferenceId")
    return packages


def _package(at: str, raw: Mapping[str, Any]) -> AmazonPackage:
    items = []
    for path, entry in blocks(raw, "packageItems", at):
        quantity = count(entry, "quantity", path)
        if quantity is None:
            raise MalformedError(f"{path}quantity is missing")
        items.append((required(entry, "orderItemId", path), quantity))
    return AmazonPackage(
        reference=required(raw, "packageReferenceId", at),
        status=word(block(raw, "packageStatus", at), "status", f"{at}packageStatus."),
        carrier=word(raw, "carrier", at),
        shipping_service=word(raw, "shippingService", at),
        tracking_number=word(raw, "trackingNumber", at),
        shipped_at=instant(raw, "shipTime", at),
        items=tuple(items),
    )


def _payment_methods(raw: Mapping[str, Any]) -> tuple[str, ...]:
    executions = blocks(block(raw, "payment"), "paymentExecutions", "payment.")
    methods = (word(entry, "paymentMethod", at) for at, entry in executions)
    return tuple(method for method in methods if method)


def _replaces(raw: Mapping[str, Any]) -> str | None:
    for at, entry in blocks(raw, "associatedOrders"):
        if entry.get("associationType") in _ORIGINALS:
            return required(entry, "orderId", at)
    return None


def _unlike(ids: list[str], key: str, field: str) -> None:
    if len(set(ids)) < len(ids):
        raise MalformedError(f"{key} has the same {field} twice")
