"""Messages to buyers over real sockets: allowed kinds, rejected input and invalid responses."""

import json

import pytest

from tests.amazon.scripted import GERMANY, LOST, NUMBER, Reply, Script, error_reply, json_reply
from tests.support.amazon_models import MODELS, check, needs_models
from webapp.amazon.gateway import Amazon
from webapp.amazon.messaging import OPERATIONS
from webapp.domain.amazon.errors import Forbidden, InvalidRequest, InvalidResponse, OutcomeUnknown
from webapp.domain.mail.amazon_messages import KINDS, LIMITS

MESSAGING = f"/messaging/v1/orders/{NUMBER}"


def actions(*kinds: str) -> Reply:
    links = [{"href": f"{MESSAGING}/messages/{kind}", "name": kind} for kind in kinds]
    return json_reply({"_links": {"self": {"href": MESSAGING}, "actions": links}, "_embedded": {"actions": []}})


def test_the_messages_amazon_allows_are_named_as_it_names_them(amazon: Amazon, script: Script) -> None:
    script.reply_to(MESSAGING, actions("unexpectedProblem", "invoice", "somethingNew"))

    assert amazon.allowed_messages(NUMBER, GERMANY) == ("unexpectedProblem", "invoice", "somethingNew")
    assert script.requests_to(MESSAGING)[0].query == {"marketplaceIds": GERMANY}


def test_no_messages_are_allowed_where_the_list_is_empty_but_not_where_it_is_missing(
    amazon: Amazon, script: Script
) -> None:
    script.reply_to(MESSAGING, actions(), json_reply({"_links": {"self": {"href": "/"}}}))

    assert amazon.allowed_messages(NUMBER, GERMANY) == ()
    with pytest.raises(InvalidResponse, match=r"_links\.actions is missing"):
        amazon.allowed_messages(NUMBER, GERMANY)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reply", [json_reply({}, 201), Reply(201)])
def test_a_message_is_its_text_and_accepted_by_201(amazon: Amazon, script: Script, kind: str, reply: Reply) -> None:
    path = f"{MESSAGING}/messages/{kind}"
    script.reply_to(path, reply)

    amazon.send_message(NUMBER, GERMANY, kind, "Grüße")

    (request,) = script.requests_to(path)
    assert (request.method, request.query, json.loads(request.body)) == (
        "POST",
        {"marketplaceIds": GERMANY},
        {"text": "Grüße"},
    )


@pytest.mark.parametrize("reply", [*LOST, json_reply({"errors": [{"code": "x", "message": "y"}]}, 201)])
def test_a_message_is_never_sent_twice(amazon: Amazon, script: Script, reply: Reply) -> None:
    path = f"{MESSAGING}/messages/unexpectedProblem"
    script.reply_to(path, reply)

    with pytest.raises(OutcomeUnknown):
        amazon.send_message(NUMBER, GERMANY, "unexpectedProblem", "Late.")

    assert len(script.requests_to(path)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_is_as_long_as_amazon_lets_it_be(amazon: Amazon, script: Script, kind: str) -> None:
    path = f"{MESSAGING}/messages/{kind}"
    script.reply_to(path, Reply(201))

    amazon.send_message(NUMBER, GERMANY, kind, "x" * LIMITS[kind])
    with pytest.raises(InvalidRequest, match=f"1 to {LIMITS[kind]} characters, not {LIMITS[kind] + 1}"):
        amazon.send_message(NUMBER, GERMANY, kind, "x" * (LIMITS[kind] + 1))

    assert len(script.requests_to(path)) == 1


def test_a_message_that_is_not_allowed_is_forbidden_in_amazons_words(amazon: Amazon, script: Script) -> None:
    script.reply_to(f"{MESSAGING}/messages/digitalAccessKey", error_reply(403, "Unauthorized", "Not now."))

    with pytest.raises(Forbidden, match="Not now"):
        amazon.send_message(NUMBER, GERMANY, "digitalAccessKey", "key")


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("invoice", "text", "no message 'invoice' that is a text"),
        ("unexpectedProblem", " \n", "1 to 2000 characters, not 2"),
        ("digitalAccessKey", "x" * 401, "1 to 400 characters, not 401"),
    ],
)
def test_a_message_that_is_none_is_not_sent(amazon: Amazon, script: Script, kind: str, text: str, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        amazon.send_message(NUMBER, GERMANY, kind, text)

    assert script.requests == []


@needs_models
def test_the_limits_and_the_calls_are_those_of_amazons_model() -> None:
    described = json.loads((MODELS / "messaging.json").read_text())
    for kind, operation in OPERATIONS.items():
        call = described["paths"][f"/messaging/v1/orders/{{amazonOrderId}}/messages/{kind}"]["post"]
        (body,) = (one["schema"]["$ref"] for one in call["parameters"] if one["in"] == "body")
        text = described["definitions"][body.rpartition("/")[2]]["properties"]["text"]
        assert (call["operationId"], text["maxLength"]) == (operation, LIMITS[kind])


@needs_models
def test_a_message_is_true_to_amazons_model(amazon: Amazon, script: Script) -> None:
    path = f"{MESSAGING}/messages/confirmOrderDetails"
    script.reply_to(path, json_reply({}, 201))

    amazon.send_message(NUMBER, GERMANY, "confirmOrderDetails", "It is packed.")

    check(json.loads(script.requests_to(path)[0].body), "messaging", "CreateConfirmOrderDetailsRequest")
