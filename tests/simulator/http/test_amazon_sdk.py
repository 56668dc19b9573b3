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
        from spapi.api.finances_v2024_06_19.finances_v2024_api import FinancesV2024Api as FinancesApi
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
        FinancesApi=FinancesApi,
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


def submit_feed(sdk, client, feed_type, marketplace_id, document, content_type, **options):
    """Upload a document and create a feed of it; return its processing report."""
    feeds, pool = sdk.FeedsApi(client), client.rest_client.pool_manager
    created = content(feeds.create_feed_document({"contentType": content_type}, **RAW))
    headers = {"Content-Type": content_type}
    assert pool.request("PUT", created["url"], body=document, headers=headers, timeout=60).status == 200
    parameters = {
        "feedType": feed_type,
        "marketplaceIds": [marketplace_id],
        "inputFeedDocumentId": created["feedDocumentId"],
        **options,
    }
    feed = content(feeds.get_feed(content(feeds.create_feed(parameters, **RAW))["feedId"], **RAW))
    result = content(feeds.get_feed_document(feed["resultFeedDocumentId"], **RAW))
    return pool.request("GET", result["url"], timeout=60).data.decode()


def test_it_refunds_with_a_flat_file_and_reads_the_transaction(sdk, client, amazon):
    amazon.world.finances_delay = 0
    number = amazon.world.place("FR", status="SHIPPED")
    body = amazon.world.orders[number].body
    names = ("item-price", "item-tax", "shipping-price", "shipping-tax", "gift-wrap-price", "gift-wrap-tax")
    cells = {
        "order-id": number,
        "order-item-id": body["orderItems"][0]["orderItemId"],
        "adjustment-reason-code": "CustomerReturn",
        "currency": "EUR",
        **{f"{name}-adj": "0.00" for name in names},
        "item-price-adj": "1.00",
        "quantity-cancelled": "0",
    }
    document = "\n".join("\t".join(line) for line in (cells, cells.values())).encode()
    marketplace_id, feed_type = body["salesChannel"]["marketplaceId"], "POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA"
    report = submit_feed(sdk, client, feed_type, marketplace_id, document, TABS)
    assert "records successful\t\t1" in report
    amazon.world.clock.move(200)
    related = {"related_identifier_name": "ORDER_ID", "related_identifier_value": number}
    transactions = content(sdk.FinancesApi(client).list_transactions(**related, **RAW))["payload"]["transactions"]
    assert [row["transactionType"] for row in transactions] == ["Shipment", "Refund"]
    # Amazon returns its fee for the euro, less what it keeps.
    assert transactions[1]["totalAmount"] == {"currencyCode": "EUR", "currencyAmount": -0.88}


def test_it_uploads_a_vat_invoice(sdk, client, amazon):
    number = amazon.world.place("DE", status="SHIPPED", lines=((0, 1),), discount=False, gift=False)
    body = amazon.world.orders[number].body
    proceeds = body["orderItems"][0]["proceeds"]
    vat = next(part["subtotal"]["amount"] for part in proceeds["breakdowns"] if part["type"] == "TAX")
    options = {
        "metadata:OrderId": number,
        "metadata:InvoiceNumber": "RE-1",
        "metadata:TotalAmount": proceeds["proceedsTotal"]["amount"],
        "metadata:TotalVATAmount": vat,
        "metadata:DocumentType": "Invoice",
    }
    marketplace_id = body["salesChannel"]["marketplaceId"]
    upload = (sdk, client, "UPLOAD_VAT_INVOICE", marketplace_id, b"%PDF-1.4", "application/pdf")
    amazon.world.switches["vat_calculation_service"] = True
    assert "\t79525\tError\t" in submit_feed(*upload, feedOptions=options)
    amazon.world.switches["vat_calculation_service"] = False
    assert "records successful\t\t1" in submit_feed(*upload, feedOptions=options)
    assert [entry["invoice_number"] for entry in amazon.world.effects("vat_invoice", number)] == ["RE-1"]


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
