"""Finances: the transactions of shipments, made from the orders, and of refunds, made from the ledger.

A transaction is posted at the time of its effect and shown only after `World.finances_delay`, so a reader that never
looks back misses it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from simulator.operations.adjustments import COMPONENTS, paid_amount
from simulator.state.clock import format_iso, parse_iso
from simulator.state.marketplaces import BY_ID, DIGITS, minor_units
from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState

# Amazon's fee, in percent of what the buyer pays. A refund returns it, less a fifth.
FEE, FEE_KEPT = 15, 20
# Column of a refund → (type, subtype) of the breakdown.
BREAKDOWNS = {
    "item-price-adj": ("ProductCharges", "OurPricePrincipal"),
    "item-tax-adj": ("Tax", "OurPriceTax"),
    "shipping-price-adj": ("Shipping", "ShippingPrincipal"),
    "shipping-tax-adj": ("Tax", "ShippingTax"),
    "gift-wrap-price-adj": ("GiftWrap", "GiftWrapPrincipal"),
    "gift-wrap-tax-adj": ("Tax", "GiftWrapTax"),
}


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment of an order. `parts`: what the buyer paid for it, minor units by column of a refund.

    `id`: SHIPMENT_ID of listTransactions, fifteen digits as sellers published them. That it is the shipping id of the
    VAT invoice data report is assumed.
    """

    id: str
    at: str
    quantities: Mapping[str, int]
    parts: Mapping[str, int]


def list_transactions(world: WorldState, seller_id: str) -> list[dict[str, Any]]:
    """Return the transactions of a seller that are shown now, oldest first."""
    shown_until = format_iso(world.now() - timedelta(seconds=world.finances_delay))
    shown = [transaction for transaction in _make_all(world, seller_id) if transaction["postedDate"] <= shown_until]
    return sorted(shown, key=lambda transaction: str(transaction["postedDate"]))


def list_shipments(order: OrderRecord) -> list[Shipment]:
    """Return the shipments of an order: its packages, or one of everything for an order that Amazon ships."""
    items = order.body["orderItems"]
    packages = order.body.get("packages", [])
    if order.is_fba:
        lines = [
            {"orderItemId": item["orderItemId"], "quantity": item["quantityOrdered"]}
            for item in items
            if item["fulfillment"]["quantityFulfilled"]
        ]
        packages = [{"packageReferenceId": "1", "createdTime": order.body["lastUpdatedTime"], "packageItems": lines}]
        packages = packages if lines else []
    shipped = dict.fromkeys((item["orderItemId"] for item in items), 0)
    shipments = []
    for package in packages:
        quantities = {line["orderItemId"]: line["quantity"] for line in package["packageItems"]}
        parts = {name: sum(_portion(item, name, shipped, quantities) for item in items) for name in COMPONENTS}
        shipped.update({item_id: shipped[item_id] + quantity for item_id, quantity in quantities.items()})
        digest = hashlib.sha256(f"{order.id}/{package['packageReferenceId']}".encode()).hexdigest()
        shipments.append(
            Shipment(f"3{int(digest[:15], 16) % 10**14:014d}", str(package["createdTime"]), quantities, parts)
        )
    return shipments


def find_refund_ids(world: WorldState, order: OrderRecord) -> set[str]:
    """Return the ids of the transactions of an order's refunds, whether they are shown yet or not."""
    return {
        transaction["transactionId"]
        for transaction in _make_refunds(world, order.seller_id)
        if transaction["relatedIdentifiers"][0]["relatedIdentifierValue"] == order.id
    }


def _portion(item: dict[str, Any], name: str, shipped: Mapping[str, int], quantities: Mapping[str, int]) -> int:
    """Return what was paid for the units of a shipment. The portions of all units add up to the whole."""
    ordered, before = item["quantityOrdered"], shipped[item["orderItemId"]]
    after = before + quantities.get(item["orderItemId"], 0)
    if "proceeds" not in item or not ordered:
        return 0
    paid = paid_amount(item, name)
    return paid * after // ordered - paid * before // ordered


def _make_all(world: WorldState, seller_id: str) -> Iterator[dict[str, Any]]:
    for order in world.orders.values():
        if order.seller_id == seller_id and order.status in ("SHIPPED", "PARTIALLY_SHIPPED"):
            yield from (_shipment(order, shipment) for shipment in list_shipments(order))
    yield from _make_refunds(world, seller_id)


def _make_refunds(world: WorldState, seller_id: str) -> Iterator[dict[str, Any]]:
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for entry in world.ledger:
        if entry["effect"] != "refund" or world.orders[entry["order_id"]].seller_id != seller_id:
            continue
        # What one feed, or one action in Seller Central, refunds of an order is one transaction.
        source = entry.get("feed_id") or entry.get("action") or entry["number"]
        groups.setdefault((entry["order_id"], source), []).append(entry)
    for (order_id, _), entries in groups.items():
        yield _refund(world.orders[order_id], entries)


def _refund(order: OrderRecord, entries: list[dict[str, Any]]) -> dict[str, Any]:
    currency = entries[0]["total"]["currencyCode"]
    skus = {item["orderItemId"]: item["product"].get("sellerSku") for item in order.body["orderItems"]}
    items, parts = [], dict.fromkeys(COMPONENTS, 0)
    for entry in entries:
        amounts = {name: minor_units(amount) for name, amount in entry["amounts"].items()}
        parts = {name: minor + amounts.get(name, 0) for name, minor in parts.items()}
        items.append(
            {
                "description": "Refund",
                "relatedIdentifiers": [
                    {
                        "itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID",
                        "itemRelatedIdentifierValue": f"{order.id}-{entry['number']}",
                    }
                ],
                "totalAmount": _currency(-_net(sum(amounts.values()), FEE_KEPT), currency),
                "contexts": [
                    {
                        "contextType": "ProductContext",
                        "sku": skus[entry["order_item_id"]],
                        "quantityShipped": 0,
                        "fulfillmentNetwork": "AFN" if order.is_fba else "MFN",
                    }
                ],
                "breakdowns": _breakdowns(amounts, currency, -1, FEE_KEPT),
            }
        )
    transaction = _transaction(order, "Refund", "Refund Order", entries[0], currency)
    transaction["relatedIdentifiers"].append(
        {"relatedIdentifierName": "REFUND_ID", "relatedIdentifierValue": f"amzn1:crow:{transaction['transactionId']}"}
    )
    total = -_net(sum(parts.values()), FEE_KEPT)
    return transaction | {
        "totalAmount": _currency(total, currency),
        "items": items,
        "breakdowns": _breakdowns(parts, currency, -1, FEE_KEPT),
    }


def _shipment(order: OrderRecord, shipment: Shipment) -> dict[str, Any]:
    currency = next(
        (item["proceeds"]["proceedsTotal"]["currencyCode"] for item in order.body["orderItems"] if "proceeds" in item),
        BY_ID[order.body["salesChannel"]["marketplaceId"]].currency,
    )
    transaction = _transaction(order, "Shipment", "Order Payment", {"number": shipment.id, "at": shipment.at}, currency)
    transaction["relatedIdentifiers"].append(
        {"relatedIdentifierName": "SHIPMENT_ID", "relatedIdentifierValue": shipment.id}
    )
    return transaction | {
        "totalAmount": _currency(_net(sum(shipment.parts.values()), 0), currency),
        "items": [],
        "breakdowns": _breakdowns(dict(shipment.parts), currency, 1, 0),
    }


def _transaction(
    order: OrderRecord, kind: str, description: str, entry: dict[str, Any], currency: str
) -> dict[str, Any]:
    marketplace = BY_ID[order.body["salesChannel"]["marketplaceId"]]
    id_ = hashlib.sha256(f"{order.seller_id}/{kind}/{entry['number']}/{currency}".encode()).hexdigest()[:43]
    return {
        "sellingPartnerMetadata": {
            "sellingPartnerId": order.seller_id,
            "accountType": "Standard Orders",
            "marketplaceId": marketplace.id,
        },
        "relatedIdentifiers": [
            {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order.id},
        ],
        "transactionType": kind,
        "transactionId": id_,
        "transactionStatus": "RELEASED",
        "description": description,
        "postedDate": format_iso(parse_iso(entry["at"])),
        "marketplaceDetails": {"marketplaceId": marketplace.id, "marketplaceName": marketplace.name},
        "contexts": [],
    }


def _breakdowns(parts: dict[str, int], currency: str, sign: int, fee_kept: int) -> list[dict[str, Any]]:
    """Return the buyer's payments or refunds under one heading, and Amazon's fees under the other."""
    charges: dict[str, list[dict[str, Any]]] = {}
    for name, minor in parts.items():
        if minor:
            kind, subtype = BREAKDOWNS[name]
            charges.setdefault(kind, []).append(_breakdown(subtype, sign * minor, currency, None))
    total = sum(parts.values())
    fee = _fee(total, fee_kept)
    buyer = [
        _breakdown(kind, sum(_minor(row, currency) for row in rows), currency, rows) for kind, rows in charges.items()
    ]
    fees = [_breakdown("AmazonFees", -sign * fee, currency, [_breakdown("Commission", -sign * fee, currency, None)])]
    headings = ("Sales", "Expenses") if sign > 0 else ("Expenses", "Sales")
    return [
        _breakdown(headings[0], sign * total, currency, buyer),
        _breakdown(headings[1], -sign * fee, currency, fees),
    ]


def _breakdown(kind: str, minor: int, currency: str, rows: list[dict[str, Any]] | None) -> dict[str, Any]:
    breakdown: dict[str, Any] = {"breakdownType": kind, "breakdownAmount": _currency(minor, currency)}
    return breakdown | ({"breakdowns": rows} if rows else {})


def _minor(row: dict[str, Any], currency: str) -> int:
    return round(row["breakdownAmount"]["currencyAmount"] * 10 ** DIGITS.get(currency, 2))


def _fee(total: int, fee_kept: int) -> int:
    return total * FEE * (100 - fee_kept) // 10_000


def _net(total: int, fee_kept: int) -> int:
    return total - _fee(total, fee_kept)


def _currency(minor: int, currency: str) -> dict[str, Any]:
    """Return Amazon's Currency object, whose amount is a number."""
    digits = DIGITS.get(currency, 2)
    return {"currencyCode": currency, "currencyAmount": round(minor / 10**digits, digits) if digits else minor}
