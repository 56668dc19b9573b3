"""Amazon's own SDK works with the simulator. Raw responses: its object mapping is slow and leaks log handlers."""

import json
import logging
import warnings
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest

from simulator.state.sellers import DEMO_EU
from tests.simulator.application import EVERYTHING, LONG_AGO, XML, envelope, failure

TABS = "text/tab-separated-values; charset=UTF-8"
RAW = {"_preload_content": False, "_request_timeout": 10}


@pytest.fixture(scope="module")
def sdk():
    """The parts of the SDK in use. Importing it configures the root logger and warns, which is undone here."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from spapi import SPAPIClient, SPAPIConfig
        from spapi.api.feeds_v2021_06_30.feeds_api import FeedsApi
        from spapi.api.messaging_v1.messaging_api import MessagingApi
        from spapi.api.orders_v0.orders_v0_api import OrdersV0Api
        from spapi.api.orders_v2026_01_01.get_order_api import GetOrderApi
        from spapi.api.orders_v2026_01_01.search_orders_api import SearchOrdersApi
        from spapi.api.sellers_v1.sellers_api import SellersApi
        from spapi.rest import ApiException
    root.handlers[:], root.level = handlers, level
    return SimpleNamespace(
        SPAPIClient=SPAPIClient,
        SPAPIConfig=SPAPIConfig,
        FeedsApi=FeedsApi,
        MessagingApi=MessagingApi,
        OrdersV0Api=OrdersV0Api,
        GetOrderApi=GetOrderApi,
        SearchOrdersApi=SearchOrdersApi,
        SellersApi=SellersApi,
        ApiException=ApiException,
    )


@pytest.fixture
def client(sdk, amazon, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    config = sdk.SPAPIConfig(DEMO_EU.client_id, DEMO_EU.client_secret, DEMO_EU.refresh_token, region="EU")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = sdk.SPAPIClient(config, oauth_endpoint=f"{amazon.url}/auth/o2/token", endpoint=amazon.url)
        yield client.api_client


def content(answer):
    body = json.loads(answer.data) if answer.data else None
    answer.release_conn()
    return body


def test_it_reads_the_participations(sdk, client):
    payload = content(sdk.SellersApi(client).get_marketplace_participations(**RAW))["payload"]
    assert [participation["marketplace"]["countryCode"] for participation in payload] == ["DE", "GB", "FR", "SE", "PL"]


def test_it_pages_through_every_order(sdk, client, amazon):
    amazon.world.reset("many:250")
    search, seen, token = sdk.SearchOrdersApi(client), [], {}
    while True:
        parameters = {"last_updated_after": LONG_AGO, "included_data": EVERYTHING.split(","), **token}
        page = content(search.search_orders(**parameters, **RAW))
        seen.append([order["orderId"] for order in page["orders"]])
        if "pagination" not in page:
            break
        token = {"pagination_token": page["pagination"]["nextToken"]}
    assert [len(page) for page in seen] == [100, 100, 50]
    assert {number for page in seen for number in page} == set(amazon.world.orders)


def test_it_reads_one_order_and_reports_a_missing_one(sdk, client, amazon):
    number = amazon.world.place()
    orders = sdk.GetOrderApi(client)
    order = content(orders.get_order(number, included_data=["FULFILLMENT", "RECIPIENT"], **RAW))["order"]
    assert (order["orderId"], order["fulfillment"]["fulfillmentStatus"]) == (number, "UNSHIPPED")
    with pytest.raises(sdk.ApiException) as missing:
        orders.get_order("305-0000000-0000000", **RAW)
    assert missing.value.status == 404


def test_it_confirms_a_shipment(sdk, client, amazon):
    number = amazon.world.place("DE", lines=((0, 1),))
    body = amazon.world.orders[number].body
    payload = {
        "marketplaceId": body["salesChannel"]["marketplaceId"],
        "packageDetail": {
            "packageReferenceId": "1",
            "carrierCode": "DHL",
            "trackingNumber": "0034",
            "shipDate": body["createdTime"],
            "orderItems": [{"orderItemId": body["orderItems"][0]["orderItemId"], "quantity": 1}],
        },
    }
    assert sdk.OrdersV0Api(client).confirm_shipment(number, payload, **RAW).status == 204
    assert amazon.world.orders[number].status == "SHIPPED"


def test_it_cancels_an_order_with_a_feed(sdk, client, amazon):
    number = amazon.world.place("FR")
    feeds, pool = sdk.FeedsApi(client), client.rest_client.pool_manager
    document = content(feeds.create_feed_document({"contentType": XML}, **RAW))
    upload = pool.request(
        "PUT", document["url"], body=envelope(failure(number)).encode(), headers={"Content-Type": XML}, timeout=60
    )
    assert upload.status == 200
    parameters = {
        "feedType": "POST_ORDER_ACKNOWLEDGEMENT_DATA",
        "marketplaceIds": [amazon.world.orders[number].body["salesChannel"]["marketplaceId"]],
        "inputFeedDocumentId": document["feedDocumentId"],
    }
    feed_id = content(feeds.create_feed(parameters, **RAW))["feedId"]
    feed = content(feeds.get_feed(feed_id, **RAW))
    assert feed["processingStatus"] == "DONE"
    listed_feeds = content(feeds.get_feeds(feed_types=["POST_ORDER_ACKNOWLEDGEMENT_DATA"], **RAW))["feeds"]
    assert [listed["feedId"] for listed in listed_feeds] == [feed_id]
    result = content(feeds.get_feed_document(feed["resultFeedDocumentId"], **RAW))
    report = ET.fromstring(pool.request("GET", result["url"], timeout=60).data)
    assert report.findtext("Message/ProcessingReport/ProcessingSummary/MessagesSuccessful") == "1"
    assert amazon.world.orders[number].status == "CANCELLED"


def test_it_refunds_with_a_flat_file(sdk, client, amazon):
    number = amazon.world.place("FR", status="SHIPPED")
    body = amazon.world.orders[number].body
    feeds, pool = sdk.FeedsApi(client), client.rest_client.pool_manager
    document = content(feeds.create_feed_document({"contentType": TABS}, **RAW))
    lines = (
        "order-id\torder-item-id\tadjustment-reason-code\tcurrency\titem-price-adj\n"
        f"{number}\t{body['orderItems'][0]['orderItemId']}\tCustomerReturn\tEUR\t1.00\n"
    )
    headers = {"Content-Type": TABS}
    assert pool.request("PUT", document["url"], body=lines.encode(), headers=headers, timeout=60).status == 200
    parameters = {
        "feedType": "POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA",
        "marketplaceIds": [body["salesChannel"]["marketplaceId"]],
        "inputFeedDocumentId": document["feedDocumentId"],
    }
    feed = content(feeds.get_feed(content(feeds.create_feed(parameters, **RAW))["feedId"], **RAW))
    result = content(feeds.get_feed_document(feed["resultFeedDocumentId"], **RAW))
    assert b"records successful\t\t1" in pool.request("GET", result["url"], timeout=60).data
    assert [entry["total"]["amount"] for entry in amazon.world.effects("refund", number)] == ["1.00"]


def test_it_writes_to_a_buyer(sdk, client, amazon):
    number = amazon.world.place("FR")
    marketplaces = [amazon.world.orders[number].body["salesChannel"]["marketplaceId"]]
    messaging = sdk.MessagingApi(client)
    links = content(messaging.get_messaging_actions_for_order(number, marketplaces, **RAW))["_links"]
    assert "unexpectedProblem" in [action["name"] for action in links["actions"]]
    sent = messaging.create_unexpected_problem(number, marketplaces, {"text": "Late."}, **RAW)
    assert (sent.status, content(sent)) == (201, {})
    with pytest.raises(sdk.ApiException) as refused:
        messaging.create_digital_access_key(number, marketplaces, {"text": "key"}, **RAW)
    assert refused.value.status == 403
    assert [entry["kind"] for entry in amazon.world.effects("message", number)] == ["unexpectedProblem"]
