import pytest

from simulator.operations.carriers import CARRIER_CODES
from simulator.state.marketplaces import BY_COUNTRY
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
