"""Shipping labels against the simulator."""

from collections.abc import Callable

import pytest

from simulator.operations.world import World
from tests.support.amazon_models import check, needs_all_models
from webapp.amazon import labels
from webapp.amazon.gateway import Amazon
from webapp.domain.amazon.errors import InvalidRequest, InvalidResponse, OutcomeUnknown
from webapp.domain.common.money import Money
from webapp.domain.shipping.labels import LabelRequest, Package, SenderAddress

SENDER = SenderAddress(
    "Birch & Anvil", "Hafenstr. 1", "", "Hamburg", "", "20095", "DE", "versand@example.com", "+49 40 123456"
)
PACKAGE = Package(30, 20, 10, "centimeters", 900, "g")


def request_for(amazon: Amazon, number: str, label_format: str = "PDF") -> LabelRequest:
    items = tuple((item.order_item_id, item.quantity) for item in amazon.get_order(number).items)
    return LabelRequest(number, SENDER, PACKAGE, items, label_format)


def test_a_label_is_bought_read_again_and_refunded(amazon: Amazon, world: World) -> None:
    request = request_for(amazon, world.place("DE"))
    offer = next(offer for offer in amazon.label_services(request).offers if offer.carrier == "DPD")
    assert offer.price == Money(549, "EUR")
    bought = amazon.buy_label(request, offer.service_id, offer.offer_id)
    assert (bought.carrier, bought.price, bought.status) == ("DPD", offer.price, "Purchased")
    assert bought.content is not None
    assert bought.content.startswith(b"%PDF")
    assert amazon.label(bought.shipment_id) == bought
    refunded = amazon.refund_label(bought.shipment_id)
    assert (refunded.status, refunded.content) == ("RefundPending", None)


def test_a_label_in_zpl_is_decoded(amazon: Amazon, world: World) -> None:
    request = request_for(amazon, world.place("DE"), "ZPL203")
    offer = next(offer for offer in amazon.label_services(request).offers if "ZPL203" in offer.formats)
    bought = amazon.buy_label(request, offer.service_id, offer.offer_id)
    assert bought.content_type == "application/zpl"
    assert (bought.content or b"").startswith(b"^XA")


def test_yen_have_no_decimals(world: World, server, redis) -> None:
    from simulator.state.sellers import DEMO_JP
    from webapp.domain.accounts.credentials import Credentials

    given = DEMO_JP.credentials(server.url)
    names = ("seller_id", "client_id", "client_secret", "refresh_token", "endpoint", "token_url")
    sender = SenderAddress(
        "Birch", "1-1 Chiyoda", "", "Tokyo", "Tokyo", "100-0001", "JP", "a@example.com", "0312345678"
    )
    with Amazon(Credentials(account_key="8", **{name: given[name] for name in names}), redis) as amazon:
        number = world.place("JP")
        items = tuple((item.order_item_id, item.quantity) for item in amazon.get_order(number).items)
        (offer,) = amazon.label_services(LabelRequest(number, sender, PACKAGE, items, "PDF")).offers
    assert offer.price.currency == "JPY"
    assert offer.price.minor > 100


def test_a_lost_answer_of_a_purchase_is_not_sent_again(amazon: Amazon, world: World) -> None:
    number = world.place("DE")
    request = request_for(amazon, number)
    (offer, *_) = amazon.label_services(request).offers
    world.faults.arm("lost_answer", "createShipment")
    with pytest.raises(OutcomeUnknown):
        amazon.buy_label(request, offer.service_id, offer.offer_id)
    assert len(world.effects("label", number)) == 1
    with pytest.raises(InvalidRequest) as refused:
        amazon.buy_label(request, offer.service_id, offer.offer_id)
    assert refused.value.code == "ShipmentAlreadyExists"


def test_a_damaged_answer_of_a_purchase_has_an_unknown_outcome(amazon: Amazon, world: World) -> None:
    request = request_for(amazon, world.place("DE"))
    (offer, *_) = amazon.label_services(request).offers
    world.faults.arm("malformed_json", "createShipment")
    with pytest.raises(OutcomeUnknown):
        amazon.buy_label(request, offer.service_id, offer.offer_id)


def test_a_throttled_purchase_is_made_once(
    connect: Callable[..., Amazon], wait: Callable[[float], None], world: World
) -> None:
    amazon = connect(wait=wait)
    number = world.place("DE")
    request = request_for(amazon, number)
    (offer, *_) = amazon.label_services(request).offers
    world.faults.arm("throttled", "createShipment")
    amazon.buy_label(request, offer.service_id, offer.offer_id)
    assert len(world.effects("label", number)) == 1


def test_a_restricted_data_token_is_renewed_when_amazon_rejects_it(amazon: Amazon, world: World) -> None:
    number = world.place("DE")
    request = request_for(amazon, number)
    (offer, *_) = amazon.label_services(request).offers
    world.faults.arm("expired_token", "createShipment")
    amazon.buy_label(request, offer.service_id, offer.offer_id)
    assert world.call_counts["createRestrictedDataToken"] == 2


def test_carriers_that_are_unavailable_are_named(amazon: Amazon, world: World) -> None:
    request = request_for(amazon, world.place("DE"))
    world.faults.arm("no_services", "getEligibleShipmentServices")
    answer = amazon.label_services(request)
    assert (answer.offers, answer.unavailable) == ((), ("UPS",))


def test_a_wrong_shipment_id_is_not_sent(amazon: Amazon) -> None:
    with pytest.raises(InvalidRequest):
        amazon.label("../orders")


def test_a_document_that_does_not_match_its_checksum_is_refused(amazon: Amazon, world: World) -> None:
    request = request_for(amazon, world.place("DE"))
    (offer, *_) = amazon.label_services(request).offers
    bought = amazon.buy_label(request, offer.service_id, offer.offer_id)
    world.labels[bought.shipment_id]["shipment"]["Label"]["FileContents"]["Checksum"] = "AAAA"
    with pytest.raises(InvalidResponse, match="Checksum"):
        amazon.label(bought.shipment_id)


@needs_all_models
def test_requests_conform_to_the_model() -> None:
    request = LabelRequest("302-1234567-1234567", SENDER, PACKAGE, (("60696125413094", 2),), "ZPL203")
    for operation in ("getEligibleShipmentServices", "createShipment"):
        details = labels.build_details(operation, request)
        check(details, "merchantFulfillmentV0", "ShipmentRequestDetails")
