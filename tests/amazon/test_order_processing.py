"""Parcels, invoices and messages over real sockets: what is sent, what is refused at home, what is believed."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.amazon.scripted import Reply, Script, refused, said
from tests.simulator.test_models import MODELS, check
from webapp.amazon import Amazon
from webapp.amazon.messages import OPERATIONS
from webapp.amazon.vat_invoices import feed_options
from webapp.domain.amazon_errors import Forbidden, InvalidRequest, LostAnswer, Unintelligible
from webapp.domain.amazon_orders import Feed, FeedMessage, PreparedFeed
from webapp.domain.buyer_messages import KINDS, LIMITS
from webapp.domain.money import Money
from webapp.domain.shipping import Parcel
from webapp.domain.vat_invoices import VatInvoice

NUMBER = "902-1106328-1059050"
GERMANY, JAPAN = "A1PA6795UKMFR9", "A1VC38T7YXB528"
CONFIRMATION = f"/orders/v0/orders/{NUMBER}/shipmentConfirmation"
MESSAGING = f"/messaging/v1/orders/{NUMBER}"
PARCEL = Parcel(
    reference="1",
    carrier_code="DHL",
    tracking_number="00340434161094015902",
    shipped_at=datetime(2026, 11, 21, 17, 30, 0, 250_000, tzinfo=timezone(timedelta(hours=1))),
    items=(("60696125413094", 2), ("60696125413095", 1)),
    shipping_method="Paket",
)
INVOICE = VatInvoice(NUMBER, "RE-1001", Money(11900, "EUR"), Money(1900, "EUR"))
needs_models = pytest.mark.skipif(
    not (MODELS / "messaging.json").is_file(),
    reason="Amazon's models are not here: name their folder in CHANNELDESK_SPAPI_MODELS",
)
LOST = [
    Reply(how="closed"),
    Reply(503, b"<html>Service Unavailable</html>"),
    refused(500, "InternalFailure", "Sorry."),
    Reply(200, b"<html>Welcome</html>"),
    # Something between us and Amazon answered for it.
    Reply(200),
    Reply(202),
]


def test_a_parcel_is_told_in_amazons_words_with_its_time_in_utc(amazon: Amazon, script: Script) -> None:
    script.answers(CONFIRMATION, Reply(204))

    amazon.confirm_shipment(NUMBER, GERMANY, PARCEL)

    (request,) = script.asked(CONFIRMATION)
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
    script.answers(CONFIRMATION, Reply(204))

    amazon.confirm_shipment(NUMBER, GERMANY, replace(PARCEL, carrier_code="Other", carrier_name="PostNord"))

    detail = json.loads(script.asked(CONFIRMATION)[0].body)["packageDetail"]
    assert (detail["carrierCode"], detail["carrierName"]) == ("Other", "PostNord")


@pytest.mark.parametrize("reply", LOST)
def test_a_parcel_whose_answer_is_lost_is_left_to_its_caller(amazon: Amazon, script: Script, reply: Reply) -> None:
    script.answers(CONFIRMATION, reply)

    with pytest.raises(LostAnswer):
        amazon.confirm_shipment(NUMBER, GERMANY, PARCEL)

    assert len(script.asked(CONFIRMATION)) == 1


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
    script.answers(CONFIRMATION, refused(400, "InvalidInput", "PackageToUpdateNotFound", x_amzn_requestid="r-9"))

    with pytest.raises(InvalidRequest, match="PackageToUpdateNotFound") as raised:
        amazon.confirm_shipment(NUMBER, GERMANY, PARCEL)

    assert raised.value.request_id == "r-9"


def actions(*kinds: str) -> Reply:
    links = [{"href": f"{MESSAGING}/messages/{kind}", "name": kind} for kind in kinds]
    return said({"_links": {"self": {"href": MESSAGING}, "actions": links}, "_embedded": {"actions": []}})


def test_the_messages_amazon_allows_are_named_as_it_names_them(amazon: Amazon, script: Script) -> None:
    script.answers(MESSAGING, actions("unexpectedProblem", "invoice", "somethingNew"))

    assert amazon.allowed_messages(NUMBER, GERMANY) == ("unexpectedProblem", "invoice", "somethingNew")
    assert script.asked(MESSAGING)[0].query == {"marketplaceIds": GERMANY}


def test_no_messages_are_allowed_where_the_list_is_empty_but_not_where_it_is_missing(
    amazon: Amazon, script: Script
) -> None:
    script.answers(MESSAGING, actions(), said({"_links": {"self": {"href": "/"}}}))

    assert amazon.allowed_messages(NUMBER, GERMANY) == ()
    with pytest.raises(Unintelligible, match=r"_links\.actions is missing"):
        amazon.allowed_messages(NUMBER, GERMANY)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reply", [said({}, 201), Reply(201)])
def test_a_message_is_its_text_and_accepted_by_201(amazon: Amazon, script: Script, kind: str, reply: Reply) -> None:
    path = f"{MESSAGING}/messages/{kind}"
    script.answers(path, reply)

    amazon.send_message(NUMBER, GERMANY, kind, "Grüße")

    (request,) = script.asked(path)
    assert (request.method, request.query, json.loads(request.body)) == (
        "POST",
        {"marketplaceIds": GERMANY},
        {"text": "Grüße"},
    )


@pytest.mark.parametrize("reply", [*LOST, said({"errors": [{"code": "x", "message": "y"}]}, 201)])
def test_a_message_is_never_sent_twice(amazon: Amazon, script: Script, reply: Reply) -> None:
    path = f"{MESSAGING}/messages/unexpectedProblem"
    script.answers(path, reply)

    with pytest.raises(LostAnswer):
        amazon.send_message(NUMBER, GERMANY, "unexpectedProblem", "Late.")

    assert len(script.asked(path)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_is_as_long_as_amazon_lets_it_be(amazon: Amazon, script: Script, kind: str) -> None:
    path = f"{MESSAGING}/messages/{kind}"
    script.answers(path, Reply(201))

    amazon.send_message(NUMBER, GERMANY, kind, "x" * LIMITS[kind])
    with pytest.raises(InvalidRequest, match=f"1 to {LIMITS[kind]} characters, not {LIMITS[kind] + 1}"):
        amazon.send_message(NUMBER, GERMANY, kind, "x" * (LIMITS[kind] + 1))

    assert len(script.asked(path)) == 1


def test_a_message_that_is_not_allowed_is_forbidden_in_amazons_words(amazon: Amazon, script: Script) -> None:
    script.answers(f"{MESSAGING}/messages/digitalAccessKey", refused(403, "Unauthorized", "Not now."))

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
def test_what_is_sent_is_true_to_amazons_models(amazon: Amazon, script: Script) -> None:
    feeds, message = "/feeds/2021-06-30/feeds", f"{MESSAGING}/messages/confirmOrderDetails"
    script.answers(CONFIRMATION, Reply(204))
    script.answers(feeds, said({"feedId": "51"}, 202))
    script.answers(message, said({}, 201))

    amazon.confirm_shipment(NUMBER, GERMANY, replace(PARCEL, carrier_code="Other", carrier_name="PostNord"))
    options = feed_options(GERMANY, INVOICE, b"%PDF-1.7")
    amazon.create_feed(PreparedFeed("amzn1.tortuga.1", "UPLOAD_VAT_INVOICE", (GERMANY,), "00", options))
    amazon.send_message(NUMBER, GERMANY, "confirmOrderDetails", "It is packed.")

    for path, model, definition in (
        (CONFIRMATION, "ordersV0", "ConfirmShipmentRequest"),
        (feeds, "feeds_2021-06-30", "CreateFeedSpecification"),
        (message, "messaging", "CreateConfirmOrderDetailsRequest"),
    ):
        check(json.loads(script.asked(path)[0].body), model, definition)


def test_an_invoices_options_carry_amazons_prefix() -> None:
    assert feed_options(GERMANY, INVOICE, b"%PDF-1.7") == (
        ("metadata:OrderId", NUMBER),
        ("metadata:InvoiceNumber", "RE-1001"),
        ("metadata:TotalAmount", "119.00"),
        ("metadata:TotalVATAmount", "19.00"),
        ("metadata:DocumentType", "Invoice"),
    )
    note = replace(INVOICE, document_type="CreditNote", transaction_id="amzn1:crow:abc")
    assert feed_options(GERMANY, note, b"%PDF-1.7")[-2:] == (
        ("metadata:DocumentType", "CreditNote"),
        ("metadata:TransactionId", "amzn1:crow:abc"),
    )


@pytest.mark.parametrize(
    ("marketplace", "changes", "pdf", "words"),
    [
        (JAPAN, {}, b"%PDF-1.7", "BE, DE, ES, FR, GB, IE, IT, NL, PL, SE only"),
        (GERMANY, {"number": "a b"}, b"%PDF-1.7", "not an Amazon order number"),
        (GERMANY, {"invoice_number": " 7"}, b"%PDF-1.7", "not an invoice's number"),
        (GERMANY, {"invoice_number": "7\r\n8"}, b"%PDF-1.7", "not an invoice's number"),
        (GERMANY, {"document_type": "Letter"}, b"%PDF-1.7", "an Invoice or a CreditNote"),
        (GERMANY, {"vat": Money(1, "SEK")}, b"%PDF-1.7", "in the same currency"),
        (GERMANY, {"vat": Money(11901, "EUR")}, b"%PDF-1.7", "a part of its total"),
        (GERMANY, {}, b"<html>", "An invoice is a PDF"),
    ],
)
def test_an_invoice_amazon_could_not_take_is_not_sent(
    amazon: Amazon, script: Script, marketplace: str, changes: dict[str, Any], pdf: bytes, words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words):
        amazon.prepare_vat_invoice(marketplace, replace(INVOICE, **changes), pdf)

    assert script.requests == []


def test_a_flat_report_is_read_in_the_charset_it_is_sent_with(amazon: Amazon, script: Script) -> None:
    script.answers("/feeds/2021-06-30/documents/r1", said({"feedDocumentId": "r1", "url": f"{script.url}/report"}))
    text = (
        "Feed Processing Summary:\n\tprocessed\t\t1\n\tsuccessful\t\t0\n\n"
        "original-record-number\terror-code\terror-type\terror-message\n1\t18102\tError\t多すぎます\n"
    )
    headers = {"content-type": "text/tab-separated-values; charset=Shift_JIS"}
    script.answers("/report", Reply(200, text.encode("shift-jis"), headers))

    report = amazon.feed_report(Feed("51", "POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA", "DONE", result_document_id="r1"))

    assert report.messages == (FeedMessage(1, "Error", "18102", "多すぎます"),)


def test_an_invoice_beyond_what_amazon_takes_is_not_sent() -> None:
    with pytest.raises(InvalidRequest, match="An invoice is a PDF of up to 10000000 bytes"):
        feed_options(GERMANY, INVOICE, b"%PDF-" + b"0" * 10_000_000)


def test_a_feeds_options_go_with_it_where_it_has_any(amazon: Amazon, script: Script) -> None:
    feeds = "/feeds/2021-06-30/feeds"
    script.answers(feeds, said({"feedId": "51"}, 202))
    plain = PreparedFeed("amzn1.tortuga.1", "POST_ORDER_ACKNOWLEDGEMENT_DATA", (GERMANY,), "00")

    amazon.create_feed(plain)
    amazon.create_feed(replace(plain, feed_type="UPLOAD_VAT_INVOICE", options=(("metadata:OrderId", NUMBER),)))

    first, second = (json.loads(request.body) for request in script.asked(feeds))
    assert "feedOptions" not in first
    assert second["feedOptions"] == {"metadata:OrderId": NUMBER}
