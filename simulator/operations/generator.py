"""Generation of orders: buyer, items, prices and dates. The same seed and serial give the same order."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from simulator.operations import sample_data
from simulator.operations.lifecycle import PENDING
from simulator.operations.order_features import add_features
from simulator.state.clock import format_iso
from simulator.state.marketplaces import BY_COUNTRY, Marketplace, minor_units, money

HIDDEN_WHILE_PENDING = ("buyer", "recipient", "payment", "proceeds")


@dataclass(frozen=True, slots=True)
class OrderSpec:
    """The requested properties of an order; those that are None are drawn.

    `lines` are (product number, quantity); `features` are names of `order_features.FEATURES`; `awkward` is an index
    into `DIFFICULT_RECIPIENTS`; `cancelled_by` and `cancel_reason` are for CANCELLED; `replaces` is the number of the
    order this one replaces, free of charge; `facilitator`: Amazon collects and remits the tax.
    """

    country: str = "DE"
    fulfilled_by: str = "MERCHANT"
    status: str = "UNSHIPPED"
    programs: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    lines: tuple[tuple[int, int], ...] | None = None
    gift: bool | None = None
    discount: bool | None = None
    awkward: int | None = None
    cancelled_by: str = "BUYER"
    cancel_reason: str = ""
    replaces: str | None = None
    breakdowns: bool | None = None
    facilitator: bool = False


def list_products(marketplace: Marketplace) -> list[dict[str, str]]:
    """Return seller SKU, title and ASIN of each product sold there."""
    return [
        {"sku": f"{stem}-{marketplace.country}", "title": title, "asin": _asin(index, marketplace)}
        for index, (stem, title, _cents) in enumerate(sample_data.PRODUCTS)
    ]


def _asin(product: int, marketplace: Marketplace) -> str:
    return f"B0{marketplace.country}{product:02d}{sample_data.PRODUCTS[product][0][:3]}{product % 10}"[:10]


def make_order_number(serial: int, marketplace: Marketplace, rng: random.Random) -> str:
    """Return a unique number in 3-7-7 format: the last group is a bijection of the serial."""
    middle = rng.randrange(10**7)
    return f"{rng.choice(marketplace.prefixes)}-{middle:07d}-{serial * 7_654_321 % 10**7:07d}"


def generate_order(seed: int, serial: int, spec: OrderSpec, created: datetime) -> dict[str, Any]:
    """Return the body of an order placed at `created`, with every dataset, not yet shipped or cancelled."""
    rng = random.Random(f"{seed}/order/{serial}")
    marketplace = BY_COUNTRY[spec.country]
    items = _make_items(rng, serial, spec, marketplace)
    body: dict[str, Any] = {
        "orderId": make_order_number(serial, marketplace, rng),
        "createdTime": format_iso(created),
        "lastUpdatedTime": format_iso(created),
        "programs": list(spec.programs),
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": marketplace.id,
            "marketplaceName": marketplace.name,
        },
        **_make_people(rng, spec, marketplace),
        "proceeds": _make_proceeds(items, marketplace.currency, detailed=_draw(rng, spec.breakdowns, 0.3)),
        "fulfillment": _make_fulfillment(rng, spec, created),
        "orderItems": items,
    }
    body["payment"] = {"paymentExecutions": [_make_payment(rng, spec, body["proceeds"]["grandTotal"])]}
    if spec.replaces:
        body["associatedOrders"] = [{"orderId": spec.replaces, "associationType": "REPLACEMENT_ORIGINAL_ID"}]
    add_features(body, spec.features)
    if spec.status in PENDING:
        # Before the payment is authorized Amazon shows neither personal data nor amounts.
        body["_hidden"] = {name: body.pop(name) for name in HIDDEN_WHILE_PENDING if name in body}
    if not body["programs"]:
        del body["programs"]
    return body


def _draw(rng: random.Random, requested: bool | None, probability: float) -> bool:
    """Return the requested value or a random one. Always draws, so that a request does not change the rest."""
    drawn = rng.random() < probability
    return drawn if requested is None else requested


# --- items and prices


def _make_items(rng: random.Random, serial: int, spec: OrderSpec, marketplace: Marketplace) -> list[dict[str, Any]]:
    lines = spec.lines
    if lines is None:
        count = rng.choices((1, 2, 3, 5), (72, 18, 8, 2))[0]
        numbers = rng.sample(range(len(sample_data.PRODUCTS)), count)
        lines = tuple((number, rng.choices((1, 2, 3, 10), (78, 15, 5, 2))[0]) for number in numbers)
    if spec.status == "PARTIALLY_SHIPPED" and sum(quantity for _, quantity in lines) < 2:
        lines = ((lines[0][0], 2),)
    gift, discount = _draw(rng, spec.gift, 0.08), _draw(rng, spec.discount, 0.15)
    shipping = rng.choice((0, 0, 0, 390, 490))
    return [
        _make_item(
            spec,
            marketplace,
            code=f"{serial * 10 + index + 60_000_000_000_000:014d}",
            product=number % len(sample_data.PRODUCTS),
            quantity=quantity,
            shipping=shipping if index == 0 and spec.fulfilled_by == "MERCHANT" else 0,
            gift=rng.choice(sample_data.GIFT_MESSAGES) if gift and index == 0 else None,
            discount=discount,
        )
        for index, (number, quantity) in enumerate(lines)
    ]


def _net_price(cents: int, marketplace: Marketplace) -> int:
    """Convert a price from euro cents to minor units of the marketplace's currency, without tax."""
    gross = cents * marketplace.rate / (100 if marketplace.currency == "JPY" else 1)
    return round(gross / (1 + marketplace.vat / 100))


def _make_item(
    spec: OrderSpec,
    marketplace: Marketplace,
    *,
    code: str,
    product: int,
    quantity: int,
    shipping: int,
    gift: str | None,
    discount: bool,
) -> dict[str, Any]:
    stem, title, cents = sample_data.PRODUCTS[product]
    currency = marketplace.currency
    unit = 0 if spec.replaces else _net_price(cents, marketplace)
    amounts = {
        "ITEM": unit * quantity,
        "SHIPPING": 0 if spec.replaces else _net_price(shipping, marketplace),
        "GIFT_WRAP": _net_price(350, marketplace) if gift and not spec.replaces else 0,
    }
    reduction = unit * quantity // 10 if discount else 0
    price: dict[str, Any] = {"unitPrice": money(unit, currency)}
    if "AMAZON_BUSINESS" in spec.programs:
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
        "proceeds": _make_item_proceeds(amounts, reduction, marketplace),
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": quantity},
    }
    if spec.facilitator:
        collection = {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services EU"}
        item["tax"] = {"taxCollections": [collection]}
    if reduction:
        item["promotion"] = {"breakdowns": [{"promotionId": f"TENOFF-{marketplace.country}-{product:02d}"}]}
    if marketplace.currency == "JPY" and not spec.replaces:
        points = amounts["ITEM"] // 100
        item["expense"] = {
            "pointsCost": {"pointsGranted": {"pointsNumber": points, "pointsMonetaryValue": money(points, currency)}}
        }
    if gift:
        item["fulfillment"]["packing"] = {"giftOption": {"giftMessage": gift, "giftWrapLevel": "Classic"}}
    return item


def _make_item_proceeds(amounts: dict[str, int], reduction: int, marketplace: Marketplace) -> dict[str, Any]:
    """Return the breakdowns of one item; their sum is the total."""
    currency = marketplace.currency
    taxes = {kind: round(amount * marketplace.vat / 100) for kind, amount in amounts.items() if amount}
    taxes["DISCOUNT"] = -round(reduction * marketplace.vat / 100)
    breakdowns: list[dict[str, Any]] = [
        {"type": kind, "subtotal": money(amount, currency)}
        for kind, amount in amounts.items()
        if amount or kind == "ITEM"
    ]
    if reduction:
        details = [{"subtype": "ITEM", "value": money(-reduction, currency)}]
        breakdowns.append({"type": "DISCOUNT", "subtotal": money(-reduction, currency), "detailedBreakdowns": details})
    tax = sum(taxes.values())
    if tax:
        details = [{"subtype": kind, "value": money(amount, currency)} for kind, amount in taxes.items() if amount]
        breakdowns.append({"type": "TAX", "subtotal": money(tax, currency), "detailedBreakdowns": details})
    return {"proceedsTotal": money(sum(amounts.values()) - reduction + tax, currency), "breakdowns": breakdowns}


def _make_proceeds(items: list[dict[str, Any]], currency: str, *, detailed: bool) -> dict[str, Any]:
    """Return the order's total, with breakdowns if `detailed`; most orders have none."""
    total = sum(minor_units(item["proceeds"]["proceedsTotal"]) for item in items)
    proceeds: dict[str, Any] = {"grandTotal": money(total, currency)}
    if detailed:
        sums: dict[str, int] = {}
        for item in items:
            for part in item["proceeds"]["breakdowns"]:
                sums[part["type"]] = sums.get(part["type"], 0) + minor_units(part["subtotal"])
        proceeds["breakdowns"] = [{"type": kind, "subtotal": money(amount, currency)} for kind, amount in sums.items()]
    return proceeds


def _make_payment(rng: random.Random, spec: OrderSpec, total: dict[str, str]) -> dict[str, Any]:
    methods = ("Invoice",) if "AMAZON_BUSINESS" in spec.programs else ("CreditCard", "CreditCard", "Other")
    if spec.country == "JP":
        methods = ("CreditCard", "ConvenienceStore", "CashOnDelivery")
    return {"paymentMethod": rng.choice(methods), "paymentAmount": dict(total)}


# --- buyer and recipient


def _make_people(rng: random.Random, spec: OrderSpec, marketplace: Marketplace) -> dict[str, Any]:
    country = sample_data.FALLBACK_COUNTRIES.get(marketplace.country, marketplace.country)
    data = sample_data.COUNTRIES.get(country, sample_data.COUNTRIES["GB"])
    first, last = rng.choice(data.first), rng.choice(data.last)
    name = f"{last} {first}" if marketplace.country == "JP" else f"{first} {last}"
    city, region, postal_code = rng.choice(data.places)
    alias = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=14))
    buyer = {"buyerName": name, "buyerEmail": f"{alias}@marketplace.{marketplace.domain.removeprefix('www.')}"}
    address: dict[str, str | None] = {
        "name": name,
        "addressLine1": rng.choice(data.streets).format(rng.randint(1, 148)),
        "city": city,
        "stateOrRegion": region,
        "postalCode": postal_code,
        "countryCode": marketplace.country,
        "phone": f"{data.phone}{rng.randint(100, 9999)}",
        "addressType": "RESIDENTIAL",
    }
    people: dict[str, Any] = {"buyer": buyer}
    if "AMAZON_BUSINESS" in spec.programs:
        company = rng.choice(sample_data.COMPANIES).format(last)
        buyer.update(buyerCompanyName=company, buyerPurchaseOrderNumber=f"PO {rng.randint(1000, 99999)}")
        address.update(companyName=company, addressType="COMMERCIAL")
        number = f"{marketplace.country}{rng.randint(100_000_000, 999_999_999)}"
        registration = {
            "entityType": "BUYER",
            "legalName": company,
            "taxRegistrationType": "VAT",
            "taxRegistrationNumber": number,
        }
        people["tax"] = {"taxRegistrations": [registration]}
    if spec.fulfilled_by == "AMAZON":
        del buyer["buyerEmail"]
        address["phone"] = None
    if spec.awkward is not None:
        address.update(sample_data.DIFFICULT_RECIPIENTS[spec.awkward % len(sample_data.DIFFICULT_RECIPIENTS)])
        buyer["buyerName"] = address["name"] or name
    if not address["stateOrRegion"] and spec.awkward is None:
        del address["stateOrRegion"]
    recipient: dict[str, Any] = {
        "deliveryAddress": {field: text for field, text in address.items() if text is not None}
    }
    if rng.random() < 0.1:
        recipient["deliveryPreference"] = {
            "dropOffLocation": "Neighbour",
            "addressInstruction": "Leave it with the neighbour",
        }
    return {**people, "recipient": recipient}


# --- dates


def _make_fulfillment(rng: random.Random, spec: OrderSpec, created: datetime) -> dict[str, Any]:
    prime = "PRIME" in spec.programs
    days = 1 if prime else rng.choice((1, 2, 2, 3))
    latest = (created + timedelta(days=days)).replace(hour=21, minute=59, second=59, microsecond=0)
    return {
        "fulfillmentStatus": spec.status if spec.status in PENDING else "UNSHIPPED",
        "fulfilledBy": spec.fulfilled_by,
        "fulfillmentServiceLevel": "NEXT_DAY" if prime else rng.choice(("STANDARD", "STANDARD", "EXPEDITED")),
        "shipByWindow": {
            "earliestDateTime": format_iso(created + timedelta(minutes=30)),
            "latestDateTime": format_iso(latest),
        },
        "deliverByWindow": {
            "earliestDateTime": format_iso(latest + timedelta(days=1)),
            "latestDateTime": format_iso(latest + timedelta(days=1 if prime else 4)),
        },
    }


def draw_cancel_reason(rng: random.Random) -> str:
    return rng.choice(sample_data.CANCEL_REASONS)
