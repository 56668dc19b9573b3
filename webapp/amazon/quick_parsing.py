"""The same orders as `parsing` reads, in half of its time: those that are all of them as Amazon's model promises.

What is otherwise in any way is left to `parsing`, which looks at one field after the other and names what is wrong.
Nothing may be accepted here that is refused there, or read as something else: a test compares the two.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from webapp.amazon.fields import EARLIEST, LATEST, MOST_PIECES, NUMBER, TEXT, WORD, money, required
from webapp.domain.amazon_orders import Address, AmazonItem, AmazonOrder, AmazonPackage, Buyer, Component, Gift
from webapp.domain.amazon_status import CHANNELS, normalise
from webapp.domain.money import Money, minor_digits

_NOTHING: dict[str, Any] = {}
_LONGEST_EMAIL = 320
# Amounts that are not too large for a line.
_CENTS = re.compile(r"([0-9]{1,9})\.([0-9]{2})")


class OtherwiseError(ValueError):
    """Something is not as it is in nearly all orders."""


class QuickReader:
    """Reads the orders of a page. It remembers the amounts it has met, which come again and again."""

    def __init__(self) -> None:
        self._amounts: dict[tuple[str, str], Money] = {}
        # Currencies with cents, and types of components, that have been found to be some.
        self._usual: set[str] = set()
        self._kinds: set[tuple[str, str | None]] = set()
        self._components: dict[tuple[str, str | None, str, str], Component] = {}
        # What the order being read says, checked together at its end. Texts, and words that may be missing and that
        # must be there.
        self._texts: list[Any] = []
        self._words: list[Any] = []
        self._must: list[Any] = []

    def read(self, raw: Any, missing: frozenset[str], request_id: str | None) -> AmazonOrder | None:
        """The order, or None where it has to be looked at more closely."""
        self._texts, self._words, self._must = [], [], []
        try:
            order = self._order(raw, missing, request_id)
            self._check()
        except (AttributeError, KeyError, TypeError, ValueError):
            return None
        return order

    def _check(self) -> None:
        """All that was said is text, not too long, and can be stored."""
        words = [word for word in self._words if word is not None] + self._must
        texts = [text for text in self._texts if text is not None]
        # This fails for what is not text.
        together = "".join(words) + "".join(texts)
        if "\0" in together or not all(self._must) or max(map(len, words)) > WORD:
            raise OtherwiseError
        if texts and max(map(len, texts)) > TEXT:
            raise OtherwiseError
        if not together.isascii():
            together.encode()

    def _order(self, raw: Any, missing: frozenset[str], request_id: str | None) -> AmazonOrder:
        fulfillment, proceeds = raw["fulfillment"], _block(raw, "proceeds")
        marketplace_id, status = raw["salesChannel"]["marketplaceId"], fulfillment["fulfillmentStatus"]
        channel, service_level = fulfillment.get("fulfilledBy"), fulfillment.get("fulfillmentServiceLevel")
        programs = _list(raw, "programs")
        ship_by, deliver_by = _block(fulfillment, "shipByWindow"), _block(fulfillment, "deliverByWindow")
        self._must += (marketplace_id, status, *programs)
        self._words += (channel, service_level)
        # Replacements, and addresses in parts of their own, are read by `parsing`.
        if not NUMBER.fullmatch(raw["orderId"]) or raw.get("associatedOrders") is not None:
            raise OtherwiseError
        items, packages = _list(raw, "orderItems"), _list(raw, "packages")
        return AmazonOrder(
            number=raw["orderId"],
            marketplace_id=marketplace_id,
            purchased_at=_instant(raw["createdTime"]),
            last_updated_at=_instant(raw["lastUpdatedTime"]),
            items=self._items(items),
            status=normalise(status),
            fulfilled_by=CHANNELS.get(channel, channel) if channel else "",
            programs=tuple(programs),
            total=self._money(proceeds.get("grandTotal")),
            components=self._parts(proceeds),
            buyer=self._buyer(_block(raw, "buyer")),
            recipient=self._recipient(_block(raw, "recipient")),
            packages=self._packages(packages) if packages else (),
            service_level=service_level or None,
            earliest_ship_at=_instant_or_none(ship_by.get("earliestDateTime")),
            ship_by=_instant_or_none(ship_by.get("latestDateTime")),
            deliver_by=_instant_or_none(deliver_by.get("latestDateTime")),
            payment_methods=self._methods(_list(_block(raw, "payment"), "paymentExecutions")),
            raw=raw,
            missing=missing,
            request_id=request_id,
        )

    def _items(self, entries: list[Any]) -> tuple[AmazonItem, ...]:
        items = tuple([self._item(entry) for entry in entries])
        if not items or len({item.order_item_id for item in items}) < len(items):
            raise OtherwiseError
        return items

    def _item(self, raw: Any) -> AmazonItem:
        product, proceeds, fulfillment = _block(raw, "product"), _block(raw, "proceeds"), _block(raw, "fulfillment")
        sku, asin, title = product.get("sellerSku"), product.get("asin"), product.get("title")
        condition = _block(product, "condition").get("conditionType")
        id_, shipped = raw["orderItemId"], fulfillment.get("quantityFulfilled")
        gift, asked, by = None, None, None
        self._must.append(id_)
        self._words += (sku, asin, condition)
        self._texts.append(title)
        if fulfillment.get("packing") is not None:
            gift = self._gift(_block(_block(fulfillment, "packing"), "giftOption"))
        if raw.get("cancellation") is not None:
            asked, by = self._cancellation(raw["cancellation"])
        return AmazonItem(
            order_item_id=id_,
            quantity=_count(raw["quantityOrdered"]),
            quantity_shipped=0 if shipped is None else _count(shipped),
            sku=sku or None,
            asin=asin or None,
            title=title or None,
            condition=condition or None,
            unit_price=self._money(_block(product, "price").get("unitPrice")),
            total=self._money(proceeds.get("proceedsTotal")),
            components=self._parts(proceeds),
            gift=gift,
            cancel_requested=asked,
            cancelled_by=by,
        )

    def _gift(self, option: Mapping[str, Any]) -> Gift | None:
        message, wrap = option.get("giftMessage"), option.get("giftWrapLevel")
        self._texts.append(message)
        self._words.append(wrap)
        return Gift(message or None, wrap or None) if message or wrap else None

    def _cancellation(self, raw: Any) -> tuple[str | None, str | None]:
        request, by = _block(raw, "cancellationRequest"), _block(raw, "cancellationExecution").get("cancelledBy")
        reason = request.get("cancelReason")
        self._texts.append(reason)
        self._words.append(by)
        return (reason or "") if request else None, by or None

    def _parts(self, proceeds: Mapping[str, Any]) -> tuple[Component, ...]:
        parts = []
        for breakdown in _list(proceeds, "breakdowns"):
            kind = breakdown["type"]
            parts.append(self._component(breakdown, kind, None, breakdown["subtotal"]))
            parts += [
                self._component(breakdown, kind, detail, value)
                for detail in _list(breakdown, "detailedBreakdowns")
                if (value := detail.get("value")) is not None
            ]
        return tuple(parts)

    def _component(self, breakdown: Any, kind: str, detail: Any, value: Any) -> Component:
        subtype = None if detail is None else detail["subtype"]
        if detail is not None and subtype is None:
            raise OtherwiseError
        key = (kind, subtype, value["amount"], value["currencyCode"])
        found = self._components.get(key)
        if found is None:
            # What is met the first time is looked at as closely as `parsing` does.
            if (kind, subtype) not in self._kinds:
                self._kinds.add((required(breakdown, "type"), None if detail is None else required(detail, "subtype")))
            found = self._components[key] = Component(kind, subtype, self._amount(value))
        return found

    def _money(self, value: Any) -> Money | None:
        return None if value is None else self._amount(value)

    def _amount(self, value: Any) -> Money:
        key = (value["amount"], value["currencyCode"])
        found = self._amounts.get(key)
        if found is None:
            found = self._amounts[key] = self._new_amount(value, *key)
        return found

    def _new_amount(self, value: Any, amount: str, currency: str) -> Money:
        if currency in self._usual and (plain := _CENTS.fullmatch(amount)):
            return Money(int(plain[1] + plain[2]), currency)
        found = money({"": value}, "")
        if found is None:
            raise OtherwiseError
        if minor_digits(currency) == 2:
            self._usual.add(currency)
        return found

    def _buyer(self, raw: Mapping[str, Any]) -> Buyer | None:
        name, email, company = raw.get("buyerName"), raw.get("buyerEmail"), raw.get("buyerCompanyName")
        number = raw.get("buyerPurchaseOrderNumber")
        self._texts += (name, email, company, number)
        if not (name or email or company or number):
            return None
        if email and len(email) > _LONGEST_EMAIL:
            raise OtherwiseError
        return Buyer(name or None, email or None, company or None, number or None)

    def _recipient(self, raw: Mapping[str, Any]) -> Address | None:
        address, wishes = _block(raw, "deliveryAddress"), _block(raw, "deliveryPreference")
        get = address.get
        if get("extendedFields") is not None:
            raise OtherwiseError
        texts = (
            *(get("name"), get("companyName"), get("addressLine1"), get("addressLine2"), get("addressLine3")),
            *(get("city") or get("municipality"), get("districtOrCounty"), get("stateOrRegion")),
        )
        words = (get("postalCode"), get("countryCode"), get("phone"))
        instructions = (wishes.get("addressInstruction"), wishes.get("dropOffLocation"))
        self._texts += (get("city"), *texts, *instructions)
        self._words += words
        wanted = "; ".join(filter(None, instructions))
        if not (wanted or any(texts) or any(words)):
            return None
        return Address(*[said or None for said in (*texts, *words, wanted)])

    def _packages(self, entries: list[Any]) -> tuple[AmazonPackage, ...]:
        packages = tuple([self._package(entry) for entry in entries])
        if len({package.reference for package in packages}) < len(packages):
            raise OtherwiseError
        return packages

    def _package(self, raw: Any) -> AmazonPackage:
        reference, status = raw["packageReferenceId"], _block(raw, "packageStatus").get("status")
        carrier, service, number = raw.get("carrier"), raw.get("shippingService"), raw.get("trackingNumber")
        items = tuple([(entry["orderItemId"], _count(entry["quantity"])) for entry in _list(raw, "packageItems")])
        self._must += (reference, *(id_ for id_, _ in items))
        self._words += (status, carrier, service, number)
        return AmazonPackage(
            reference=reference,
            status=status or None,
            carrier=carrier or None,
            shipping_service=service or None,
            tracking_number=number or None,
            shipped_at=_instant_or_none(raw.get("shipTime")),
            items=items,
        )

    def _methods(self, executions: list[Any]) -> tuple[str, ...]:
        methods = [execution.get("paymentMethod") for execution in executions]
        self._words += methods
        return tuple([method for method in methods if method])


def _block(raw: Any, key: str) -> Any:
    """What must be an object: nothing else can be asked with `get`."""
    value = raw.get(key)
    return _NOTHING if value is None else value


def _list(raw: Any, key: str) -> list[Any]:
    value = raw.get(key)
    if value is None:
        return []
    if type(value) is not list:
        raise OtherwiseError
    return value


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MOST_PIECES:
        raise OtherwiseError
    return value


def _instant(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is not UTC or not EARLIEST.year <= moment.year < LATEST.year:
        raise OtherwiseError
    return moment


def _instant_or_none(value: Any) -> datetime | None:
    return None if value is None else _instant(value)
