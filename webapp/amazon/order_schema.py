"""Amazon's order, version 2026-01-01, read into a domain value. Pure; needs no network.

Words of a vocabulary stay open: one that Amazon adds tomorrow passes as it came. Only what makes an order unusable
makes it unreadable: no number, or lines that cannot be told apart or counted. Any other field that is not as Amazon's
model promises is replaced or left out and listed in the order's `odd` (`optional_fields.py`).
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from webapp.amazon.json_fields import NUMBER, MalformedError, required
from webapp.amazon.optional_fields import OptionalFields, quantity
from webapp.domain.amazon import statuses
from webapp.domain.amazon.statuses import normalise, normalise_channel
from webapp.domain.amazon.types import (
    Address,
    AmazonItem,
    AmazonOrder,
    AmazonPackage,
    Buyer,
    Component,
    Gift,
    RawOrder,
    UnparseableOrder,
)
from webapp.domain.common.marketplaces import BY_ID, find_by_name

# The longest order believed, in characters of JSON. Amazon's largest are a hundredth of it.
LARGEST_ORDER = 1_000_000
_ORIGINALS = ("REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID")


class UnreadableOrderError(ValueError):
    """A body that is not an order. `cause` names the field; `number` is known when that much could be read."""

    def __init__(self, cause: str, number: str | None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.number = number


def lazy_orders(
    raws: Iterable[Any], missing: frozenset[str] = frozenset(), *, weigh: bool = False
) -> tuple[RawOrder, ...]:
    """The orders of a page, to be read when they are asked for; one that cannot be read is `Unreadable` then.

    `weigh` measures each order first: worth its time only when the whole page is longer than one order may be.
    """
    return tuple([RawOrder(raw, _number(raw), partial(_parse_or_keep, raw, missing, weigh), missing) for raw in raws])


def _parse_or_keep(raw: Any, missing: frozenset[str], weigh: bool) -> AmazonOrder | UnparseableOrder:
    if weigh and len(json.dumps(raw)) > LARGEST_ORDER:
        return UnparseableOrder(f"the order is longer than {LARGEST_ORDER} characters", raw, _number(raw))
    try:
        return parse_order(raw, missing)
    except UnreadableOrderError as error:
        return UnparseableOrder(error.cause, raw, error.number)


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
    read = OptionalFields()
    fulfillment = read.block(raw, "fulfillment")
    ship_by = read.block(fulfillment, "shipByWindow", "fulfillment.")
    deliver_by = read.block(fulfillment, "deliverByWindow", "fulfillment.")
    proceeds = read.block(raw, "proceeds")
    channel = read.word(fulfillment, "fulfilledBy", "fulfillment.") or ""
    status = _status(read, fulfillment)
    earliest_ship_at = read.instant(ship_by, "earliestDateTime", "fulfillment.shipByWindow.")
    purchased_at, last_updated_at = _times(read, raw, earliest_ship_at)
    if status == statuses.UNKNOWN:
        # As if the dataset had been refused: what was known before stays, and the order is read again.
        missing = missing | {"FULFILLMENT"}
    return AmazonOrder(
        number=raw["orderId"],
        marketplace_id=_marketplace(read, raw),
        purchased_at=purchased_at,
        last_updated_at=last_updated_at,
        items=_items(read, raw, status),
        status=status,
        fulfilled_by=normalise_channel(channel),
        programs=read.words(raw, "programs"),
        total=read.money(proceeds, "grandTotal", "proceeds."),
        components=_components(read, proceeds, "proceeds."),
        buyer=_buyer(read, read.block(raw, "buyer")),
        recipient=_recipient(read, read.block(raw, "recipient")),
        packages=_packages(read, raw),
        service_level=read.word(fulfillment, "fulfillmentServiceLevel", "fulfillment."),
        earliest_ship_at=earliest_ship_at,
        ship_by=read.instant(ship_by, "latestDateTime", "fulfillment.shipByWindow."),
        deliver_by=read.instant(deliver_by, "latestDateTime", "fulfillment.deliverByWindow."),
        payment_methods=_payment_methods(read, raw),
        replaces=_replaces(read, raw),
        odd=tuple(read.odd),
        raw=raw,
        missing=missing,
        request_id=request_id,
    )


def _status(read: OptionalFields, fulfillment: Mapping[str, Any]) -> str:
    status = read.word(fulfillment, "fulfillmentStatus", "fulfillment.")
    if status is None:
        read.note("fulfillment.fulfillmentStatus", "missing")
        return statuses.UNKNOWN
    return normalise(status)


def _times(read: OptionalFields, raw: Mapping[str, Any], planned: datetime | None) -> tuple[datetime, datetime]:
    """When it was bought and last changed; each stands in for the other where Amazon gives only one."""
    created, updated = read.instant(raw, "createdTime"), read.instant(raw, "lastUpdatedTime")
    for name, found in (("createdTime", created), ("lastUpdatedTime", updated)):
        if found is None and raw.get(name) is None:
            read.note(name, "missing")
    either = created or updated or planned or datetime.now(UTC)
    return created or either, updated or either


def _marketplace(read: OptionalFields, raw: Mapping[str, Any]) -> str:
    """Its id, by its name where Amazon gives no id; "" where it gives neither."""
    channel = read.block(raw, "salesChannel")
    found = read.word(channel, "marketplaceId", "salesChannel.")
    if found is not None:
        return found.upper() if found.upper() in BY_ID else found
    if channel.get("marketplaceId") is None:
        read.note("salesChannel.marketplaceId", "missing")
    named = find_by_name(read.word(channel, "marketplaceName", "salesChannel.") or "")
    return "" if named is None else named.id


def _items(read: OptionalFields, raw: Mapping[str, Any], status: str) -> tuple[AmazonItem, ...]:
    entries = raw.get("orderItems")
    if type(entries) is not list or not entries:
        what = "missing" if entries is None else "empty" if entries == [] else "not a list"
        raise MalformedError(f"orderItems is {what}")
    items: dict[str, AmazonItem] = {}
    for index, entry in enumerate(entries):
        # A line that is left out would not be shipped, so the order is set aside for it.
        if type(entry) is not dict:
            raise MalformedError(f"orderItems[{index}] is not an object")
        item = _item(read, f"orderItems[{index}].", entry, status)
        if item.order_item_id in items:
            read.note(f"orderItems[{index}].orderItemId", "duplicate")
        items.setdefault(item.order_item_id, item)
    return tuple(items.values())


def _item(read: OptionalFields, at: str, raw: Mapping[str, Any], status: str) -> AmazonItem:
    product = read.block(raw, "product", at)
    proceeds = read.block(raw, "proceeds", at)
    fulfillment = read.block(raw, "fulfillment", at)
    cancellation = read.block(raw, "cancellation", at)
    request = read.block(cancellation, "cancellationRequest", f"{at}cancellation.")
    execution = read.block(cancellation, "cancellationExecution", f"{at}cancellation.")
    condition = read.block(product, "condition", f"{at}product.")
    shipped = read.count(fulfillment, "quantityFulfilled", f"{at}fulfillment.")
    unshipped = read.count(fulfillment, "quantityUnfulfilled", f"{at}fulfillment.")
    ordered = _ordered(read, at, raw)
    return AmazonItem(
        order_item_id=required(raw, "orderItemId", at),
        quantity=_remaining(ordered, shipped, unshipped, status, cancelled=bool(execution)),
        quantity_shipped=_shipped(ordered, shipped, status, cancelled=bool(execution)),
        sku=read.word(product, "sellerSku", f"{at}product."),
        asin=read.word(product, "asin", f"{at}product."),
        title=read.text(product, "title", f"{at}product."),
        condition=read.word(condition, "conditionType", f"{at}product.condition."),
        unit_price=read.money(read.block(product, "price", f"{at}product."), "unitPrice", f"{at}product.price."),
        total=read.money(proceeds, "proceedsTotal", f"{at}proceeds."),
        components=_components(read, proceeds, f"{at}proceeds."),
        gift=_gift(read, fulfillment, f"{at}fulfillment."),
        cancel_requested=(read.text(request, "cancelReason", f"{at}cancellation.") or "") if request else None,
        cancelled_by=read.word(execution, "cancelledBy", f"{at}cancellation."),
    )


def _ordered(read: OptionalFields, at: str, raw: Mapping[str, Any]) -> int:
    value = raw.get("quantityOrdered")
    found = quantity(value)
    if found is None:
        raise MalformedError(f"{at}quantityOrdered is {'missing' if value is None else 'not a quantity'}")
    if type(value) is not int:
        read.note(f"{at}quantityOrdered", "not_quantity", value)
    return found


def _shipped(ordered: int, shipped: int | None, status: str, *, cancelled: bool) -> int:
    """The pieces that have left. A line that Amazon does not count is shipped with its order."""
    if shipped is None:
        return ordered if status == statuses.SHIPPED and not cancelled else 0
    return shipped


def _remaining(ordered: int, shipped: int | None, unshipped: int | None, status: str, *, cancelled: bool) -> int:
    """What is ordered less what was cancelled since, which Amazon also tells by counting fewer pieces as unshipped.

    A cancelled order keeps its quantities: it is its status that ends it.
    """
    if status == statuses.SHIPPED and shipped and unshipped is not None:
        return min(ordered, shipped + unshipped)
    if status in (statuses.UNSHIPPED, statuses.PARTIALLY_SHIPPED):
        if unshipped is not None and (shipped is not None or cancelled):
            return min(ordered, (shipped or 0) + unshipped)
        if cancelled:
            return min(ordered, shipped or 0)
    return ordered


def _components(read: OptionalFields, proceeds: Mapping[str, Any], at: str) -> tuple[Component, ...]:
    parts: list[Component] = []
    for path, breakdown in read.blocks(proceeds, "breakdowns", at):
        kind, subtotal = read.word(breakdown, "type", path) or "", read.money(breakdown, "subtotal", path)
        if subtotal is None:
            # Its details say nothing without the whole: the amount is part of what Amazon counts beside.
            if breakdown.get("subtotal") is None:
                read.note(f"{path}subtotal", "missing")
            continue
        parts.append(Component(kind, None, subtotal))
        for inner, detail in read.blocks(breakdown, "detailedBreakdowns", path):
            value = read.money(detail, "value", inner)
            if value is not None:
                # Without a subtype it is a detail all the same, and no further whole.
                parts.append(Component(kind, read.word(detail, "subtype", inner) or "", value))
    return tuple(parts)


def _gift(read: OptionalFields, fulfillment: Mapping[str, Any], at: str) -> Gift | None:
    packing = fulfillment.get("packing")
    if packing is None:
        return None
    option = read.block(read.block(fulfillment, "packing", at), "giftOption", f"{at}packing.")
    gift = Gift(
        message=read.text(option, "giftMessage", f"{at}packing.giftOption."),
        wrap=read.word(option, "giftWrapLevel", f"{at}packing.giftOption."),
    )
    return gift if gift != Gift() else None


def _buyer(read: OptionalFields, raw: Mapping[str, Any]) -> Buyer | None:
    buyer = Buyer(
        name=read.name(raw, "buyerName", "buyer."),
        email=read.text(raw, "buyerEmail", "buyer.", 320),
        company=read.name(raw, "buyerCompanyName", "buyer."),
        purchase_order_number=read.text(raw, "buyerPurchaseOrderNumber", "buyer."),
    )
    return buyer if buyer != Buyer() else None


def _recipient(read: OptionalFields, raw: Mapping[str, Any]) -> Address | None:
    at = "recipient.deliveryAddress."
    address = read.block(raw, "deliveryAddress", "recipient.")
    wishes = read.block(raw, "deliveryPreference", "recipient.")
    # Brazil's addresses come in parts of their own; they stand in only where the common lines are empty.
    parts = read.block(address, "extendedFields", at)
    street = " ".join(filter(None, (read.name(parts, "streetName", at), read.name(parts, "streetNumber", at)))) or None
    instructions = (
        read.name(wishes, "addressInstruction", "recipient.deliveryPreference."),
        read.name(wishes, "dropOffLocation", "recipient.deliveryPreference."),
    )
    recipient = Address(
        name=read.name(address, "name", at),
        company=read.name(address, "companyName", at),
        line1=read.name(address, "addressLine1", at) or street,
        line2=read.name(address, "addressLine2", at) or read.name(parts, "complement", at),
        line3=read.name(address, "addressLine3", at),
        city=read.name(address, "city", at) or read.name(address, "municipality", at),
        district=read.name(address, "districtOrCounty", at) or read.name(parts, "neighborhood", at),
        region=read.name(address, "stateOrRegion", at),
        postal_code=read.word(address, "postalCode", at),
        country_code=read.word(address, "countryCode", at),
        phone=read.word(address, "phone", at),
        instructions="; ".join(filter(None, instructions)) or None,
    )
    return recipient if recipient != Address() else None


def _packages(read: OptionalFields, raw: Mapping[str, Any]) -> tuple[AmazonPackage, ...]:
    packages: dict[str, AmazonPackage] = {}
    for at, entry in read.blocks(raw, "packages"):
        package = _package(read, at, entry, len(packages))
        if package.reference in packages:
            read.note(f"{at}packageReferenceId", "duplicate")
        packages.setdefault(package.reference, package)
    return tuple(packages.values())


def _package(read: OptionalFields, at: str, raw: Mapping[str, Any], index: int) -> AmazonPackage:
    reference = read.word(raw, "packageReferenceId", at)
    if reference is None:
        read.note(f"{at}packageReferenceId", "missing")
        # Unlike any reference of ours, which are numbers.
        reference = f"unnamed-{index}"
    items = []
    for path, entry in read.blocks(raw, "packageItems", at):
        item_id, pieces = read.word(entry, "orderItemId", path), read.count(entry, "quantity", path)
        if item_id is None or pieces is None:
            read.note(f"{path}{'orderItemId' if item_id is None else 'quantity'}", "missing")
        else:
            items.append((item_id, pieces))
    return AmazonPackage(
        reference=reference,
        status=read.word(read.block(raw, "packageStatus", at), "status", f"{at}packageStatus."),
        carrier=read.word(raw, "carrier", at),
        shipping_service=read.word(raw, "shippingService", at),
        tracking_number=read.word(raw, "trackingNumber", at),
        shipped_at=read.instant(raw, "shipTime", at),
        items=tuple(items),
    )


def _payment_methods(read: OptionalFields, raw: Mapping[str, Any]) -> tuple[str, ...]:
    executions = read.blocks(read.block(raw, "payment"), "paymentExecutions", "payment.")
    methods = (read.word(entry, "paymentMethod", at) for at, entry in executions)
    return tuple(method for method in methods if method)


def _replaces(read: OptionalFields, raw: Mapping[str, Any]) -> str | None:
    for at, entry in read.blocks(raw, "associatedOrders"):
        if entry.get("associationType") in _ORIGINALS and (number := read.word(entry, "orderId", at)):
            return number
    return None
