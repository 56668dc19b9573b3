import time

import httpx
import pytest

from simulator.state.faults import UnknownFaultError
from simulator.state.marketplaces import BY_COUNTRY
from simulator.state.sellers import DEMO_EU
from tests.simulator.application import FEEDS, ORDERS, Application, envelope, failure, grant


def errors(answer):
    return answer.status_code, answer.json()["errors"][0]["code"]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("throttled", 429, "QuotaExceeded"),
        ("error_500", 500, "InternalFailure"),
        ("expired_token", 403, "Unauthorized"),
    ],
)
def test_a_fault_occurs_once_and_then_calls_succeed(amazon, application, name, status, code):
    amazon.world.faults.arm(name, "searchOrders")
    assert application.get(f"{ORDERS}/305-0000000-0000000").status_code == 404
    assert errors(application.search()) == (status, code)
    assert application.search().status_code == 200
    assert amazon.world.faults.list_armed() == []


def test_a_throttle_without_a_body(amazon, application):
    amazon.world.faults.arm("throttled_without_body", "searchOrders", times=2)
    for _ in range(2):
        answer = application.search()
        assert (answer.status_code, answer.content) == (429, b"")
        assert "x-amzn-RateLimit-Limit" not in answer.headers
    assert application.search().status_code == 200


def test_the_html_of_a_gateway(amazon, application):
    amazon.world.faults.arm("error_503_html")
    answer = application.search()
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html")
    assert answer.text.startswith("<html>")


def test_an_error_after_the_effect(amazon, application):
    number = amazon.world.place()
    amazon.world.faults.arm("error_500", "confirmShipment", after=True)
    assert application.confirm(number, BY_COUNTRY["DE"].id).status_code == 500
    assert len(amazon.world.effects("shipment", number)) == 1


def test_a_slow_response_is_late_but_correct(amazon, application):
    amazon.world.faults.arm("slow", "searchOrders", seconds=0.2)
    began = time.monotonic()
    assert application.search().status_code == 200
    assert time.monotonic() - began >= 0.2


def test_a_hanging_call_does_nothing_and_ends_when_the_world_is_closed(amazon, application):
    number = amazon.world.place()
    amazon.world.faults.arm("hang", "confirmShipment")
    with pytest.raises(httpx.ReadTimeout):
        application.post(f"/orders/v0/orders/{number}/shipmentConfirmation", json={}, timeout=0.1)
    assert amazon.world.ledger == []
    assert application.search().status_code == 200


def test_an_invalid_grant(amazon):
    amazon.world.faults.arm("invalid_grant")
    refused = httpx.post(f"{amazon.url}/auth/o2/token", data=grant(DEMO_EU))
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert httpx.post(f"{amazon.url}/auth/o2/token", data=grant(DEMO_EU)).status_code == 200


def test_malformed_json_is_a_success_that_cannot_be_parsed(amazon, application):
    amazon.world.faults.arm("malformed_json", "searchOrders")
    answer = application.search()
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting"):
        answer.json()


@pytest.mark.parametrize("name", ["truncated_body", "lost_answer"])
def test_a_truncated_response_comes_after_the_effect(amazon, application, name):
    document = application.upload(envelope())
    amazon.world.faults.arm(name, "createFeed")
    body = {
        "feedType": "POST_ORDER_ACKNOWLEDGEMENT_DATA",
        "marketplaceIds": [BY_COUNTRY["DE"].id],
        "inputFeedDocumentId": document,
    }
    with pytest.raises(httpx.RemoteProtocolError):
        application.post(f"{FEEDS}/feeds", json=body)
    assert len(amazon.world.effects("feed")) == 1
    assert amazon.world.calls[-1]["fault"] == name
    assert amazon.world.calls[-1]["status"] == (202 if name == "truncated_body" else None)


def test_a_lost_answer_of_a_call_without_a_body(amazon, application):
    number = amazon.world.place()
    amazon.world.faults.arm("truncated_body", "confirmShipment")
    amazon.world.faults.arm("lost_answer", "confirmShipment")
    with pytest.raises(httpx.RemoteProtocolError):
        application.confirm(number, BY_COUNTRY["DE"].id)
    assert len(amazon.world.effects("shipment", number)) == 1
    assert [fault.name for fault in amazon.world.faults.list_armed()] == ["truncated_body"]


def test_a_repeated_page_is_sent_twice_and_then_the_next(amazon, application):
    numbers = [amazon.world.place() for _ in range(5)]
    amazon.world.faults.arm("repeated_page")
    seen, token = [], {}
    while True:
        answer = application.search(maxResultsPerPage=2, **token).json()
        seen.append([order["orderId"] for order in answer["orders"]])
        if "pagination" not in answer:
            break
        token = {"paginationToken": answer["pagination"]["nextToken"]}
    assert seen == [numbers[:2], numbers[:2], numbers[2:4], numbers[4:]]


def test_an_older_version_comes_after_the_newer_one(amazon, application):
    number = amazon.world.place()
    application.create_feed(envelope(failure(number)))
    amazon.world.faults.arm("reordered_updates")
    new, old = application.search().json()["orders"]
    assert (new["orderId"], old["orderId"]) == (number, number)
    assert new["lastUpdatedTime"] > old["lastUpdatedTime"]
    assert [order["fulfillment"]["fulfillmentStatus"] for order in (new, old)] == ["CANCELLED", "UNSHIPPED"]
    assert len(application.search().json()["orders"]) == 1


def test_an_older_version_may_be_sent_alone_later(amazon, application):
    number = amazon.world.place()
    application.create_feed(envelope(failure(number)))
    bound = application.search().json()["lastUpdatedBefore"]
    amazon.world.faults.arm("reordered_updates", times=2)
    (old,) = application.search(lastUpdatedAfter=bound, fulfillmentStatuses="PENDING").json()["orders"]
    assert old["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert application.order(number)["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert application.order(number)["fulfillment"]["fulfillmentStatus"] == "CANCELLED"


def test_reordering_waits_for_an_order_that_has_an_older_version(amazon, application):
    amazon.world.faults.arm("reordered_updates")
    amazon.world.place()
    assert len(application.search().json()["orders"]) == 1
    assert len(amazon.world.faults.list_armed()) == 1


@pytest.mark.parametrize(("answer", "status"), [("403", 403), ("400", 400)])
def test_a_refused_dataset_refuses_the_whole_call(amazon, application, answer, status):
    number = amazon.world.place()
    amazon.world.faults.arm("forbidden_dataset", times=None, dataset="RECIPIENT", answer=answer)
    assert application.search(includedData="FULFILLMENT,RECIPIENT").status_code == status
    assert application.get(f"{ORDERS}/{number}", params={"includedData": "RECIPIENT"}).status_code == status
    assert application.search(includedData="FULFILLMENT,BUYER").status_code == 200


def test_refused_datasets_may_be_omitted_silently(amazon, application):
    number = amazon.world.place()
    for dataset in ("RECIPIENT", "BUYER"):
        amazon.world.faults.arm("forbidden_dataset", times=None, dataset=dataset, answer="drop")
    assert not {"recipient", "buyer"} & set(application.order(number))
    amazon.world.faults.disarm("forbidden_dataset")
    assert {"recipient", "buyer"} <= set(application.order(number))


@pytest.mark.parametrize("how", ["missing", "type", "text"])
def test_one_order_of_a_page_is_unreadable(amazon, application, how):
    numbers = [amazon.world.place() for _ in range(3)]
    amazon.world.faults.arm("unreadable_order", how=how, order_id=numbers[1])
    first, broken, last = application.search().json()["orders"]
    assert (first["orderId"], last["orderId"]) == (numbers[0], numbers[2])
    if how == "missing":
        assert "orderItems" not in broken
    elif how == "type":
        assert broken["orderItems"][0]["quantityOrdered"] == "two"
    else:
        assert broken == "order"
    assert application.numbers() == numbers


@pytest.mark.parametrize(("name", "status"), [("feed_fatal", "FATAL"), ("feed_rejected", "DONE")])
def test_a_feed_that_fails_has_no_effect(amazon, application, name, status):
    number = amazon.world.place()
    amazon.world.faults.arm(name)
    feed = application.feed(application.create_feed(envelope(failure(number))).json()["feedId"])
    assert feed["processingStatus"] == status
    assert amazon.world.orders[number].status == "UNSHIPPED"
    assert ("resultFeedDocumentId" in feed) == (name == "feed_rejected")
    if name == "feed_rejected":
        assert "<MessagesWithError>1</MessagesWithError>" in application.result(feed).text
    again = application.feed(application.create_feed(envelope(failure(number))).json()["feedId"])
    assert (again["processingStatus"], amazon.world.orders[number].status) == ("DONE", "CANCELLED")


def test_random_choices_come_from_the_seed(amazon):
    def statuses(seed):
        amazon.world.reset("empty", seed)
        amazon.world.faults.arm("throttled", "searchOrders", times=None, probability=0.4)
        application = Application(amazon.url)
        return [application.search().status_code for _ in range(30)]

    first = statuses(7)
    assert first == statuses(7) != statuses(8)
    assert 3 < first.count(429) < 25


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("earthquake", {}),
        ("throttled", {"operation": "getWeather"}),
        ("feed_fatal", {"operation": "getOrder"}),
        ("throttled", {"times": 0}),
        ("throttled", {"probability": 0}),
        ("throttled", {"seconds": 3}),
    ],
)
def test_an_invalid_fault_is_not_armed(amazon, name, arguments):
    with pytest.raises(UnknownFaultError):
        amazon.world.faults.arm(name, **arguments)


def test_the_order_itself_may_be_unreadable(amazon, application):
    number = amazon.world.place()
    amazon.world.faults.arm("unreadable_order", "getOrder", how="text")
    assert application.numbers() == [number]
    assert application.order(number) == "order"
    assert application.order(number)["orderId"] == number
