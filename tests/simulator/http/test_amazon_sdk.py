"""Amazon's own SDK works with the simulator. Raw responses: its object mapping is slow and leaks log handlers."""

import json
import logging
import re
import warnings
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest

from simulator.state.sellers import DEMO_EU
from tests.simulator.application import EVERYTHING, LONG_AGO, XML, Application, envelope, failure
from tests.simulator.http.test_labels import MFN, details
from tests.support.amazon_models import MODELS, check
from webapp.amazon.rate_limiter import RATES
from webapp.domain.mail.amazon_messages import OPERATIONS

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
        from spapi.api.merchant_fulfillment_v0.merchant_fulfillment_api import MerchantFulfillmentApi
        from spapi.api.messaging_v1.messaging_api import MessagingApi
        from spapi.api.orders_v0.orders_v0_api import OrdersV0Api
        from spapi.api.orders_v2026_01_01.get_order_api import GetOrderApi
        from spapi.api.orders_v2026_01_01.search_orders_api import SearchOrdersApi
        from spapi.api.reports_v2021_06_30.reports_api import ReportsApi
        from spapi.api.sellers_v1.sellers_api import SellersApi
        from spapi.api.tokens_v2021_03_01.tokens_api import TokensApi
        from spapi.rest import ApiException
    root.handlers[:], root.level = handlers, level
    return SimpleNamespace(
        SPAPIClient=SPAPIClient,
        SPAPIConfig=SPAPIConfig,
        FeedsApi=FeedsApi,
        FinancesApi=FinancesApi,
        MerchantFulfillmentApi=MerchantFulfillmentApi,
        MessagingApi=MessagingApi,
        OrdersV0Api=OrdersV0Api,
        GetOrderApi=GetOrderApi,
        SearchOrdersApi=SearchOrdersApi,
        ReportsApi=ReportsApi,
        SellersApi=SellersApi,
        TokensApi=TokensApi,
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


def conform(body, model, definition):
    """Return a body after it was validated against Amazon's model, where the model is at hand."""
    if (MODELS / f"{model}.json").is_file():
        check(body, model, definition)
    return body


def test_it_drives_every_operation_that_the_product_calls(sdk, client, amazon):
    world, application = amazon.world, Application(amazon.url)
    number, cancelled, labelled = (world.place("DE", lines=((0, 1),)) for _ in range(3))
    marketplace_id = world.orders[number].body["salesChannel"]["marketplaceId"]

    read_accounts_and_orders(sdk, client, number)
    confirm_and_cancel(sdk, client, world, number, cancelled)
    drive_feeds(sdk, client, marketplace_id, world.place("DE"))
    drive_reports(sdk, client, marketplace_id, world.orders[number].body["createdTime"])
    write_every_message(sdk, client, world.place("DE"), marketplace_id)
    buy_and_refund_a_label(sdk, client, application, labelled)

    assert RATES.keys() - world.call_counts.keys() == set()


def read_accounts_and_orders(sdk, client, number):
    participations = content(sdk.SellersApi(client).get_marketplace_participations(**RAW))
    conform(participations, "sellers", "GetMarketplaceParticipationsResponse")
    datasets = EVERYTHING.split(",")
    orders = content(
        sdk.SearchOrdersApi(client).search_orders(last_updated_after=LONG_AGO, included_data=datasets, **RAW)
    )
    conform(orders, "orders_2026-01-01", "SearchOrdersResponse")
    order = content(sdk.GetOrderApi(client).get_order(number, included_data=datasets, **RAW))
    conform(order, "orders_2026-01-01", "GetOrderResponse")
    related = {"related_identifier_name": "ORDER_ID", "related_identifier_value": number}
    transactions = content(sdk.FinancesApi(client).list_transactions(**related, **RAW))
    conform(transactions, "finances_2024-06-19", "ListTransactionsResponse")


def confirm_and_cancel(sdk, client, world, number, cancelled):
    body = world.orders[number].body
    payload = {
        "marketplaceId": body["salesChannel"]["marketplaceId"],
        "packageDetail": {
            "packageReferenceId": "1",
            "carrierCode": "DHL",
            "shippingMethod": "Paket",
            "trackingNumber": "0034",
            "shipDate": body["createdTime"],
            "orderItems": [{"orderItemId": body["orderItems"][0]["orderItemId"], "quantity": 1}],
        },
    }
    conform(payload, "ordersV0", "ConfirmShipmentRequest")
    assert sdk.OrdersV0Api(client).confirm_shipment(number, payload, **RAW).status == 204
    # The SDK has no cancelOrder, which Amazon does not publish: its transport carries the request.
    world.switches["rest_cancel"] = True
    answer = client.request(
        "PUT",
        f"{client.configuration.host}/orders/2026-01-01/orders/{cancelled}/cancellation",
        headers={
            "x-amz-access-token": client.configuration.access_token_cache.get_lwa_access_token(),
            "Content-Type": "application/json",
        },
        body={"cancelReasonCode": "NO_INVENTORY"},
        **RAW,
    )
    assert (answer.status, world.orders[cancelled].status) == (202, "CANCELLED")


def drive_feeds(sdk, client, marketplace_id, number):
    feed_type, model = "POST_ORDER_ACKNOWLEDGEMENT_DATA", "feeds_2021-06-30"
    document = envelope(failure(number)).encode()
    assert "MessagesSuccessful>1<" in submit_feed(sdk, client, feed_type, marketplace_id, document, XML)
    listed = conform(content(sdk.FeedsApi(client).get_feeds(feed_types=[feed_type], **RAW)), model, "GetFeedsResponse")
    feed = content(sdk.FeedsApi(client).get_feed(listed["feeds"][0]["feedId"], **RAW))
    conform(feed, model, "Feed")
    result = content(sdk.FeedsApi(client).get_feed_document(feed["resultFeedDocumentId"], **RAW))
    conform(result, model, "FeedDocument")


def drive_reports(sdk, client, marketplace_id, start):
    reports, model = sdk.ReportsApi(client), "reports_2021-06-30"
    specification = {
        "reportType": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
        "marketplaceIds": [marketplace_id],
        "dataStartTime": start,
    }
    report_types = [specification["reportType"]]
    conform(specification, model, "CreateReportSpecification")
    created = conform(content(reports.create_report(specification, **RAW)), model, "CreateReportResponse")
    report = conform(content(reports.get_report(created["reportId"], **RAW)), model, "Report")
    document = content(reports.get_report_document(report["reportDocumentId"], **RAW))
    conform(document, model, "ReportDocument")
    listed = conform(content(reports.get_reports(report_types=report_types, **RAW)), model, "GetReportsResponse")
    assert [entry["reportId"] for entry in listed["reports"]] == [created["reportId"]]
    with pytest.raises(sdk.ApiException) as refused:
        reports.cancel_report(created["reportId"], **RAW)
    assert refused.value.status == 400
    plan = {name: specification[name] for name in ("reportType", "marketplaceIds")} | {"period": "P1D"}
    conform(plan, model, "CreateReportScheduleSpecification")
    schedule_id = content(reports.create_report_schedule(plan, **RAW))["reportScheduleId"]
    conform(content(reports.get_report_schedule(schedule_id, **RAW)), model, "ReportSchedule")
    conform(content(reports.get_report_schedules(report_types, **RAW)), model, "ReportScheduleList")
    assert reports.cancel_report_schedule(schedule_id, **RAW).status == 200


def write_every_message(sdk, client, number, marketplace_id):
    messaging = sdk.MessagingApi(client)
    actions = content(messaging.get_messaging_actions_for_order(number, [marketplace_id], **RAW))
    conform(actions, "messaging", "GetMessagingActionsForOrderResponse")
    allowed = {action["name"] for action in actions["_links"]["actions"]} & OPERATIONS.keys()
    assert allowed
    for kind, operation in OPERATIONS.items():
        send = getattr(messaging, re.sub("([A-Z])", r"_\1", operation).lower())
        definition = f"Create{kind[0].upper()}{kind[1:]}"
        body = conform({"text": "About your order."}, "messaging", f"{definition}Request")
        if kind in allowed:
            answer = content(send(number, [marketplace_id], body, **RAW))
            conform(answer, "messaging", f"{definition}Response")
        else:
            with pytest.raises(sdk.ApiException, match="403"):
                send(number, [marketplace_id], body, **RAW)


def buy_and_refund_a_label(sdk, client, application, number):
    model, request = "merchantFulfillmentV0", details(application, number)
    labels = sdk.MerchantFulfillmentApi(client)
    offers = content(labels.get_eligible_shipment_services({"ShipmentRequestDetails": request}, **RAW))
    service = conform(offers, model, "GetEligibleShipmentServicesResponse")["payload"]["ShippingServiceList"][0]
    paths = (("POST", ""), ("GET", "/{shipmentId}"), ("DELETE", "/{shipmentId}"))
    resources = [{"method": method, "path": f"{MFN}/shipments{path}"} for method, path in paths]
    body = conform({"restrictedResources": resources}, "tokens_2021-03-01", "CreateRestrictedDataTokenRequest")
    token = content(sdk.TokensApi(client).create_restricted_data_token(body, **RAW))
    conform(token, "tokens_2021-03-01", "CreateRestrictedDataTokenResponse")
    # The SDK takes the token of each request from here.
    client.configuration.access_token_cache = SimpleNamespace(get_lwa_access_token=lambda: token["restrictedDataToken"])
    order = {"ShipmentRequestDetails": request, "ShippingServiceId": service["ShippingServiceId"]}
    order["ShippingServiceOfferId"] = service["ShippingServiceOfferId"]
    bought = conform(content(labels.create_shipment(order, **RAW)), model, "CreateShipmentResponse")["payload"]
    conform(content(labels.get_shipment(bought["ShipmentId"], **RAW)), model, "GetShipmentResponse")
    refunded = conform(content(labels.cancel_shipment(bought["ShipmentId"], **RAW)), model, "CancelShipmentResponse")
    assert refunded["payload"]["Status"].startswith("Refund")
