from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from simulator.operations.datasets import DATASETS, select_fields
from simulator.operations.sample_data import DIFFICULT_RECIPIENTS
from simulator.operations.scenarios import BUSY_MONDAY, UnknownScenarioError
from simulator.operations.world import World
from simulator.state.clock import Clock, format_iso
from simulator.state.marketplaces import minor_units

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def world_at_noon(scenario, seed=1, **options):
    return World(scenario, seed, clock=Clock(frozen_at=NOON), **options)


def bodies(world):
    return [order.body for order in world.orders.values()]


@pytest.fixture(scope="module")
def monday():
    return world_at_noon("busy_monday")


def test_the_same_seed_makes_the_same_world(monday):
    assert bodies(world_at_noon("busy_monday")) == bodies(monday)
    assert bodies(world_at_noon("busy_monday", seed=2)) != bodies(monday)


def test_busy_monday_has_300_orders_in_every_status(monday):
    assert (
        Counter((order.status, order.body["fulfillment"]["fulfilledBy"]) for order in monday.orders.values())
        == BUSY_MONDAY
    )
    assert len(monday.orders) == 300


def test_busy_monday_has_six_marketplaces_and_five_currencies(monday):
    assert {body["salesChannel"]["marketplaceName"] for body in bodies(monday)} == {
        "Amazon.de",
        "Amazon.co.uk",
        "Amazon.fr",
        "Amazon.se",
        "Amazon.pl",
        "Amazon.co.jp",
    }
    totals = [body["proceeds"]["grandTotal"] for body in bodies(monday) if "proceeds" in body]
    assert {total["currencyCode"] for total in totals} == {"EUR", "GBP", "SEK", "PLN", "JPY"}
    assert all(("." in total["amount"]) == (total["currencyCode"] != "JPY") for total in totals)


def test_busy_monday_has_difficult_orders(monday):
    orders = [select_fields(body, DATASETS) for body in bodies(monday)]
    items = [item for body in orders for item in body["orderItems"]]
    programs = Counter(program for body in orders for program in body.get("programs", []))
    assert programs["PRIME"] > 10
    assert programs["AMAZON_BUSINESS"] > 5
    assert programs["FBM_SHIP_PLUS"] == 2
    assert sum("cancellationRequest" in item.get("cancellation", {}) for item in items) >= 8
    assert sum("giftOption" in item["fulfillment"].get("packing", {}) for item in items) > 5
    assert sum("promotion" in item for item in items) > 10
    assert sum(len(body["orderItems"]) > 1 for body in orders) > 30
    assert sum("associatedOrders" in body and bool(body["associatedOrders"]) for body in orders) == 4
    assert sum(body.get("buyer") == {} for body in orders) == 3
    names = [body["recipient"]["deliveryAddress"].get("name") for body in orders if "recipient" in body]
    assert {awkward["name"] for awkward in DIFFICULT_RECIPIENTS} <= set(names)


def test_a_replacement_names_an_order_of_its_own_marketplace_and_costs_nothing(monday):
    for body in bodies(monday):
        for link in body.get("associatedOrders", []):
            original = monday.orders[link["orderId"]].body
            assert original["salesChannel"] == body["salesChannel"]
            assert minor_units(body["proceeds"]["grandTotal"]) == 0


def test_amounts_add_up(monday):
    for body in bodies(monday):
        proceeds = body.get("proceeds") or body["_hidden"]["proceeds"]
        totals = []
        for item in body["orderItems"]:
            parts = [minor_units(part["subtotal"]) for part in item["proceeds"]["breakdowns"]]
            totals.append(minor_units(item["proceeds"]["proceedsTotal"]))
            assert sum(parts) == totals[-1]
            for part in item["proceeds"]["breakdowns"]:
                details = [minor_units(detail["value"]) for detail in part.get("detailedBreakdowns", [])]
                assert not details or sum(details) == minor_units(part["subtotal"])
        assert sum(totals) == minor_units(proceeds["grandTotal"])
        if "breakdowns" in proceeds:
            assert sum(minor_units(part["subtotal"]) for part in proceeds["breakdowns"]) == sum(totals)


def test_orders_are_of_the_last_thirty_days_and_some_must_be_shipped_today(monday):
    created = [body["createdTime"] for body in bodies(monday)]
    assert format_iso(NOON - timedelta(days=30)) <= min(created) < format_iso(NOON - timedelta(days=25))
    assert max(created) <= format_iso(NOON)
    assert all(body["createdTime"] <= body["lastUpdatedTime"] <= format_iso(NOON) for body in bodies(monday))
    due = [
        body["fulfillment"]["shipByWindow"]["latestDateTime"]
        for body in bodies(monday)
        if body["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    ]
    assert any(format_iso(NOON) < latest < format_iso(NOON + timedelta(days=1)) for latest in due)
    assert any(latest < format_iso(NOON) for latest in due)


def test_shipped_quantities_follow_the_parcels(monday):
    for order in monday.orders.values():
        fulfilled = sum(item["fulfillment"]["quantityFulfilled"] for item in order.body["orderItems"])
        ordered = sum(item["quantityOrdered"] for item in order.body["orderItems"])
        if order.status == "SHIPPED":
            assert fulfilled == ordered
        elif order.status == "PARTIALLY_SHIPPED":
            assert 0 < fulfilled < ordered
        else:
            assert fulfilled == 0
        assert bool(order.body.get("packages")) == (
            order.status in ("SHIPPED", "PARTIALLY_SHIPPED") and not order.is_fba
        )


def test_many_creates_the_requested_number_of_orders_with_unique_numbers():
    world = world_at_noon("many:2000")
    assert len(world.orders) == 2000
    assert len({item["orderItemId"] for body in bodies(world) for item in body["orderItems"]}) == sum(
        len(body["orderItems"]) for body in bodies(world)
    )


@pytest.mark.parametrize("name", ["sunday", "many", "many:", "many:-1", "many:9999999"])
def test_an_unknown_scenario_is_refused(name):
    with pytest.raises(UnknownScenarioError):
        World(name)


def test_orders_arrive_with_the_clock_and_are_released():
    world = world_at_noon("empty", arrivals=20)
    world.advance()
    world.clock.move(600)
    world.advance()
    assert 10 < len(world.orders) < 60
    statuses = Counter(order.status for order in world.orders.values())
    assert statuses["PENDING"] > 0 < statuses["UNSHIPPED"]
    twin = world_at_noon("empty", arrivals=20)
    twin.advance()
    twin.clock.move(600)
    twin.advance()
    assert bodies(twin) == bodies(world)


def test_a_week_of_absence_does_not_bring_ten_thousand_orders():
    world = world_at_noon("empty", arrivals=20)
    world.advance()
    world.clock.move(7 * 86400)
    world.advance()
    assert len(world.orders) == 50


def test_amazon_ships_its_own_orders():
    world = world_at_noon("busy_monday")
    waiting = [number for number, order in world.orders.items() if order.is_fba and order.status == "UNSHIPPED"]
    world.clock.move(13 * 3600)
    world.advance()
    assert {world.orders[number].status for number in waiting} == {"SHIPPED"}
    assert all("packages" not in world.orders[number].body for number in waiting)


def test_packing_day_has_difficult_orders():
    day = bodies(world_at_noon("packing_day"))

    assert Counter(order["fulfillment"]["fulfillmentStatus"] for order in day) == {
        "UNSHIPPED": 11,
        "PARTIALLY_SHIPPED": 1,
    }
    assert sum("cancellation" in order["orderItems"][0] for order in day) == 2
    assert sum("FBM_SHIP_PLUS" in order.get("programs", []) for order in day) == 1
    assert sorted(item["quantityOrdered"] for item in day[0]["orderItems"]) == [1, 3]
