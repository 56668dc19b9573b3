from datetime import UTC, datetime, timedelta

import pytest

from simulator.operations.world import World
from simulator.state.clock import Clock, format_iso
from simulator.state.marketplaces import BY_COUNTRY
from tests.simulator.application import EVERYTHING, LONG_AGO, ORDERS, Application
from tests.support.simulator_server import AmazonServer

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def delayed():
    """A simulator with Amazon's update delay and a clock frozen at noon."""
    with AmazonServer(World("empty", clock=Clock(frozen_at=NOON))) as amazon:
        yield amazon


def test_an_update_shows_only_when_it_is_two_minutes_old(delayed):
    application = Application(delayed.url)
    number = delayed.world.place()
    assert application.numbers() == []
    delayed.world.clock.move(121)
    answer = application.search().json()
    assert [order["orderId"] for order in answer["orders"]] == [number]
    assert answer["lastUpdatedBefore"] == format_iso(delayed.world.now() - timedelta(seconds=120))


def test_a_search_by_creation_returns_the_bound_applied(delayed):
    answer = Application(delayed.url).get(ORDERS, params={"createdAfter": LONG_AGO}).json()
    assert answer == {"orders": [], "createdBefore": "2026-11-23T11:58:00.000Z"}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"createdAfter": LONG_AGO, "lastUpdatedAfter": LONG_AGO},
        {"createdAfter": LONG_AGO, "lastUpdatedBefore": "2026-11-23T10:00:00Z"},
        {"lastUpdatedAfter": LONG_AGO, "createdBefore": "2026-11-23T10:00:00Z"},
        {"lastUpdatedAfter": LONG_AGO, "lastUpdatedBefore": "2026-11-23T11:58:01Z"},
        {"lastUpdatedAfter": "2026-11-23T10:00:00Z", "lastUpdatedBefore": "2026-11-23T09:59:59Z"},
        {"lastUpdatedAfter": "2026-11-23T12:00:01Z"},
        {"lastUpdatedAfter": "yesterday"},
        {"lastUpdatedAfter": LONG_AGO, "maxResultsPerPage": "0"},
        {"lastUpdatedAfter": LONG_AGO, "maxResultsPerPage": "101"},
        {"lastUpdatedAfter": LONG_AGO, "maxResultsPerPage": "ten"},
        {"lastUpdatedAfter": LONG_AGO, "fulfillmentStatuses": "Shipped"},
        {"lastUpdatedAfter": LONG_AGO, "fulfilledBy": "MFN"},
        {"lastUpdatedAfter": LONG_AGO, "includedData": "BUYER,SECRETS"},
        {"lastUpdatedAfter": LONG_AGO, "marketplaceIds": "A0NOWHERE"},
        {"lastUpdatedAfter": LONG_AGO, "paginationToken": "nonsense"},
    ],
)
def test_a_search_that_breaks_a_rule_is_invalid_input(delayed, parameters):
    answer = Application(delayed.url).get(ORDERS, params=parameters)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidInput")


def test_both_bounds_are_included(delayed):
    application, world = Application(delayed.url), delayed.world
    number = world.place()
    at = world.orders[number].body["lastUpdatedTime"]
    world.clock.move(600)
    assert application.numbers(lastUpdatedAfter=at, lastUpdatedBefore=at) == [number]
    assert application.numbers(lastUpdatedAfter="2026-11-23T12:00:00.500Z") == []


def test_a_marketplace_of_another_region_is_denied(application):
    answer = application.search(marketplaceIds=BY_COUNTRY["JP"].id)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "Unauthorized")


def test_filters_narrow_the_search(amazon, application):
    german = amazon.world.place("DE")
    french = amazon.world.place("FR", fulfilled_by="AMAZON")
    sent = amazon.world.place("FR", status="SHIPPED")
    assert application.numbers(marketplaceIds=BY_COUNTRY["FR"].id) == [french, sent]
    assert application.numbers(fulfilledBy="MERCHANT") == [german, sent]
    assert application.numbers(fulfillmentStatuses="SHIPPED,CANCELLED") == [sent]
    assert application.numbers(fulfilledBy="AMAZON", fulfillmentStatuses="SHIPPED") == []


def test_orders_come_in_the_order_of_their_last_update(amazon, application):
    first, second = amazon.world.place(), amazon.world.place()
    with amazon.world.lock, amazon.world.changing(amazon.world.orders[first]):
        pass
    assert application.numbers() == [second, first]


def test_pages_hold_every_order_once(amazon, application):
    amazon.world.reset("many:250")
    sizes, seen, token = [], [], {}
    while True:
        answer = application.search(**token).json()
        sizes.append(len(answer["orders"]))
        seen += [order["orderId"] for order in answer["orders"]]
        if "pagination" not in answer:
            break
        token = {"paginationToken": answer["pagination"]["nextToken"]}
    assert sizes == [100, 100, 50]
    assert sorted(seen) == sorted(amazon.world.orders)


def test_an_order_updated_between_two_pages_waits_for_the_next_search(amazon, application):
    numbers = [amazon.world.place() for _ in range(4)]
    page = application.search(maxResultsPerPage=2).json()
    amazon.world.clock.move(1)
    with amazon.world.lock, amazon.world.changing(amazon.world.orders[numbers[2]]):
        pass
    last = application.search(maxResultsPerPage=2, paginationToken=page["pagination"]["nextToken"]).json()
    assert [order["orderId"] for order in last["orders"]] == [numbers[3]]
    assert last["lastUpdatedBefore"] == page["lastUpdatedBefore"]
    assert application.numbers(lastUpdatedAfter=last["lastUpdatedBefore"])[-1] == numbers[2]


def test_a_pagination_token_goes_with_the_same_filters_seller_and_day(amazon, application):
    for _ in range(3):
        amazon.world.place()
    token = application.search(maxResultsPerPage=1).json()["pagination"]["nextToken"]
    assert application.search(maxResultsPerPage=1, paginationToken=token).status_code == 200
    assert application.search(maxResultsPerPage=2, paginationToken=token).status_code == 400
    assert application.search(paginationToken=token).status_code == 400
    amazon.world.clock.move(24 * 3600)
    fresh = Application(amazon.url)
    assert (
        fresh.search(maxResultsPerPage=1, paginationToken=token).json()["errors"][0]["message"]
        == "The paginationToken has expired"
    )


def test_only_the_datasets_asked_for_are_sent(amazon, application):
    number = amazon.world.place(gift=True, discount=True, facilitator=True)
    bare = application.get(f"{ORDERS}/{number}").json()["order"]
    assert set(bare) == {"orderId", "createdTime", "lastUpdatedTime", "salesChannel", "orderItems"}
    assert set(bare["orderItems"][0]) == {"orderItemId", "quantityOrdered", "product"}
    assert set(application.order(number, "FULFILLMENT")) - set(bare) == {"fulfillment"}
    full = application.order(number)
    assert set(full) - set(bare) == {"buyer", "recipient", "proceeds", "payment", "fulfillment"}
    assert {"proceeds", "promotion", "fulfillment", "tax"} <= set(full["orderItems"][0])


def test_a_pending_order_shows_no_personal_data_and_amounts_until_it_is_released(amazon, application):
    number = amazon.world.place(status="PENDING")
    pending = application.order(number)
    assert pending["fulfillment"]["fulfillmentStatus"] == "PENDING"
    assert not {"buyer", "recipient", "proceeds", "payment"} & set(pending)
    amazon.world.clock.move(amazon.world.pending_seconds)
    released = application.order(number)
    assert released["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert {"buyer", "recipient", "proceeds", "payment"} <= set(released)
    assert released["lastUpdatedTime"] > pending["lastUpdatedTime"]


def test_unknown_and_malformed_order_numbers_are_distinguished(application):
    assert application.get(f"{ORDERS}/305-0000000-0000000").status_code == 404
    assert application.get(f"{ORDERS}/305").status_code == 400
    assert application.get(f"{ORDERS}/305-0000000-0000000", params={"includedData": "NOTHING"}).status_code == 400


def test_every_response_has_a_request_id_and_the_rate_where_amazon_sends_it(amazon, application):
    existing, missing = application.search(), application.get(f"{ORDERS}/305-0000000-0000000")
    assert existing.headers["x-amzn-RequestId"] != missing.headers["x-amzn-RequestId"]
    assert (existing.headers["x-amzn-RateLimit-Limit"], missing.headers["x-amzn-RateLimit-Limit"]) == ("5.6", "500")


def test_cancel_order_is_denied_unless_the_setting_allows_it(amazon, application):
    number = amazon.world.place()
    url, body = f"{ORDERS}/{number}/cancellation", {"cancelReasonCode": "NO_INVENTORY"}
    assert application.put(url, json=body).status_code == 403
    amazon.world.switches["rest_cancel"] = True
    assert application.put(url, json={"cancelReasonCode": "BORED"}).status_code == 400
    answer = application.put(url, json=body)
    assert (answer.status_code, answer.content) == (202, b"")
    assert application.put(url, json=body).status_code == 400
    order = application.order(number, EVERYTHING)
    assert order["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    assert order["orderItems"][0]["cancellation"]["cancellationExecution"] == {
        "cancelledBy": "MERCHANT",
        "cancelReason": "NO_INVENTORY",
    }
    assert [entry["channel"] for entry in amazon.world.effects("cancellation", number)] == ["cancelOrder"]
