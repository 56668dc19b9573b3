"""The messages to buyers that Amazon allows."""

import json

import pytest

from simulator.state.marketplaces import BY_COUNTRY

GERMANY = BY_COUNTRY["DE"].id
PATH = "/messaging/v1/orders"
OPEN = ["confirmOrderDetails", "confirmCustomizationDetails", "confirmDeliveryDetails", "unexpectedProblem"]


def listed(application, number, marketplace_id=GERMANY):
    body = application.get(f"{PATH}/{number}", params={"marketplaceIds": marketplace_id}).json()
    kinds = [action["name"] for action in body["_links"]["actions"]]
    assert [action["payload"]["name"] for action in body["_embedded"]["actions"]] == kinds
    return kinds


def send(application, number, kind="confirmDeliveryDetails", body=None, marketplace_id=GERMANY):
    address = f"{PATH}/{number}/messages/{kind}"
    message = {"text": "It comes tomorrow."} if body is None else body
    return application.post(address, params={"marketplaceIds": marketplace_id}, json=message)


@pytest.mark.parametrize(
    ("spec", "kinds"),
    [
        ({}, OPEN),
        ({"status": "PARTIALLY_SHIPPED"}, OPEN),
        ({"status": "SHIPPED"}, ["confirmDeliveryDetails", "unexpectedProblem", "invoice"]),
        ({"status": "CANCELLED"}, []),
        ({"status": "PENDING"}, []),
        ({"fulfilled_by": "AMAZON"}, []),
    ],
)
def test_the_allowed_messages_depend_on_the_order(amazon, application, spec, kinds):
    assert listed(application, amazon.world.place("DE", **spec)) == kinds


def test_no_messages_are_allowed_long_after_delivery(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    amazon.world.clock.move(50 * 86400)
    application.headers["x-amz-access-token"] = type(application)(amazon.url).headers["x-amz-access-token"]
    assert listed(application, number) == []


def test_a_message_is_recorded_without_its_text(amazon, application):
    number = amazon.world.place("DE")
    answer = send(application, number)
    assert (answer.status_code, answer.json()) == (201, {})
    (entry,) = amazon.world.effects("message", number)
    assert (entry["kind"], entry["channel"], entry["characters"]) == (
        "confirmDeliveryDetails",
        "createConfirmDeliveryDetails",
        18,
    )
    assert "tomorrow" not in json.dumps(amazon.world.ledger)


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("confirmCustomizationDetails", {"text": "x" * 800}, 201),
        ("confirmCustomizationDetails", {"text": "x" * 801}, 400),
        ("confirmDeliveryDetails", {"text": "x" * 2000}, 201),
        ("confirmDeliveryDetails", {"text": "x" * 2001}, 400),
        ("confirmDeliveryDetails", {"text": ""}, 400),
        ("confirmDeliveryDetails", {"text": 3}, 400),
        ("confirmDeliveryDetails", {}, 400),
        ("confirmDeliveryDetails", [], 400),
        ("confirmDeliveryDetails", {"text": "See <b>this</b>"}, 400),
        ("confirmDeliveryDetails", {"text": "Write to desk@example.invalid"}, 400),
        ("confirmDeliveryDetails", {"text": "2 < 3, and I <3 it @ home"}, 201),
        ("digitalAccessKey", {"text": "key"}, 403),
        ("invoice", {"attachments": []}, 403),
        ("poem", {"text": "Roses"}, 404),
    ],
)
def test_a_message_is_of_an_allowed_kind_and_within_its_limits(amazon, application, kind, body, status):
    number = amazon.world.place("DE")
    assert send(application, number, kind, body).status_code == status
    assert len(amazon.world.effects("message")) == (status == 201)


def test_messages_with_files_are_refused(amazon, application):
    number = amazon.world.place("DE", status="SHIPPED")
    body = {"attachments": [{"fileName": "invoice.pdf", "uploadDestinationId": "sc/1"}]}
    assert send(application, number, "invoice", body).status_code == 400


def test_the_marketplace_must_be_the_orders_own(amazon, application):
    number = amazon.world.place("DE")
    assert application.get(f"{PATH}/{number}").status_code == 400
    assert send(application, number, marketplace_id=BY_COUNTRY["FR"].id).status_code == 400
    assert send(application, number, marketplace_id=BY_COUNTRY["JP"].id).status_code == 403
    assert send(application, "305-0000000-0000000").status_code == 404


def test_the_buyers_language_is_the_marketplaces(amazon, application):
    number = amazon.world.place("DE")
    answer = application.get(f"{PATH}/{number}/attributes", params={"marketplaceIds": GERMANY})
    assert answer.json() == {"buyer": {"locale": "de-DE"}}
