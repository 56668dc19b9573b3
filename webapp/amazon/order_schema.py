"""Amazon's order, version 2026-01-01: its schema, and its mapping to the domain. Needs no network.

Vocabularies are open: a word that Amazon adds is kept as it came. An order is unreadable only without what makes it
usable: its number, and lines with an id and a quantity. Any other field that is not as Amazon's model promises is
replaced or left out, and listed in the order's `invalid` (`optional_fields.py`).
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from webapp.amazon.json_fields import NUMBER, MalformedError
from webapp.amazon.optional_fields import InvalidFields, decode_leniently
from webapp.amazon.order_details import parse_item_details, parse_order_details
from webapp.amazon.order_model import (
    AssociatedOrder,
    Breakdown,
    CancellationExecution,
    CancellationRequest,
    Fulfillment,
    GiftOption,
    Item,
    Order,
    OrderBuyer,
    Package,
    Recipient,
    SalesChannel,
)
from webapp.amazon.regular_values import IrregularValueError, compose_text, convert_money, convert_time
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

# The longest order that is parsed, in bytes of JSON. Amazon's largest are a hundredth of it.
MAX_ORDER_BYTES = 1_000_000
_ORIGINALS = ("REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID")


class UnreadableOrderError(ValueError):
    """A body that is not an order. `cause` names the field; `number` is known when that much could be read."""

    def __init__(self, cause: str, number: str | None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.number = number


def lazy_orders(bodies: Iterable[object], missing: frozenset[str] = frozenset()) -> tuple[RawOrder, ...]:
    """Return the orders of a page, each parsed when its `read` is called; one that cannot be is `UnparseableOrder`."""
    return tuple([RawOrder(body, _number(body), partial(_parse_or_keep, body, missing), missing) for body in bodies])


def _parse_or_keep(body: object, missing: frozenset[str]) -> AmazonOrder | UnparseableOrder:
    try:
        return parse_order(body, missing)
    except UnreadableOrderError as error:
        return UnparseableOrder(error.cause, body, error.number)


def parse_order(body: object, missing: frozenset[str] = frozenset(), request_id: str | None = None) -> AmazonOrder:
    """Map the body of one order to the domain. Raises UnreadableOrderError.

    `missing`: the datasets that were left out of the call that brought it.
    """
    try:
        return _parse(body, missing, request_id)
    except MalformedError as error:
        raise UnreadableOrderError(str(error), _number(body)) from None


def _parse(body: object, missing: frozenset[str], request_id: str | None) -> AmazonOrder:
    if type(body) is not dict:
        raise MalformedError("the order is not an object")
    invalid = InvalidFields()
    try:
        _check_characters_and_size(body)
        return _to_domain(msgspec.convert(body, Order), body, invalid, missing, request_id)
    except (msgspec.ValidationError, IrregularValueError):
        invalid = InvalidFields()
        return _to_domain(decode_leniently(body, Order, invalid), body, invalid, missing, request_id)


def _number(body: object) -> str | None:
    number = body.get("orderId") if type(body) is dict else None
    return number if type(number) is str and NUMBER.fullmatch(number) else None


def _check_characters_and_size(body: dict[str, Any]) -> None:
    """Raise MalformedError for an order that is too large, IrregularValueError for NUL or half a surrogate pair."""
    is_storable = True
    try:
        encoded = msgspec.json.encode(body)
    except UnicodeEncodeError:
        encoded, is_storable = json.dumps(body).encode(), False
    if len(encoded) > MAX_ORDER_BYTES:
        raise MalformedError(f"the order is longer than {MAX_ORDER_BYTES} bytes")
    if not is_storable or b"\\u0000" in encoded:
        raise IrregularValueError


def _to_domain(
    order: Order, body: dict[str, Any], invalid: InvalidFields, missing: frozenset[str], request_id: str | None
) -> AmazonOrder:
    fulfillment = order.fulfillment
    status = _parse_status(fulfillment, invalid)
    if status == statuses.UNKNOWN:
        # As if the dataset had been refused: the stored columns stay, and the order is read again.
        missing = missing | {"FULFILLMENT"}
    earliest_ship_at = convert_time(fulfillment.ship_by_window.earliest_date_time)
    purchased_at, last_updated_at = _parse_times(order, invalid, earliest_ship_at)
    return AmazonOrder(
        number=order.order_id,
        marketplace_id=_parse_marketplace(order.sales_channel, invalid),
        purchased_at=purchased_at,
        last_updated_at=last_updated_at,
        items=_parse_items(order.order_items, invalid, status),
        status=status,
        fulfilled_by=normalise_channel(fulfillment.fulfilled_by or ""),
        programs=tuple([word for word in order.programs if word]),
        total=convert_money(order.proceeds.grand_total),
        components=_parse_components(order.proceeds.breakdowns, invalid, "proceeds"),
        buyer=_parse_buyer(order.buyer),
        recipient=_parse_recipient(order.recipient),
        packages=_parse_packages(order.packages, invalid),
        service_level=fulfillment.fulfillment_service_level or None,
        earliest_ship_at=earliest_ship_at,
        ship_by=convert_time(fulfillment.ship_by_window.latest_date_time),
        deliver_by=convert_time(fulfillment.deliver_by_window.latest_date_time),
        payment_methods=tuple(
            [entry.payment_method for entry in order.payment.payment_executions if entry.payment_method]
        ),
        replaces=_parse_replaces(order.associated_orders),
        details=parse_order_details(order),
        invalid_fields=tuple(invalid.fields),
        raw=body,
        missing=missing,
        request_id=request_id,
    )


def _parse_status(fulfillment: Fulfillment, invalid: InvalidFields) -> str:
    if not fulfillment.fulfillment_status:
        invalid.add("fulfillment.fulfillmentStatus", "missing")
        return statuses.UNKNOWN
    return normalise(fulfillment.fulfillment_status)


def _parse_times(order: Order, invalid: InvalidFields, earliest_ship_at: datetime | None) -> tuple[datetime, datetime]:
    """Return the times of purchase and of the last change; each replaces the other if that is missing."""
    created, updated = convert_time(order.created_time), convert_time(order.last_updated_time)
    for name, moment in (("createdTime", created), ("lastUpdatedTime", updated)):
        if moment is None:
            invalid.add(name, "missing")
    either = created or updated or earliest_ship_at or datetime.now(UTC)
    return created or either, updated or either


def _parse_marketplace(channel: SalesChannel, invalid: InvalidFields) -> str:
    """Return its id, by its name where Amazon gives no id; "" where it gives neither."""
    if channel.marketplace_id:
        upper = channel.marketplace_id.upper()
        return upper if upper in BY_ID else channel.marketplace_id
    invalid.add("salesChannel.marketplaceId", "missing")
    marketplace = find_by_name(channel.marketplace_name or "")
    return "" if marketplace is None else marketplace.id


def _parse_items(entries: tuple[Item, ...], invalid: InvalidFields, status: str) -> tuple[AmazonItem, ...]:
    items: dict[str, AmazonItem] = {}
    for index, entry in enumerate(entries):
        if entry.order_item_id in items:
            invalid.add(f"orderItems[{index}].orderItemId", "duplicate")
        else:
            items[entry.order_item_id] = _parse_item(entry, invalid, status, f"orderItems[{index}].proceeds")
    return tuple(items.values())


def _parse_item(item: Item, invalid: InvalidFields, status: str, proceeds_path: str) -> AmazonItem:
    product, fulfillment = item.product, item.fulfillment
    request, execution = item.cancellation.cancellation_request, item.cancellation.cancellation_execution
    is_cancelled = execution != _NOT_CANCELLED
    shipped, ordered = fulfillment.quantity_fulfilled, item.quantity_ordered
    return AmazonItem(
        order_item_id=item.order_item_id,
        quantity=_parse_remaining(
            ordered, shipped, fulfillment.quantity_unfulfilled, status, is_cancelled=is_cancelled
        ),
        quantity_shipped=_parse_shipped(ordered, shipped, status, is_cancelled=is_cancelled),
        sku=product.seller_sku or None,
        asin=product.asin or None,
        title=product.title or None,
        condition=product.condition.condition_type or None,
        unit_price=convert_money(product.price.unit_price),
        total=convert_money(item.proceeds.proceeds_total),
        components=_parse_components(item.proceeds.breakdowns, invalid, proceeds_path),
        gift=_parse_gift(fulfillment.packing.gift_option),
        cancel_requested=None if request == _NOT_REQUESTED else request.cancel_reason or "",
        cancelled_by=execution.cancelled_by or None,
        details=parse_item_details(item),
    )


def _parse_shipped(ordered: int, shipped: int | None, status: str, *, is_cancelled: bool) -> int:
    """Return the units shipped. A line that Amazon does not count is shipped with its order."""
    if shipped is None:
        return ordered if status == statuses.SHIPPED and not is_cancelled else 0
    return shipped


def _parse_remaining(
    ordered: int, shipped: int | None, unshipped: int | None, status: str, *, is_cancelled: bool
) -> int:
    """Return the units ordered less those cancelled since, which Amazon also shows by counting fewer as unshipped.

    A cancelled order keeps its quantities: it is its status that ends it.
    """
    if status == statuses.SHIPPED and shipped and unshipped is not None:
        return min(ordered, shipped + unshipped)
    if status in (statuses.UNSHIPPED, statuses.PARTIALLY_SHIPPED):
        if unshipped is not None and (shipped is not None or is_cancelled):
            return min(ordered, (shipped or 0) + unshipped)
        if is_cancelled:
            return min(ordered, shipped or 0)
    return ordered


def _parse_components(breakdowns: tuple[Breakdown, ...], invalid: InvalidFields, path: str) -> tuple[Component, ...]:
    components: list[Component] = []
    for index, breakdown in enumerate(breakdowns):
        subtotal = convert_money(breakdown.subtotal)
        if subtotal is None:
            # Its details mean nothing without the whole.
            invalid.add(f"{path}.breakdowns[{index}].subtotal", "missing")
            continue
        type_ = breakdown.type or ""
        components.append(Component(type_, None, subtotal))
        for detail in breakdown.detailed_breakdowns:
            value = convert_money(detail.value)
            if value is not None:
                # Without a subtype it is a detail all the same, and no further whole.
                components.append(Component(type_, detail.subtype or "", value))
    return tuple(components)


def _parse_gift(option: GiftOption) -> Gift | None:
    if not option.gift_message and not option.gift_wrap_level:
        return None
    return Gift(message=compose_text(option.gift_message), wrap=option.gift_wrap_level or None)


def _parse_buyer(entry: OrderBuyer) -> Buyer | None:
    buyer = Buyer(
        name=compose_text(entry.buyer_name),
        email=entry.buyer_email or None,
        company=compose_text(entry.buyer_company_name),
        purchase_order_number=entry.buyer_purchase_order_number or None,
    )
    return None if buyer == _NO_BUYER else buyer


def _parse_recipient(entry: Recipient) -> Address | None:
    address, preference = entry.delivery_address, entry.delivery_preference
    # Brazil's addresses come in fields of their own; they stand in only where the common lines are empty.
    extended = address.extended_fields
    street = " ".join(filter(None, (compose_text(extended.street_name), compose_text(extended.street_number)))) or None
    instructions = (compose_text(preference.address_instruction), compose_text(preference.drop_off_location))
    recipient = Address(
        name=compose_text(address.name),
        company=compose_text(address.company_name),
        line1=compose_text(address.address_line1) or street,
        line2=compose_text(address.address_line2) or compose_text(extended.complement),
        line3=compose_text(address.address_line3),
        city=compose_text(address.city) or compose_text(address.municipality),
        district=compose_text(address.district_or_county) or compose_text(extended.neighborhood),
        region=compose_text(address.state_or_region),
        postal_code=address.postal_code or None,
        country_code=address.country_code or None,
        phone=address.phone or None,
        instructions="; ".join(filter(None, instructions)) or None,
    )
    return None if recipient == _NO_ADDRESS else recipient


def _parse_packages(entries: tuple[Package, ...], invalid: InvalidFields) -> tuple[AmazonPackage, ...]:
    packages: dict[str, AmazonPackage] = {}
    for index, entry in enumerate(entries):
        reference = entry.package_reference_id
        if not reference:
            invalid.add(f"packages[{index}].packageReferenceId", "missing")
            # Unlike the references of our packages, which are numbers.
            reference = f"unnamed-{len(packages)}"
        if reference in packages:
            invalid.add(f"packages[{index}].packageReferenceId", "duplicate")
            continue
        items = []
        for position, item in enumerate(entry.package_items):
            if item.order_item_id and item.quantity is not None:
                items.append((item.order_item_id, item.quantity))
            else:
                name = "quantity" if item.order_item_id else "orderItemId"
                invalid.add(f"packages[{index}].packageItems[{position}].{name}", "missing")
        packages[reference] = AmazonPackage(
            reference=reference,
            status=entry.package_status.status or None,
            carrier=entry.carrier or None,
            shipping_service=entry.shipping_service or None,
            tracking_number=entry.tracking_number or None,
            shipped_at=convert_time(entry.ship_time),
            items=tuple(items),
        )
    return tuple(packages.values())


def _parse_replaces(entries: tuple[AssociatedOrder, ...]) -> str | None:
    return next((entry.order_id for entry in entries if entry.association_type in _ORIGINALS and entry.order_id), None)


_NOT_REQUESTED, _NOT_CANCELLED = CancellationRequest(), CancellationExecution()
_NO_BUYER, _NO_ADDRESS = Buyer(), Address()
