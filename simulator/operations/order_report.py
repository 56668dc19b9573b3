"""The flat file of all orders: one line for each item, as the reports of order tracking have them."""

from collections.abc import Iterator
from typing import Any

from simulator.state.marketplaces import BY_ID, Marketplace, minor_units, money
from simulator.state.orders import OrderRecord

COLUMNS = (
    "amazon-order-id",
    "merchant-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
    "fulfillment-channel",
    "sales-channel",
    "order-channel",
    "ship-service-level",
    "product-name",
    "sku",
    "asin",
    "item-status",
    "quantity",
    "currency",
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "gift-wrap-price",
    "gift-wrap-tax",
    "item-promotion-discount",
    "ship-promotion-discount",
    "ship-city",
    "ship-state",
    "ship-postal-code",
    "ship-country",
    "promotion-ids",
    "is-business-order",
    "purchase-order-number",
    "price-designation",
)
STATUSES = {
    "PENDING_AVAILABILITY": "Pending",
    "PENDING": "Pending",
    "UNSHIPPED": "Unshipped",
    "PARTIALLY_SHIPPED": "Shipping",
    "SHIPPED": "Shipped",
    "CANCELLED": "Cancelled",
    "UNFULFILLABLE": "Unfulfillable",
}
# Prices of these countries are shown without their tax.
NET_PRICES = ("US", "CA")


def format_lines(orders: list[OrderRecord]) -> str:
    """Return the file with its header line."""
    lines = ["\t".join(COLUMNS), *("\t".join(cells) for order in orders for cells in _item_lines(order.body))]
    return "\r\n".join(lines) + "\r\n"


def _item_lines(body: dict[str, Any]) -> Iterator[list[str]]:
    marketplace = BY_ID[body["salesChannel"]["marketplaceId"]]
    fulfillment = body["fulfillment"]
    address = body.get("recipient", {}).get("deliveryAddress", {})
    is_cancelled = fulfillment["fulfillmentStatus"] == "CANCELLED"
    for item in body["orderItems"]:
        row = {
            "amazon-order-id": body["orderId"],
            "purchase-date": _time(body["createdTime"]),
            "last-updated-date": _time(body["lastUpdatedTime"]),
            "order-status": STATUSES[fulfillment["fulfillmentStatus"]],
            "fulfillment-channel": "Amazon" if fulfillment["fulfilledBy"] == "AMAZON" else "Merchant",
            "sales-channel": marketplace.name,
            "ship-service-level": fulfillment["fulfillmentServiceLevel"].title(),
            "product-name": item["product"].get("title", ""),
            "sku": item["product"].get("sellerSku", ""),
            "asin": item["product"].get("asin", ""),
            "item-status": "Cancelled" if is_cancelled else _item_status(item),
            "quantity": "0" if is_cancelled else str(item["quantityOrdered"]),
            "ship-city": address.get("city", ""),
            "ship-state": address.get("stateOrRegion", ""),
            "ship-postal-code": address.get("postalCode", ""),
            "ship-country": address.get("countryCode", ""),
            "promotion-ids": ",".join(
                entry["promotionId"] for entry in item.get("promotion", {}).get("breakdowns", [])
            ),
            "is-business-order": "true" if "AMAZON_BUSINESS" in body.get("programs", []) else "false",
            "price-designation": "Business Price" if "AMAZON_BUSINESS" in body.get("programs", []) else "",
            # Amounts are empty before the payment is authorized, and for an order that was cancelled.
            **({} if is_cancelled or "proceeds" not in body else _amounts(item, marketplace)),
        }
        yield [row.get(name, "") for name in COLUMNS]


def _item_status(item: dict[str, Any]) -> str:
    return "Unshipped" if item["fulfillment"]["quantityUnfulfilled"] else "Shipped"


def _amounts(item: dict[str, Any], marketplace: Marketplace) -> dict[str, str]:
    parts: dict[str, int] = {}
    for part in item["proceeds"]["breakdowns"]:
        details = part.get("detailedBreakdowns", []) if part["type"] in ("TAX", "DISCOUNT") else []
        for detail in details or [{"subtype": "", "value": part["subtotal"]}]:
            parts[f"{part['type']}/{detail['subtype']}"] = minor_units(detail["value"])
    included = 0 if marketplace.country in NET_PRICES else 1
    prices = {
        name: (parts.get(f"{kind}/", 0) + included * parts.get(f"TAX/{kind}", 0), parts.get(f"TAX/{kind}", 0))
        for name, kind in (("item", "ITEM"), ("shipping", "SHIPPING"), ("gift-wrap", "GIFT_WRAP"))
    }
    discount = -parts.get("DISCOUNT/ITEM", 0) - included * parts.get("TAX/DISCOUNT", 0)
    cells = {f"{name}-price": price for name, (price, _) in prices.items() if price or name == "item"}
    cells |= {f"{name}-tax": tax for name, (_, tax) in prices.items() if tax}
    cells |= {"item-promotion-discount": discount} if discount else {}
    amounts = {name: money(amount, marketplace.currency)["amount"] for name, amount in cells.items()}
    return {"currency": marketplace.currency, **amounts}


def _time(text: str) -> str:
    """Format as Amazon's reports do, to the second."""
    return f"{text[:19]}+00:00"
