"""Confirming shipments over real sockets: requests, rejected input and invalid responses."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.amazon.scripted import GERMANY, LOST, NUMBER, Reply, Script, error_reply
from tests.support.amazon_models import check, needs_models
from webapp.amazon.gateway import Amazon
from webapp.domain.amazon.errors import InvalidRequest, OutcomeUnknown
from webapp.domain.shipping.carriers import Parcel

CONFIRMATION = f"/orders/v0/orders/{NUMBER}/shipmentConfirmation"
PARCEL = Parcel(
    reference="1",
    carrier_code="DHL",
    tracking_number="00340434161094015902",
    shipped_at=datetime(2026, 11, 21, 17, 30, 0, 250_000, tzinfo=timezone(timedelta(hours=1))),
    items=(("60696125413094", 2), ("60696125413095", 1)),
    shipping_method="Paket",
)


def test_a_parcel_is_sent_in_amazons_terms_with_its_time_in_utc(amazon: Amazon, script: Script) -> None:
    script.reply_to(CONFIRMATION, Reply(204))

    amazon.confirm_shipment(NUMBER, GERMANY, PARCEL)

    (request,) = script.requests_to(CONFIRMATION)
    assert request.method == "POST"
    assert json.loads(request.body) == {
        "marketplaceId": GERMANY,
        "packageDetail": {
            "packageReferenceId": "1",
            "carrierCode": "DHL",
            "shippingMethod": "Paket",
            "trackingNumber": "00340434161094015902",
            "shipDate": "2026-11-21T16:30:00.250Z",
            "orderItems": [
                {"orderItemId": "60696125413094", "quantity": 2},
                {"orderItemId": "60696125413095", "quantity": 1},
            ],
        },
    }


def test_another_carrier_goes_with_its_name(amazon: Amazon, script: Script) -> None:
    script.reply_to(CONFIRMATION, Reply(204))

    amazon.confirm_shipment(NUMBER, GERMANY, replace(PARCEL, carrier_code="Other", carrier_name="PostNord"))

    detail = json.loads(script.requests_to(CONFIRMATION)[0].body)["packageDetail"]
    assert (detail["carrierCode"], detail["carrierName"]) == ("Other", "PostNord")


@pytest.mark.parametrize("reply", LOST)
def test_a_parcel_whose_answer_is_lost_is_left_to_its_caller(amazon: Amazon, script: Script, reply: Reply) -> None:
    script.reply_to(CONFIRMATION, reply)

    with pytest.raises(OutcomeUnknown):
        amazon.confirm_shipment(NUMBER, GERMANY, PARCEL)

    assert len(script.requests_to(CONFIRMATION)) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reference": "0"}, "reference is a positive number"),
        ({"reference": "A1"}, "reference is a positive number"),
        ({"carrier_code": ""}, "needs its carrier"),
        ({"carrier_code": "Other"}, "another one than Amazon's its name"),
        ({"tracking_number": " "}, "needs its tracking number"),
        ({"tracking_number": "1" * 201}, "longer than 200 characters"),
        ({"shipped_at": datetime(2026, 11, 21)}, "no time zone"),  # noqa: DTZ001 - the point of it
        ({"items": ()}, "needs items of the order"),
        ({"items": (("11", 1), ("11", 1))}, "each once"),
        ({"items": (("a/b", 1),)}, "needs items of the order"),
        ({"items": (("11", 0),)}, "one or more of each"),
    ],
)
def test_a_parcel_amazon_could_not_take_is_not_sent(
    amazon: Amazon, script: Script, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words):
        amazon.confirm_shipment(NUMBER, GERMANY, replace(PARCEL, **changes))

    assert script.requests == []


def test_amazons_refusal_of_a_parcel_keeps_its_words(amazon: Amazon, script: Script) -> None:
    script.reply_to(CONFIRMATION, error_reply(400, "InvalidInput", "PackageToUpdateNotFound", x_amzn_requestid="r-9"))

    with pytest.raises(InvalidRequest, match="PackageToUpdateNotFound") as raised:
        amazon.confirm_shipment(NUMBER, GERMANY, PARCEL)

    assert raised.value.request_id == "r-9"


@needs_models
def test_a_parcel_is_true_to_amazons_model(amazon: Amazon, script: Script) -> None:
    script.reply_to(CONFIRMATION, Reply(204))

    amazon.confirm_shipment(NUMBER, GERMANY, replace(PARCEL, carrier_code="Other", carrier_name="PostNord"))

    check(json.loads(script.requests_to(CONFIRMATION)[0].body), "ordersV0", "ConfirmShipmentRequest")
