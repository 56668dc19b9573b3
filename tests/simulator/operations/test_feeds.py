import gzip
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import httpx
import pytest

from simulator.operations.world import World
from simulator.state.clock import Clock
from simulator.state.marketplaces import BY_COUNTRY
from simulator.state.sellers import DEMO_JP
from tests.simulator.application import FEEDS, XML, Application, envelope, failure
from tests.support.simulator_server import AmazonServer

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TYPE = "POST_ORDER_ACKNOWLEDGEMENT_DATA"


def item_of(amazon, number):
    return amazon.world.orders[number].body["orderItems"][0]["orderItemId"]


def submit(application, document):
    """Return the processed feed, its counts, and its errors as (message, code)."""
    feed = application.feed(application.create_feed(document).json()["feedId"])
    report = ET.fromstring(application.result(feed).content).find("Message/ProcessingReport")
    counts = tuple(
        int(report.findtext(f"ProcessingSummary/Messages{name}")) for name in ("Processed", "Successful", "WithError")
    )
    return (
        feed,
        counts,
        [(result.findtext("MessageID"), result.findtext("ResultMessageCode")) for result in report.findall("Result")],
    )


def test_a_cancellation_feed_cancels_the_order(amazon, application):
    number = amazon.world.place(lines=((0, 1), (1, 2)))
    before = application.order(number)
    feed, counts, errors = submit(application, envelope(failure(number, item_of(amazon, number), "BuyerCanceled")))
    assert (feed["processingStatus"], counts, errors) == ("DONE", (1, 1, 0), [])
    order = application.order(number)
    assert order["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    assert [item["cancellation"]["cancellationExecution"] for item in order["orderItems"]] == [
        {"cancelledBy": "MERCHANT", "cancelReason": "BuyerCanceled"}
    ] * 2
    assert order["lastUpdatedTime"] > before["lastUpdatedTime"]
    (entry,) = amazon.world.effects("cancellation", number)
    assert (entry["actor"], entry["channel"], entry["feed_id"], entry["message_id"]) == (
        "MERCHANT",
        "feed",
        feed["feedId"],
        "1",
    )


def test_each_message_has_its_own_result(amazon, application):
    place = amazon.world.place
    good, shipped, gone, waiting = place(), place(status="SHIPPED"), place(status="CANCELLED"), place(status="PENDING")
    amazons, japanese = place(fulfilled_by="AMAZON"), place("JP")
    document = envelope(
        failure(shipped),
        failure("305-0000000-0000000"),
        failure(amazons),
        failure(gone),
        failure(waiting),
        failure(japanese),
        failure(good, item_of(amazon, good), "Boredom"),
        failure(good, "12345"),
        failure(good, item_of(amazon, good)),
        failure(good, item_of(amazon, good)),
    )
    feed, counts, errors = submit(application, document)
    assert (feed["processingStatus"], counts) == ("DONE", (10, 1, 9))
    assert errors == [
        ("1", "18052"),
        ("2", "13013"),
        ("3", "18055"),
        ("4", "18053"),
        ("5", "18054"),
        ("6", "13013"),
        ("7", "18008"),
        ("8", "13014"),
        ("10", "18053"),
    ]
    assert [entry["order_id"] for entry in amazon.world.effects("cancellation")] == [good]


def test_an_order_outside_the_feeds_marketplaces_is_not_touched(amazon, application):
    number = amazon.world.place("FR")
    application.feed(application.create_feed(envelope(failure(number)), [BY_COUNTRY["DE"].id]).json()["feedId"])
    assert amazon.world.orders[number].status == "UNSHIPPED"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("", "5000"),
        ("<AmazonEnvelope>", "5000"),
        ('<?xml version="1.0" encoding="klingon"?><AmazonEnvelope/>', "5000"),
        ('<?xml version="1.0" encoding="euc-jp"?><AmazonEnvelope/>', "5000"),
        ("<Other/>", "5001"),
        (envelope(), "5001"),
        (envelope("<Nothing/>"), "5001"),
        (envelope(failure("305-0000000-0000000"), merchant="A0SOMEBODY"), "6024"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "5002"),
    ],
)
def test_a_feed_that_cannot_be_read_is_fatal_as_a_whole(application, document, code):
    feed, counts, errors = submit(application, document)
    assert (feed["processingStatus"], counts, errors) == ("FATAL", (0, 0, 1), [("0", code)])


def test_a_success_links_the_sellers_own_number(amazon, application):
    number = amazon.world.place()
    message = (
        f"<OrderAcknowledgement><AmazonOrderID>{number}</AmazonOrderID><MerchantOrderID>000000042</MerchantOrderID>"
        "<StatusCode>Success</StatusCode></OrderAcknowledgement>"
    )
    assert submit(application, envelope(message))[1] == (1, 1, 0)
    assert application.order(number)["orderAliases"] == [{"aliasId": "000000042", "aliasType": "SELLER_ORDER_ID"}]
    assert amazon.world.orders[number].status == "UNSHIPPED"


def test_a_feed_progresses_with_the_clock():
    with AmazonServer(World("empty", clock=Clock(frozen_at=NOON), feed_seconds=60)) as amazon:
        application, number = Application(amazon.url), amazon.world.place()
        feed_id = application.create_feed(envelope(failure(number))).json()["feedId"]
        statuses = []
        for _ in range(3):
            statuses.append((application.feed(feed_id)["processingStatus"], amazon.world.orders[number].status))
            amazon.world.clock.move(30)
        assert statuses == [("IN_QUEUE", "UNSHIPPED"), ("IN_PROGRESS", "UNSHIPPED"), ("DONE", "CANCELLED")]
        assert len(amazon.world.effects("cancellation", number)) == 1


def test_a_queued_feed_can_be_cancelled_and_then_does_nothing():
    with AmazonServer(World("empty", clock=Clock(frozen_at=NOON), feed_seconds=60)) as amazon:
        application, number = Application(amazon.url), amazon.world.place()
        url = f"{FEEDS}/feeds/" + application.create_feed(envelope(failure(number))).json()["feedId"]
        assert application.delete(url).status_code == 200
        amazon.world.clock.move(120)
        assert application.get(url).json()["processingStatus"] == "CANCELLED"
        assert application.delete(url).status_code == 400
        assert amazon.world.orders[number].status == "UNSHIPPED"


def test_an_upload_needs_its_content_type_and_a_url_that_has_not_expired(amazon, application):
    made = application.post(f"{FEEDS}/documents", json={"contentType": XML}).json()
    assert httpx.put(made["url"], content=b"<a/>", headers={"Content-Type": "text/xml"}).status_code == 403
    assert httpx.get(made["url"]).status_code == 403
    assert httpx.put(made["url"], content=b"<a/>", headers={"Content-Type": XML}).status_code == 200
    amazon.world.clock.move(300)
    late = httpx.put(made["url"], content=b"<a/>", headers={"Content-Type": XML})
    assert (late.status_code, "Request has expired" in late.text) == (403, True)
    assert application.post(f"{FEEDS}/documents", json={}).status_code == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"feedType": "POST_NOTHING"},
        {"marketplaceIds": []},
        {"marketplaceIds": "A1PA6795UKMFR9"},
        {"marketplaceIds": ["A0NOWHERE"]},
        {"inputFeedDocumentId": "amzn1.unknown"},
        {"inputFeedDocumentId": None},
    ],
)
def test_an_invalid_feed_is_not_accepted(amazon, application, changed):
    document = application.upload(envelope())
    body = {"feedType": TYPE, "marketplaceIds": [BY_COUNTRY["DE"].id], "inputFeedDocumentId": document, **changed}
    assert application.post(f"{FEEDS}/feeds", json=body).status_code == 400
    assert amazon.world.feeds == {}


def test_a_document_that_was_never_uploaded_is_not_accepted(application):
    made = application.post(f"{FEEDS}/documents", json={"contentType": XML}).json()
    body = {"feedType": TYPE, "marketplaceIds": [BY_COUNTRY["DE"].id], "inputFeedDocumentId": made["feedDocumentId"]}
    assert application.post(f"{FEEDS}/feeds", json=body).status_code == 400


def test_feeds_are_found_by_type_and_time_the_newest_first(amazon, application):
    ids = [application.create_feed(envelope()).json()["feedId"] for _ in range(3)]
    created = amazon.world.feeds[ids[1]]["createdTime"]

    def find(**parameters):
        answer = application.get(f"{FEEDS}/feeds", params={"feedTypes": TYPE, **parameters}).json()
        return [feed["feedId"] for feed in answer["feeds"]]

    assert find() == ids[::-1]
    assert find(createdSince=created) == [ids[2], ids[1]]
    assert find(createdUntil=created) == [ids[1], ids[0]]
    assert find(processingStatuses="DONE") == []
    assert find(processingStatuses="FATAL,DONE", marketplaceIds=BY_COUNTRY["DE"].id) == ids[::-1]
    assert application.get(f"{FEEDS}/feeds").status_code == 400
    assert find(feedTypes="POST_OTHER") == []


def test_lists_of_feeds_have_pages(application):
    ids = [application.create_feed(envelope()).json()["feedId"] for _ in range(3)]
    first = application.get(f"{FEEDS}/feeds", params={"feedTypes": TYPE, "pageSize": 2}).json()
    last = application.get(f"{FEEDS}/feeds", params={"nextToken": first["nextToken"]}).json()
    assert [feed["feedId"] for feed in first["feeds"] + last["feeds"]] == ids[::-1]
    assert "nextToken" not in last
    assert (
        application.get(f"{FEEDS}/feeds", params={"nextToken": first["nextToken"], "feedTypes": TYPE}).status_code
        == 400
    )


def test_a_report_may_come_compressed(amazon, application):
    amazon.world.switches["gzip_results"] = True
    feed = application.feed(application.create_feed(envelope()).json()["feedId"])
    document = application.get(f"{FEEDS}/documents/{feed['resultFeedDocumentId']}").json()
    assert document["compressionAlgorithm"] == "GZIP"
    assert b"ProcessingReport" in gzip.decompress(httpx.get(document["url"]).content)


def test_feeds_and_documents_of_others_are_not_found(amazon, application):
    feed = application.feed(application.create_feed(envelope()).json()["feedId"])
    japan = Application(amazon.url, DEMO_JP)
    assert japan.get(f"{FEEDS}/feeds/{feed['feedId']}").status_code == 404
    assert japan.get(f"{FEEDS}/documents/{feed['resultFeedDocumentId']}").status_code == 404
