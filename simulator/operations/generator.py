"""Makes orders: who buys, what, at which price, sent by when. The same seed and serial make the same order."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from simulator.operations.sample_data import (
    AWKWARD,
    CANCEL_REASONS,
    COMPANIES,
    COUNTRIES,
    GIFT_MESSAGES,
    NEIGHBOURS,
    PRODUCTS,
)
from simulator.state.clock import iso
from simulator.state.marketplaces import BY_COUNTRY, Marketplace, minor_units, money

HIDDEN_WHILE_PENDING = ("buyer", "recipient", "payment", "proceeds")
NOT_YET = ("PENDING", "PENDING_AVAILABILITY")


@dataclass(frozen=True, slots=True)
class Wish:
    """What an order should be; what is None is left to chance.

    `lines` are (product number, quantity); `awkward` is an index into `words.AWKWARD`; `cancelled_by` and
    `cancel_reason` belong to CANCELLED; `replaces` is the number of the order this one replaces, free of charge.
    """

    country: str = "DE"
    fulfilled_by: str = "MERCHANT"
    status: str = "UNSHIPPED"
    programs: tuple[str, ...] = ()
    lines: tuple[tuple[int, int], ...] | None = None
    gift: bool | None = None
    discount: bool | None = None
    awkward: int | None = None
    cancelled_by: str = "BUYER"
    cancel_reason: str = ""
    replaces: str | None = None
    breakdowns: bool | None = None


def goods(marketplace: Marketplace) -> list[dict[str, str]]:
    """What is sold there: seller SKU, title and ASIN of each."""
    return [
        {"sku": f"{stem}-{marketplace.country}", "title": title, "asin": _asin(place, marketplace)}
        for place, (stem, title, _cents) in enumerate(PRODUCTS)
    ]


def _asin(product: int, marketplace: Marketplace) -> str:
    return f"B0{marketplace.country}{product:02d}{PRODUCTS[product][0][:3]}{product % 10}"[:10]


def order_number(serial: int, marketplace: Marketplace, chance: random.Random) -> str:
    """3-7-7. The last group is a bijection of the serial, so that no number comes twice."""
    middle = chance.randrange(10**7)
    return f"{chance.choice(marketplace.prefixes)}-{middle:07d}-{serial * 7_654_321 % 10**7:07d}"


def make(seed: int, serial: int, wish: Wish, created: datetime) -> dict[str, Any]:
    """The body of an order placed at `created`, in Amazon's shape with every dataset, not yet shipped or cancelled."""
    chance = random.Random(f"{seed}/order/{serial}")
    marketplace = BY_COUNTRY[wish.country]
    items = _items(chance, serial, wish, marketplace)
    body: dict[str, Any] = {
        "orderId": order_number(serial, marketplace, chance),
        "createdTime": iso(created),
        "lastUpdatedTime": iso(created),
        "programs": list(wish.programs),
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": marketplace.id,
            "marketplaceName": marketplace.name,
        },
        **_people(chance, wish, marketplace),
        "proceeds": _proceeds(items, marketplace.currency, detailed=_decide(chance, wish.breakdowns, 0.3)),
        "fulfillment": _fulfillment(chance, wish, created),
        "orderItems": items,
    }
    body["payment"] = {"paymentExecutions": [_payment(chance, wish, body["proceeds"]["grandTotal"])]}
    if wish.replaces:
        body["associatedOrders"] = [{"orderId": wish.replaces, "associationType": "REPLACEMENT_ORIGINAL_ID"}]
    if wish.status in NOT_YET:
        # Before the payment is authorised Amazon shows neither people nor money.
        body["_hidden"] = {name: body.pop(name) for name in HIDDEN_WHILE_PENDING if name in body}
    if not body["programs"]:
        del body["programs"]
    return body


def _decide(chance: random.Random, wished: bool | None, probability: float) -> bool:
    """Draws in any case, so that a wish does not shift the rest of the order."""
    drawn = chance.random() < probability
    return drawn if wished is None else wished


# --- what is bought


def _items(chance: random.Random, serial: int, wish: Wish, marketplace: Marketplace) -> list[dict[str, Any]]:
    lines = wish.lines
    if lines is None:
        count = chance.choices((1, 2, 3, 5), (72, 18, 8, 2))[0]
        numbers = chance.sample(range(len(PRODUCTS)), count)
        lines = tuple((number, chance.choices((1, 2, 3, 10), (78, 15, 5, 2))[0]) for number in numbers)
    if wish.status == "PARTIALLY_SHIPPED" and sum(quantity for _, quantity in lines) < 2:
        lines = ((lines[0][0], 2),)
    gift, discount = _decide(chance, wish.gift, 0.08), _decide(chance, wish.discount, 0.15)
    shipping = chance.choice((0, 0, 0, 390, 490))
    return [
        _item(
            wish,
            marketplace,
            code=f"{serial * 10 + place + 60_000_000_000_000:014d}",
            product=number % len(PRODUCTS),
            quantity=quantity,
            shipping=shipping if place == 0 and wish.fulfilled_by == "MERCHANT" else 0,
            gift=chance.choice(GIFT_MESSAGES) if gift and place == 0 else None,
            discount=discount,
        )
        for place, (number, quantity) in enumerate(lines)
    ]


def _local(cents: int, marketplace: Marketplace) -> int:
    """A price in euro cents in the marketplace's smallest unit, without its tax."""
    gross = cents * marketplace.rate / (100 if marketplace.currency == "JPY" else 1)
    return round(gross / (1 + marketplace.vat / 100))


def _item(
    wish: Wish,
    marketplace: Marketplace,
    *,
    code: str,
    product: int,
    quantity: int,
    shipping: int,
    gift: str | None,
    discount: bool,
) -> dict[str, Any]:
    stem, title, cents = PRODUCTS[product]
    currency = marketplace.currency
    unit = 0 if wish.replaces else _local(cents, marketplace)
    parts = {
        "ITEM": unit * quantity,
        "SHIPPING": 0 if wish.replaces else _local(shipping, marketplace),
        "GIFT_WRAP": _local(350, marketplace) if gift and not wish.replaces else 0,
    }
    off = unit * quantity // 10 if discount else 0
    price: dict[str, Any] = {"unitPrice": money(unit, currency)}
    if "AMAZON_BUSINESS" in wish.programs:
        price["priceDesignation"] = "BUSINESS_PRICE"
    item: dict[str, Any] = {
        "orderItemId": code,
        "quantityOrdered": quantity,
        "product": {
            "asin": _asin(product, marketplace),
            "title": title,
            "sellerSku": f"{stem}-{marketplace.country}",
            "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
            "price": price,
        },
        "proceeds": _item_proceeds(parts, off, marketplace),
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": quantity},
        "tax": {"taxCollections": [{"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services EU"}]},
    }
    if marketplace.region != "EU":
        del item["tax"]
    if off:
        item["promotion"] = {"breakdowns": [{"promotionId": f"TENOFF-{marketplace.country}-{product:02d}"}]}
    if marketplace.currency == "JPY" and not wish.replaces:
        points = parts["ITEM"] // 100
        item["expense"] = {
            "pointsCost": {"pointsGranted": {"pointsNumber": points, "pointsMonetaryValue": money(points, currency)}}
        }
    if gift:
        item["fulfillment"]["packing"] = {"giftOption": {"giftMessage": gift, "giftWrapLevel": "Classic"}}
    return item


def _item_proceeds(parts: dict[str, int], off: int, marketplace: Marketplace) -> dict[str, Any]:
    """Amazon's parts of the money for one item; their sum is the total."""
    currency = marketplace.currency
    taxes = {kind: round(amount * marketplace.vat / 100) for kind, amount in parts.items() if amount}
    taxes["DISCOUNT"] = -round(off * marketplace.vat / 100)
    breakdowns: list[dict[str, Any]] = [
        {"type": kind, "subtotal": money(amount, currency)}
        for kind, amount in parts.items()
        if amount or kind == "ITEM"
    ]
    if off:
        details = [{"subtype": "ITEM", "value": money(-off, currency)}]
        breakdowns.append({"type": "DISCOUNT", "subtotal": money(-off, currency), "detailedBreakdowns": details})
    tax = sum(taxes.values())
    if tax:
        details = [{"subtype": kind, "value": money(amount, currency)} for kind, amount in taxes.items() if amount]
        breakdowns.append({"type": "TAX", "subtotal": money(tax, currency), "detailedBreakdowns": details})
    return {"proceedsTotal": money(sum(parts.values()) - off + tax, currency), "breakdowns": breakdowns}


def _proceeds(items: list[dict[str, Any]], currency: str, *, detailed: bool) -> dict[str, Any]:
    """The order's total; most orders carry no breakdown of it."""
    total = sum(minor_units(item["proceeds"]["proceedsTotal"]) for item in items)
    proceeds: dict[str, Any] = {"grandTotal": money(total, currency)}
    if detailed:
        sums: dict[str, int] = {}
        for part in (part for item in items for part in item["proceeds"]["breakdowns"]):
            sums[part["type"]] = sums.get(part["type"], 0) + minor_units(part["subtotal"])
        proceeds["breakdowns"] = [{"type": kind, "subtotal": money(amount, currency)} for kind, amount in sums.items()]
    return proceeds


def _payment(chance: random.Random, wish: Wish, total: dict[str, str]) -> dict[str, Any]:
    methods = ("Invoice",) if "AMAZON_BUSINESS" in wish.programs else ("CreditCard", "CreditCard", "Other")
    if wish.country == "JP":
        methods = ("CreditCard", "ConvenienceStore", "CashOnDelivery")
    return {"paymentMethod": chance.choice(methods), "paymentAmount": dict(total)}


# --- who buys


def _people(chance: random.Random, wish: Wish, marketplace: Marketplace) -> dict[str, Any]:
    words = COUNTRIES.get(marketplace.country) or COUNTRIES[NEIGHBOURS.get(marketplace.country, "GB")]
    first, last = chance.choice(words.first), chance.choice(words.last)
    name = f"{last} {first}" if marketplace.country == "JP" else f"{first} {last}"
    city, region, postal_code = chance.choice(words.places)
    alias = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=14))
    buyer = {"buyerName": name, "buyerEmail": f"{alias}@marketplace.{marketplace.domain.removeprefix('www.')}"}
    address: dict[str, str | None] = {
        "name": name,
        "addressLine1": chance.choice(words.streets).format(chance.randint(1, 148)),
        "city": city,
        "stateOrRegion": region,
        "postalCode": postal_code,
        "countryCode": marketplace.country,
        "phone": f"{words.phone}{chance.randint(100, 9999)}",
        "addressType": "RESIDENTIAL",
    }
    people: dict[str, Any] = {"buyer": buyer}
    if "AMAZON_BUSINESS" in wish.programs:
        company = chance.choice(COMPANIES).format(last)
        buyer.update(buyerCompanyName=company, buyerPurchaseOrderNumber=f"PO {chance.randint(1000, 99999)}")
        address.update(companyName=company, addressType="COMMERCIAL")
        number = f"{marketplace.country}{chance.randint(100_000_000, 999_999_999)}"
        registration = {
            "entityType": "BUYER",
            "legalName": company,
            "taxRegistrationType": "VAT",
            "taxRegistrationNumber": number,
        }
        people["tax"] = {"taxRegistrations": [registration]}
    if wish.fulfilled_by == "AMAZON":
        del buyer["buyerEmail"]
        address["phone"] = None
    if wish.awkward is not None:
        address.update(AWKWARD[wish.awkward % len(AWKWARD)])
        buyer["buyerName"] = address["name"] or name
    if not address["stateOrRegion"] and wish.awkward is None:
        del address["stateOrRegion"]
    recipient: dict[str, Any] = {
        "deliveryAddress": {field: text for field, text in address.items() if text is not None}
    }
    if chance.random() < 0.1:
        recipient["deliveryPreference"] = {
            "dropOffLocation": "Neighbour",
            "addressInstruction": "Leave it with the neighbour",
        }
    return {**people, "recipient": recipient}


# --- by when


def _fulfillment(chance: random.Random, wish: Wish, created: datetime) -> dict[str, Any]:
    prime = "PRIME" in wish.programs
    days = 1 if prime else chance.choice((1, 2, 2, 3))
    latest = (created + timedelta(days=days)).replace(hour=21, minute=59, second=59, microsecond=0)
    return {
        "fulfillmentStatus": wish.status if wish.status in NOT_YET else "UNSHIPPED",
        "fulfilledBy": wish.fulfilled_by,
        "fulfillmentServiceLevel": "NEXT_DAY" if prime else chance.choice(("STANDARD", "STANDARD", "EXPEDITED")),
        "shipByWindow": {"earliestDateTime": iso(created + timedelta(minutes=30)), "latestDateTime": iso(latest)},
        "deliverByWindow": {
            "earliestDateTime": iso(latest + timedelta(days=1)),
            "latestDateTime": iso(latest + timedelta(days=1 if prime else 4)),
        },
    }


def cancel_reason(chance: random.Random) -> str:
    return chance.choice(CANCEL_REASONS)
