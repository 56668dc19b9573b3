from contextlib import closing
from dataclasses import replace

import pytest

from simulator.operations.carriers import CARRIER_CODES
from simulator.operations.world import World
from simulator.state.marketplaces import BY_COUNTRY
from simulator.state.sellers import DEMO_EU, DEMO_JP
from tests.simulator.application import Application
from tests.support.simulator_server import AmazonServer
from webapp.domain.shipping.carriers import CODES

GERMANY = BY_COUNTRY["DE"].id


def test_a_confirmed_package_ships_the_order(amazon, application):
    number = amazon.world.place(lines=((0, 2),))
    answer = application.confirm(number, GERMANY, shippingMethod="Paket")
    assert (answer.status_code, answer.content) == (204, b"")
    order = application.order(number)
    assert order["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert order["orderItems"][0]["fulfillment"] == {"quantityFulfilled": 2, "quantityUnfulfilled": 0}
    package = order["packages"][0]
    assert (
        package["packageReferenceId"],
        package["carrier"],
        package["shippingService"],
        package["trackingNumber"],
    ) == ("1", "DHL", "Paket", "0034")
    assert [entry["items"] for entry in amazon.world.effects("shipment", number)] == [
        {order["orderItems"][0]["orderItemId"]: 2}
    ]


def test_packages_add_up_and_the_same_number_replaces_one(amazon, application):
    number = amazon.world.place(lines=((0, 3),))
    item = application.order(number)["orderItems"][0]["orderItemId"]
    one_unit, two_units = [{"orderItemId": item, "quantity": 1}], [{"orderItemId": item, "quantity": 2}]
    assert application.confirm(number, GERMANY, orderItems=one_unit).status_code == 204
    assert application.order(number)["fulfillment"]["fulfillmentStatus"] == "PARTIALLY_SHIPPED"
    assert application.confirm(number, GERMANY, orderItems=two_units, trackingNumber="0099").status_code == 204
    assert application.confirm(number, GERMANY, packageReferenceId="2", orderItems=two_units).status_code == 400
    assert application.confirm(number, GERMANY, packageReferenceId="2", orderItems=one_unit).status_code == 204
    order = application.order(number)
    assert order["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert [(package["packageReferenceId"], package["trackingNumber"]) for package in order["packages"]] == [
        ("1", "0099"),
        ("2", "0034"),
    ]
    assert [entry["edited"] for entry in amazon.world.effects("shipment", number)] == [False, True, False]
    answer = application.confirm(number, GERMANY, packageReferenceId="3", orderItems=one_unit)
    assert (answer.status_code, "PackageToUpdateNotFound" in answer.text) == (400, True)


@pytest.mark.parametrize(
    "detail",
    [
        {"packageReferenceId": "A1"},
        {"packageReferenceId": "0"},
        {"packageReferenceId": 1},
        {"carrierCode": ""},
        {"carrierCode": "Other"},
        {"carrierCode": "dhl"},
        {"carrierCode": "Yunexpress"},
        {"carrierCode": "Bike courier", "carrierName": "Bike courier"},
        {"carrierCode": ["DHL"]},
        {"trackingNumber": None},
        {"shipDate": "today"},
        {"shipDate": "2020-01-01T00:00:00Z"},
        {"shipDate": "2099-01-01T00:00:00Z"},
        {"orderItems": []},
        {"orderItems": [{"orderItemId": "1", "quantity": 1}]},
        {"orderItems": [{"orderItemId": ["1"], "quantity": 1}]},
        {"orderItems": "all"},
    ],
)
def test_an_invalid_package_is_refused_and_changes_nothing(amazon, application, detail):
    number = amazon.world.place()
    answer = application.confirm(number, GERMANY, **detail)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidInput")
    assert application.order(number)["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
    assert amazon.world.ledger == []


@pytest.mark.parametrize("quantity", [0, -1, 2, "1", True])
def test_a_quantity_is_a_number_up_to_what_was_ordered(amazon, application, quantity):
    number = amazon.world.place(lines=((0, 1),))
    item = application.order(number)["orderItems"][0]["orderItemId"]
    assert (
        application.confirm(number, GERMANY, orderItems=[{"orderItemId": item, "quantity": quantity}]).status_code
        == 400
    )


@pytest.mark.parametrize(
    "spec",
    [
        {"fulfilled_by": "AMAZON"},
        {"programs": ("FBM_SHIP_PLUS",)},
        {"programs": ("AMAZON_EASY_SHIP",)},
        {"programs": ("DELIVERY_BY_AMAZON",)},
        {"programs": ("IN_STORE_PICK_UP",)},
        {"status": "CANCELLED"},
        {"status": "PENDING"},
    ],
)
def test_orders_that_the_seller_may_not_ship_are_refused(amazon, application, spec):
    number = amazon.world.place(**spec)
    assert application.confirm(number, GERMANY).status_code == 400


@pytest.mark.parametrize("codes", [None, [], ["AZ:1"], ["AZ:1", "AZ:1"], ["AZ:1", ""], ["AZ:1", 2], "AZ:1"])
def test_each_unit_of_a_transparency_item_needs_its_own_code(amazon, application, codes):
    number = amazon.world.place(lines=((0, 2),), features=("transparency",))
    line = {"orderItemId": application.order(number)["orderItems"][0]["orderItemId"], "quantity": 2}

    refused = application.confirm(number, GERMANY, orderItems=[line | {"transparencyCodes": codes}])
    accepted = application.confirm(number, GERMANY, orderItems=[line | {"transparencyCodes": ["AZ:1", "AZ:2"]}])

    assert (refused.status_code, "TransparencyCodes" in refused.text, accepted.status_code) == (400, True, 204)
    (package,) = application.order(number)["packages"]
    assert package["packageItems"] == [line | {"transparencyCodes": ["AZ:1", "AZ:2"]}]


def test_a_japanese_order_with_cash_on_delivery_needs_its_collection_method(amazon):
    application = Application(amazon.url, DEMO_JP)
    number, prepaid = (amazon.world.place("JP", lines=((0, 1),)) for _ in range(2))
    for order_id, method in ((number, "CashOnDelivery"), (prepaid, "CreditCard")):
        amazon.world.orders[order_id].body["payment"]["paymentExecutions"][0]["paymentMethod"] = method

    def confirm(order_id, **more):
        return application.confirm(order_id, BY_COUNTRY["JP"].id, more)

    refused = confirm(number)
    assert (refused.status_code, "codCollectionMethod" in refused.text) == (400, True)
    assert confirm(number, codCollectionMethod="Cheque").status_code == 400
    assert confirm(number, codCollectionMethod="DirectPayment").status_code == 204
    assert confirm(prepaid).status_code == 204


def test_a_carrier_outside_the_list_is_refused_in_india():
    seller, india = replace(DEMO_EU, countries=("IN",)), BY_COUNTRY["IN"].id
    with (
        AmazonServer(World("empty", sellers=(seller,))) as server,
        closing(Application(server.url, seller)) as application,
    ):
        number = server.world.place("IN", lines=((0, 1),))
        refused = application.confirm(number, india, carrierCode="Other", carrierName="Bike courier")
        accepted = application.confirm(number, india, carrierCode="Delhivery")

    assert (refused.status_code, "CarrierCode" in refused.text, accepted.status_code) == (400, True, 204)


def test_only_japan_has_a_collection_method(amazon, application):
    number = amazon.world.place()
    refused = application.confirm(number, GERMANY, {"codCollectionMethod": "DirectPayment"})
    assert (refused.status_code, "only supported in the JP" in refused.text) == (400, True)


def test_an_order_of_another_marketplace_or_nobody_is_refused(amazon, application):
    number = amazon.world.place()
    assert application.confirm(number, BY_COUNTRY["FR"].id).status_code == 400
    assert application.post("/orders/v0/orders/305-0000000-0000000/shipmentConfirmation", json={}).status_code == 404
    assert application.post(f"/orders/v0/orders/{number}/shipmentConfirmation", content=b"{").status_code == 400


def test_the_carrier_other_requires_a_name(amazon, application):
    number = amazon.world.place()
    assert application.confirm(number, GERMANY, carrierCode="Other", carrierName="Bicycle").status_code == 204
    assert application.order(number)["packages"][0]["carrier"] == "Bicycle"


def test_a_package_that_is_not_found_or_never_shown_is_not_stored(amazon, application):
    number = amazon.world.place("DE")
    amazon.world.faults.arm("package_not_found")
    amazon.world.faults.arm("package_unseen")

    refused, taken = application.confirm(number, GERMANY), application.confirm(number, GERMANY)

    assert (refused.status_code, "PackageToUpdateNotFound" in refused.text, taken.status_code) == (400, True, 204)
    assert not application.order(number).get("packages")
    assert amazon.world.effects("shipment", number) == []
    assert application.confirm(number, GERMANY).status_code == 204
    assert len(amazon.world.effects("shipment", number)) == 1


@pytest.mark.parametrize("code", ["DHL", "Yun Express", "Poste Italiane", "YAMATO", "Hermes Logistik Gruppe", "4PX"])
def test_codes_of_amazons_list_are_compared_exactly(amazon, application, code):
    number = amazon.world.place()
    assert application.confirm(number, GERMANY, carrierCode=code).status_code == 204


def test_every_code_that_the_product_sends_is_in_amazons_list():
    assert CODES <= CARRIER_CODES
