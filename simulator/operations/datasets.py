"""The fields of each dataset of `includedData`. Fields of datasets that are not included are not sent."""

from typing import Any

ORDER_FIELDS = {
    "buyer": "BUYER",
    "recipient": "RECIPIENT",
    "proceeds": "PROCEEDS",
    "payment": "PAYMENT",
    "tax": "TAX",
    "fulfillment": "FULFILLMENT",
    "packages": "PACKAGES",
    "fulfillmentOrders": "FULFILLMENT_ORDERS",
}
ITEM_FIELDS = {
    "proceeds": "PROCEEDS",
    "expense": "EXPENSE",
    "promotion": "PROMOTION",
    "cancellation": "CANCELLATION",
    "fulfillment": "FULFILLMENT",
    "tax": "TAX",
}
DATASETS = frozenset(ORDER_FIELDS.values()) | frozenset(ITEM_FIELDS.values())


def select_fields(body: dict[str, Any], included: frozenset[str]) -> dict[str, Any]:
    """Return the order with the fields of the included datasets. Shares its values with `body`."""
    order = {
        name: value for name, value in body.items() if name[0] != "_" and ORDER_FIELDS.get(name) in (None, *included)
    }
    order["orderItems"] = [
        {name: value for name, value in item.items() if ITEM_FIELDS.get(name) in (None, *included)}
        for item in body["orderItems"]
    ]
    return order
