"""listTransactions: refunds and shipments as Amazon reports them, late and with its fees."""

from datetime import UTC, datetime, timedelta

import pytest

from simulator.state.marketplaces import BY_COUNTRY
from simulator.state.sellers import DEMO_JP
from tests.simulator.application import Application
from tests.support.amazon_models import check, needs_models

PATH = "/finances/2024-06-19/transactions"


def days_ago(days):
    return {"postedAfter": (datetime.now(UTC) - timedelta(days=days)).isoformat()}


LONG_AGO = days_ago(30)


@pytest.fixture
def world(amazon):
    amazon.world.finances_delay = 0
    return amazon.world


def refund(application, number, **options):
    assert application.post(f"/_control/api/orders/{number}/refund", json=options).status_code == 200


def listed(application, kind="Refund", **parameters):
    rows = application.get(PATH, params=LONG_AGO | parameters).json()["payload"]["transactions"]
    return [row for row in rows if row["transactionType"] == kind]


def test_a_refund_is_shown_with_what_the_buyer_got_and_without_amazons_fee(world, application):
    number = world.place("DE", status="SHIPPED", lines=((0, 2),))
    refund(application, number, amount="10.00")
    world.clock.move(200)
    (row,) = listed(application)
    assert (row["transactionType"], row["transactionStatus"]) == ("Refund", "RELEASED")
    assert {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": number} in row["relatedIdentifiers"]
    expenses, sales = row["breakdowns"]
    assert (expenses["breakdownType"], expenses["breakdownAmount"]["currencyAmount"]) == ("Expenses", -10.0)
    assert (sales["breakdowns"][0]["breakdownType"], sales["breakdownAmount"]["currencyAmount"]) == ("AmazonFees", 1.2)
    assert row["totalAmount"] == {"currencyCode": "EUR", "currencyAmount": -8.8}


def test_a_transaction_is_shown_after_the_delay_with_the_time_of_its_effect(world, application):
    world.finances_delay = 1800
    number = world.place("DE", status="SHIPPED")
    refund(application, number)
    world.clock.move(1700)
    assert listed(application) == []
    world.clock.move(101)
    (row,) = listed(application)
    assert row["postedDate"] == world.effects("refund", number)[0]["at"]


def test_two_items_refunded_at_once_are_one_transaction_and_two_refunds_are_two(world, application):
    number = world.place("DE", status="SHIPPED", lines=((0, 1), (1, 1)))
    refund(application, number, amount="1.00")
    refund(application, number)
    world.clock.move(200)
    assert [len(row["items"]) for row in listed(application)] == [1, 2]


def test_filters_and_pages(world, application):
    numbers = [world.place("DE", status="SHIPPED") for _ in range(51)]
    for number in numbers[:50]:
        refund(application, number)
    world.clock.move(200)
    first = application.get(PATH, params=LONG_AGO).json()["payload"]
    second = application.get(PATH, params=LONG_AGO | {"nextToken": first["nextToken"]}).json()["payload"]
    assert (len(first["transactions"]), len(second["transactions"]), "nextToken" in second) == (100, 1, False)
    assert application.get(PATH, params=days_ago(29) | {"nextToken": first["nextToken"]}).status_code == 400
    related = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": numbers[7]}
    assert len(application.get(PATH, params=related).json()["payload"]["transactions"]) == 2
    (row,) = listed(application, **related)
    assert row["totalAmount"]["currencyAmount"] < 0
    assert listed(application, transactionStatus="DEFERRED") == []
    # More than 180 days apart, the response is empty.
    assert listed(application, **days_ago(181)) == []


def test_each_package_is_a_transaction_with_its_share_of_the_order(world, application):
    number = world.place("DE", lines=((0, 2),))
    marketplace, item = BY_COUNTRY["DE"].id, world.orders[number].body["orderItems"][0]
    for reference in ("1", "2"):
        lines = [{"orderItemId": item["orderItemId"], "quantity": 1}]
        confirmed = application.confirm(number, marketplace, packageReferenceId=reference, orderItems=lines)
        assert confirmed.status_code == 204
    world.clock.move(200)
    first, second = listed(application, "Shipment")
    names = [row["relatedIdentifiers"][1]["relatedIdentifierName"] for row in (first, second)]
    assert names == ["SHIPMENT_ID", "SHIPMENT_ID"]
    assert first["relatedIdentifiers"][1] != second["relatedIdentifiers"][1]
    sales = [row["breakdowns"][0]["breakdownAmount"]["currencyAmount"] for row in (first, second)]
    assert f"{sum(sales):.2f}" == item["proceeds"]["proceedsTotal"]["amount"]


def test_the_window_is_checked_and_the_role_is_needed(world, application):
    assert application.get(PATH).status_code == 400
    assert application.get(PATH, params={"postedAfter": "2099-01-01T00:00:00Z"}).status_code == 400
    world.switches["finances"] = False
    assert application.get(PATH, params=LONG_AGO).status_code == 403


def test_sellers_see_their_own_transactions_only(amazon, world, application):
    refund(application, world.place("JP", status="SHIPPED"))
    world.clock.move(200)
    assert listed(application) == []
    (row,) = listed(Application(amazon.url, DEMO_JP))
    assert row["totalAmount"]["currencyCode"] == "JPY"


@needs_models
def test_transactions_conform_to_the_model(world, application):
    shipped = world.place("DE")
    application.post(f"/_control/api/orders/{shipped}/ship")
    refund(application, shipped)
    world.clock.move(200)
    body = application.get(PATH, params=LONG_AGO).json()
    assert [row["transactionType"] for row in body["payload"]["transactions"]] == ["Shipment", "Refund"]
    # Contexts are an `allOf` of all kinds of context, which no strict validation allows.
    for row in body["payload"]["transactions"]:
        for item in row["items"]:
            assert item.pop("contexts")[0]["contextType"] == "ProductContext"
    check(body, "finances_2024-06-19", "ListTransactionsResponse")
    world.switches["finances"] = False
    check(application.get(PATH, params=LONG_AGO).json(), "finances_2024-06-19", "ErrorList")
