"""Orders as Amazon sends them."""

from typing import Any


def an_order(number: str = "902-1106328-1059050", **fields: Any) -> dict[str, Any]:
    """An unshipped order of one line, as searchOrders sends it with all datasets; `fields` replace whole blocks."""
    euros = {"amount": "24.90", "currencyCode": "EUR"}
    item = {
        "orderItemId": "60696125413094",
        "quantityOrdered": 2,
        "product": {
            "asin": "B08N5WRWNW",
            "title": "Kettle",
            "sellerSku": "KETTLE-1",
            "condition": {"conditionType": "NEW"},
            "price": {"unitPrice": {"amount": "10.00", "currencyCode": "EUR"}},
        },
        "proceeds": {
            "proceedsTotal": euros,
            "breakdowns": [
                {"type": "ITEM", "subtotal": {"amount": "20.00", "currencyCode": "EUR"}},
                {
                    "type": "TAX",
                    "subtotal": {"amount": "4.90", "currencyCode": "EUR"},
                    "detailedBreakdowns": [
                        {"subtype": "ITEM", "value": {"amount": "3.80", "currencyCode": "EUR"}},
                        {"subtype": "SHIPPING", "value": {"amount": "1.10", "currencyCode": "EUR"}},
                    ],
                },
            ],
        },
        "fulfillment": {
            "quantityFulfilled": 0,
            "quantityUnfulfilled": 2,
            "packing": {"giftOption": {"giftMessage": "A canary message", "giftWrapLevel": "Classic"}},
        },
    }
    return {
        "orderId": number,
        "createdTime": "2026-11-20T08:00:00.123Z",
        "lastUpdatedTime": "2026-11-20T09:30:00Z",
        "programs": ["PRIME"],
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9", "marketplaceName": "Amazon.de"},
        "buyer": {"buyerName": "Canary Buyer", "buyerEmail": "canary@marketplace.amazon.de"},
        "recipient": {
            "deliveryAddress": {
                "name": "Canary Recipient",
                "addressLine1": "1 Canary Lane",
                "city": "Berlin",
                "postalCode": "10115",
                "countryCode": "DE",
            }
        },
        "proceeds": {"grandTotal": euros},
        "fulfillment": {
            "fulfillmentStatus": "UNSHIPPED",
            "fulfilledBy": "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD",
            "shipByWindow": {"earliestDateTime": "2026-11-20T23:00:00Z", "latestDateTime": "2026-11-23T22:59:59Z"},
            "deliverByWindow": {"latestDateTime": "2026-11-27T22:59:59Z"},
        },
        "orderItems": [item],
        **fields,
    }
