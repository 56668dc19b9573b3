"""Orders of special programmes, with the optional fields of Amazon's model, and the file of a customized item."""

import io
import json
import zipfile

import pytest

from simulator.operations.order_features import FEATURES
from simulator.operations.world import World
from simulator.state.sellers import DEMO_EU, DEMO_JP
from tests.simulator.application import Application
from tests.support.amazon_models import check, needs_models
from tests.support.simulator_server import AmazonServer


@needs_models
@pytest.mark.parametrize("name", FEATURES)
def test_orders_with_a_feature_conform_to_the_model(amazon, application, name):
    for number in (
        amazon.world.place("DE", features=(name,)),
        amazon.world.place("GB", features=(name,), programs=("AMAZON_BUSINESS",)),
    ):
        order = application.order(number)
        check({"order": order}, "orders_2026-01-01", "GetOrderResponse")


def test_each_feature_adds_a_field(amazon, application):
    plain = amazon.world.place("SE", lines=((0, 1),), gift=False, discount=False)
    for name in FEATURES:
        order = application.order(
            amazon.world.place("SE", lines=((0, 1),), gift=False, discount=False, features=(name,))
        )
        assert _field_names(order) - _field_names(application.order(plain)) or name in ("used", "pickup_point"), name


def _field_names(value, path=""):
    if isinstance(value, dict):
        return {path, *(name for key in value for name in _field_names(value[key], f"{path}.{key}"))}
    if isinstance(value, list):
        return {path, *(name for entry in value for name in _field_names(entry, path))}
    return {path}


def test_the_datasets_of_expenses_and_fulfillment_orders_are_sent_only_when_they_are_included(amazon, application):
    number = amazon.world.place("DE", features=("points", "easy_ship"))
    order = application.get(f"/orders/2026-01-01/orders/{number}", params={"includedData": "FULFILLMENT"}).json()[
        "order"
    ]
    assert "fulfillmentOrders" not in order
    assert "expense" not in order["orderItems"][0]
    everything = application.order(number)
    assert everything["fulfillmentOrders"][0]["fulfillmentOrderId"]
    assert everything["orderItems"][0]["expense"]["pointsCost"]["pointsGranted"]["pointsNumber"] == 120


def test_the_file_of_a_customized_item_is_sent_without_a_token_and_only_at_its_own_address(amazon, application):
    item = application.order(amazon.world.place("DE", features=("customized",)))["orderItems"][0]
    url = item["product"]["customization"]["customizedUrl"]
    assert url.startswith(f"{amazon.url}/t/")
    response = application.get(url.removeprefix(amazon.url), headers={"x-amz-access-token": ""})
    assert (response.status_code, response.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        choices = json.loads(archive.read(f"{item['orderItemId']}.json"))
    assert choices["customizationInfo"]["version3.0"]["surfaces"][0]["areas"][0]["text"] == "Für Oma ♥ 1949"
    assert application.get(url.removeprefix(amazon.url).replace("/30", "0/30")).status_code == 404


def test_a_seller_takes_part_in_a_non_amazon_marketplace_whose_orders_are_refused():
    seller = DEMO_EU.__class__("A3DEMOSELLERUS", "Birch & Anvil US", "NA", "client", "secret", "Atzr|refresh", ("US",))
    with AmazonServer(World("empty", update_delay=0, sellers=(seller, DEMO_JP))) as amazon:
        application = Application(amazon.url, seller)
        payload = application.get("/sellers/v1/marketplaceParticipations").json()["payload"]
        assert [entry["marketplace"]["domainName"] for entry in payload] == ["www.amazon.com", "sim1.stores.amazon.com"]
        other = payload[1]["marketplace"]["id"]
        assert application.search(marketplaceIds=other).status_code == 403
