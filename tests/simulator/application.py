"""An application of a seller: it fetches an access token and calls the API."""

from collections.abc import Mapping
from typing import Any

import httpx

from simulator.state.sellers import DEMO_EU, Seller

ORDERS = "/orders/2026-01-01/orders"
FEEDS = "/feeds/2021-06-30"
XML = "text/xml; charset=UTF-8"
EVERYTHING = (
    "BUYER,RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX,PAYMENT,FULFILLMENT_ORDERS"
)
LONG_AGO = "2020-01-01T00:00:00Z"


class Application(httpx.Client):
    """An HTTP client with an access token of `seller`."""

    def __init__(self, url: str, seller: Seller = DEMO_EU) -> None:
        super().__init__(base_url=url, timeout=60, trust_env=False)
        self.seller = seller
        self.headers["x-amz-access-token"] = self.post("/auth/o2/token", data=grant(seller)).json()["access_token"]

    def search(self, **parameters: Any) -> httpx.Response:
        return self.get(ORDERS, params={"lastUpdatedAfter": LONG_AGO, "includedData": "FULFILLMENT", **parameters})

    def numbers(self, **parameters: Any) -> list[str]:
        return [order["orderId"] for order in self.search(**parameters).json()["orders"]]

    def order(self, number: str, included: str = EVERYTHING) -> dict[str, Any]:
        return self.get(f"{ORDERS}/{number}", params={"includedData": included}).json()["order"]

    def confirm(
        self, number: str, marketplace_id: str, more: Mapping[str, Any] | None = None, **detail: Any
    ) -> httpx.Response:
        order = self.order(number)
        package = {
            "packageReferenceId": "1",
            "carrierCode": "DHL",
            "trackingNumber": "0034",
            "shipDate": order["createdTime"],
            "orderItems": [
                {"orderItemId": item["orderItemId"], "quantity": item["quantityOrdered"]}
                for item in order["orderItems"]
            ],
            **detail,
        }
        body = {"marketplaceId": marketplace_id, "packageDetail": package, **(more or {})}
        return self.post(f"/orders/v0/orders/{number}/shipmentConfirmation", json=body)

    def upload(self, document: str, content_type: str = XML) -> str:
        document_info = self.post(f"{FEEDS}/documents", json={"contentType": content_type}).json()
        httpx.put(
            document_info["url"], content=document.encode(), headers={"Content-Type": content_type}
        ).raise_for_status()
        return document_info["feedDocumentId"]

    def create_feed(self, document: str, marketplaces: list[str] | None = None) -> httpx.Response:
        body = {
            "feedType": "POST_ORDER_ACKNOWLEDGEMENT_DATA",
            "marketplaceIds": marketplaces or [marketplace.id for marketplace in self.seller.marketplaces],
            "inputFeedDocumentId": self.upload(document),
        }
        return self.post(f"{FEEDS}/feeds", json=body)

    def feed(self, feed_id: str) -> dict[str, Any]:
        return self.get(f"{FEEDS}/feeds/{feed_id}").json()

    def result(self, feed: dict[str, Any]) -> httpx.Response:
        return httpx.get(self.get(f"{FEEDS}/documents/{feed['resultFeedDocumentId']}").json()["url"])


def grant(seller: Seller) -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "client_id": seller.client_id,
        "client_secret": seller.client_secret,
        "refresh_token": seller.refresh_token,
    }


def envelope(*messages: str, merchant: str = DEMO_EU.id) -> str:
    numbered = "".join(
        f"<Message><MessageID>{number}</MessageID>{message}</Message>" for number, message in enumerate(messages, 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><AmazonEnvelope><Header><DocumentVersion>1.01</DocumentVersion>'
        f"<MerchantIdentifier>{merchant}</MerchantIdentifier></Header><MessageType>OrderAcknowledgement</MessageType>"
        f"{numbered}</AmazonEnvelope>"
    )


def failure(number: str, item: str | None = None, reason: str = "NoInventory") -> str:
    line = (
        f"<Item><AmazonOrderItemCode>{item}</AmazonOrderItemCode><CancelReason>{reason}</CancelReason></Item>"
        if item
        else ""
    )
    return (
        f"<OrderAcknowledgement><AmazonOrderID>{number}</AmazonOrderID><StatusCode>Failure</StatusCode>{line}"
        "</OrderAcknowledgement>"
    )
