"""Every body that the simulator sends conforms to Amazon's models."""

import pytest

from simulator.operations.world import World
from simulator.state.marketplaces import BY_COUNTRY
from simulator.state.sellers import DEMO_EU, DEMO_JP
from tests.simulator.application import EVERYTHING, FEEDS, ORDERS, XML, Application, envelope, failure
from tests.support.amazon_models import NEEDS_MODELS, check
from tests.support.simulator_server import AmazonServer

pytestmark = NEEDS_MODELS


def test_the_check_finds_errors():
    with pytest.raises(AssertionError, match="is a required property"):
        check(
            {"orders": [{"fulfillment": {"fulfillmentStatus": "Shipped"}}]}, "orders_2026-01-01", "SearchOrdersResponse"
        )


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("seller", [DEMO_EU, DEMO_JP], ids=["europe", "japan"])
def test_pages_and_orders_conform_to_the_model(seed, seller):
    with AmazonServer(World("busy_monday", seed, update_delay=0)) as amazon:
        application, token, count = Application(amazon.url, seller), {}, 0
        while True:
            page = application.search(includedData=EVERYTHING, **token).json()
            check(page, "orders_2026-01-01", "SearchOrdersResponse")
            count += len(page["orders"])
            if "pagination" not in page:
                break
            token = {"paginationToken": page["pagination"]["nextToken"]}
        assert count == sum(order.seller_id == seller.id for order in amazon.world.orders.values())
        check(
            application.get(f"{ORDERS}/{page['orders'][0]['orderId']}").json(), "orders_2026-01-01", "GetOrderResponse"
        )


def test_a_page_without_datasets_conforms_to_the_model(amazon, application):
    amazon.world.place()
    check(
        application.get(ORDERS, params={"createdAfter": "2020-01-01T00:00:00Z"}).json(),
        "orders_2026-01-01",
        "SearchOrdersResponse",
    )


def test_changed_orders_conform_to_the_model(amazon, application):
    world = amazon.world
    shipped, requested, cancelled = (world.place(country) for country in ("DE", "GB", "SE"))
    released, arrived = world.place("PL", status="PENDING"), world.place("FR", fulfilled_by="AMAZON")
    assert application.confirm(shipped, BY_COUNTRY["DE"].id, shippingMethod="Paket").status_code == 204
    application.post(f"/_control/api/orders/{requested}/request-cancel", json={"reason": ""})
    application.post(f"/_control/api/orders/{cancelled}/cancel", json={"actor": "AMAZON"})
    for number in (released,):
        application.post(f"/_control/api/orders/{number}/release")
    for number in (released, arrived):
        application.post(f"/_control/api/orders/{number}/ship")
    for number in (shipped, requested, cancelled, released, arrived):
        check({"order": application.order(number)}, "orders_2026-01-01", "GetOrderResponse")


def test_feeds_conform_to_the_model(amazon, application):
    model = "feeds_2021-06-30"
    check(application.post(f"{FEEDS}/documents", json={"contentType": XML}).json(), model, "CreateFeedDocumentResponse")
    created = application.create_feed(envelope(failure(amazon.world.place())))
    assert created.status_code == 202
    check(created.json(), model, "CreateFeedResponse")
    feed = application.feed(created.json()["feedId"])
    check(feed, model, "Feed")
    check(application.get(f"{FEEDS}/documents/{feed['resultFeedDocumentId']}").json(), model, "FeedDocument")
    check(application.get(f"{FEEDS}/feeds", params={"feedTypes": feed["feedType"]}).json(), model, "GetFeedsResponse")


def test_reports_conform_to_the_model(amazon, application):
    model, path = "reports_2021-06-30", "/reports/2021-06-30"
    body = {
        "reportType": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL",
        "marketplaceIds": [BY_COUNTRY["DE"].id],
        "dataStartTime": application.order(amazon.world.place())["createdTime"],
    }
    created = application.post(f"{path}/reports", json=body)
    assert created.status_code == 202
    check(created.json(), model, "CreateReportResponse")
    report = application.get(f"{path}/reports/{created.json()['reportId']}").json()
    check(report, model, "Report")
    check(application.get(f"{path}/documents/{report['reportDocumentId']}").json(), model, "ReportDocument")
    check(
        application.get(f"{path}/reports", params={"reportTypes": report["reportType"]}).json(),
        model,
        "GetReportsResponse",
    )


def test_report_schedules_conform_to_the_model(application):
    model, path = "reports_2021-06-30", "/reports/2021-06-30/schedules"
    report_type = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
    body = {"reportType": report_type, "marketplaceIds": [BY_COUNTRY["DE"].id], "period": "P1M"}
    check(body, model, "CreateReportScheduleSpecification")
    created = application.post(path, json=body)
    assert created.status_code == 201
    check(created.json(), model, "CreateReportScheduleResponse")
    check(application.get(f"{path}/{created.json()['reportScheduleId']}").json(), model, "ReportSchedule")
    check(application.get(path, params={"reportTypes": report_type}).json(), model, "ReportScheduleList")


def test_messages_conform_to_the_model(amazon, application):
    number = amazon.world.place("DE")
    address, parameters = f"/messaging/v1/orders/{number}", {"marketplaceIds": BY_COUNTRY["DE"].id}
    actions = application.get(address, params=parameters).json()
    assert len(actions["_embedded"]["actions"]) == 4
    check(actions, "messaging", "GetMessagingActionsForOrderResponse")
    check(application.get(f"{address}/attributes", params=parameters).json(), "messaging", "GetAttributesResponse")
    sent = application.post(f"{address}/messages/unexpectedProblem", params=parameters, json={"text": "Late."})
    assert sent.status_code == 201
    check(sent.json(), "messaging", "CreateUnexpectedProblemResponse")
    refused = application.post(f"{address}/messages/warranty", params=parameters, json={"text": "Late."})
    assert refused.status_code == 403
    check(refused.json()["errors"], "messaging", "ErrorList")


def test_participations_conform_to_the_model(application):
    body = application.get("/sellers/v1/marketplaceParticipations").json()
    check(body, "sellers", "GetMarketplaceParticipationsResponse")


def test_errors_conform_to_the_model(amazon, application):
    number = amazon.world.place()
    for model, answer in (
        ("orders_2026-01-01", application.get(ORDERS)),
        ("orders_2026-01-01", application.get(f"{ORDERS}/305-0000000-0000000")),
        ("ordersV0", application.post(f"/orders/v0/orders/{number}/shipmentConfirmation", json={})),
        ("feeds_2021-06-30", application.get(f"{FEEDS}/feeds")),
    ):
        assert answer.status_code in (400, 404)
        check(answer.json(), model, "ConfirmShipmentErrorResponse" if model == "ordersV0" else "ErrorList")
