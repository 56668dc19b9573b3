import base64
import gzip
import hashlib
import io

import pypdf
import pytest

from tests.simulator.application import Application
from tests.support.amazon_models import NEEDS_ALL_MODELS, check
from tests.support.simulator_server import AmazonServer

MFN = "/mfn/v0"
MODEL = "merchantFulfillmentV0"
SHIP_FROM = {
    "Name": "Birch & Anvil",
    "AddressLine1": "Hafenstr. 1",
    "City": "Hamburg",
    "PostalCode": "20095",
    "CountryCode": "DE",
    "Email": "versand@example.com",
    "Phone": "+49 40 123456",
}


def details(application: Application, number: str, **changes: object) -> dict:
    items = application.order(number)["orderItems"]
    return {
        "AmazonOrderId": number,
        "ItemList": [{"OrderItemId": item["orderItemId"], "Quantity": item["quantityOrdered"]} for item in items],
        "ShipFromAddress": SHIP_FROM,
        "PackageDimensions": {"Length": 30, "Width": 20, "Height": 10, "Unit": "centimeters"},
        "Weight": {"Value": 900, "Unit": "g"},
        "ShippingServiceOptions": {
            "DeliveryExperience": "DeliveryConfirmationWithoutSignature",
            "CarrierWillPickUp": False,
        },
        **changes,
    }


def find_services(application: Application, number: str, **changes: object) -> dict:
    body = {"ShipmentRequestDetails": details(application, number, **changes)}
    return application.post(f"{MFN}/eligibleShippingServices", json=body).json()["payload"]


def restrict(application: Application) -> dict[str, str]:
    """Return the header with a restricted data token for labels."""
    resources = [
        {"method": "POST", "path": f"{MFN}/shipments"},
        {"method": "GET", "path": f"{MFN}/shipments/{{shipmentId}}"},
        {"method": "DELETE", "path": f"{MFN}/shipments/{{shipmentId}}"},
    ]
    response = application.post("/tokens/2021-03-01/restrictedDataToken", json={"restrictedResources": resources})
    assert response.status_code == 200
    return {"x-amz-access-token": response.json()["restrictedDataToken"]}


def buy(application: Application, number: str, service: dict, **changes: object):
    body = {
        "ShipmentRequestDetails": details(application, number, **changes),
        "ShippingServiceId": service["ShippingServiceId"],
        "ShippingServiceOfferId": service["ShippingServiceOfferId"],
    }
    return application.post(f"{MFN}/shipments", json=body, headers=restrict(application))


def code_of(response) -> str:
    return response.json()["errors"][0]["code"]


def decode(label: dict) -> bytes:
    contents = label["FileContents"]
    document = gzip.decompress(base64.b64decode(contents["Contents"]))
    checksum = base64.b64encode(hashlib.md5(document, usedforsecurity=False).digest()).decode()
    assert checksum == contents["Checksum"]
    return document


def with_format(label_format: str) -> dict:
    options = {"DeliveryExperience": "NoTracking", "CarrierWillPickUp": False, "LabelFormat": label_format}
    return {"ShippingServiceOptions": options}


def test_a_label_is_bought_and_confirms_its_package(amazon: AmazonServer, application: Application):
    number = amazon.world.place("DE", lines=((0, 2),))
    (service, *_) = find_services(application, number)["ShippingServiceList"]
    shipment = buy(application, number, service).json()["payload"]
    order = application.order(number)
    assert order["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
    assert [package["trackingNumber"] for package in order["packages"]] == [shipment["TrackingId"]]
    assert len(amazon.world.effects("label", number)) == 1


def test_a_label_is_a_pdf_of_four_by_six_inches(amazon: AmazonServer, application: Application):
    number = amazon.world.place("DE")
    (service, *_) = find_services(application, number)["ShippingServiceList"]
    label = buy(application, number, service, **with_format("PDF")).json()["payload"]["Label"]
    page = pypdf.PdfReader(io.BytesIO(decode(label))).pages[0]
    assert (float(page.mediabox.width), float(page.mediabox.height)) == (288, 432)
    assert number in page.extract_text()


def test_a_label_is_zpl_if_the_carrier_has_it(amazon: AmazonServer, application: Application):
    first, second = amazon.world.place("DE"), amazon.world.place("DE")
    services = find_services(application, first)["ShippingServiceList"]
    zpl = next(service for service in services if "ZPL203" in service["AvailableLabelFormats"])
    label = buy(application, first, zpl, **with_format("ZPL203")).json()["payload"]["Label"]
    assert label["FileContents"]["FileType"] == "application/zpl"
    assert decode(label).startswith(b"^XA")
    pdf_only = next(
        service
        for service in find_services(application, second)["ShippingServiceList"]
        if "ZPL203" not in service["AvailableLabelFormats"]
    )
    assert code_of(buy(application, second, pdf_only, **with_format("ZPL203"))) == "LabelFormatNotSupported"


def test_items_that_have_shipped_need_no_label(amazon: AmazonServer, application: Application):
    number = amazon.world.place("DE")
    (service, *_) = find_services(application, number)["ShippingServiceList"]
    assert buy(application, number, service).status_code == 200
    assert code_of(buy(application, number, service)) == "ShipmentAlreadyExists"
    assert len(amazon.world.effects("label", number)) == 1


def test_an_offer_is_for_its_order_alone(amazon: AmazonServer, application: Application):
    first, second = amazon.world.place("DE"), amazon.world.place("DE")
    (service, *_) = find_services(application, first)["ShippingServiceList"]
    assert code_of(buy(application, second, service)) == "InvalidShippingServiceOfferId"


def test_a_heavy_package_is_rejected_by_its_carriers(amazon: AmazonServer, application: Application):
    number = amazon.world.place("DE")
    answer = find_services(application, number, Weight={"Value": 31_000, "Unit": "g"})
    assert [service["CarrierName"] for service in answer["ShippingServiceList"]] == ["DHL"]
    assert {service["RejectionReasonCode"] for service in answer["RejectedShippingServiceList"]} == {
        "PACKAGE_TOO_HEAVY"
    }


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ShipFromAddress": {**SHIP_FROM, "Phone": ""}}, "InvalidShipFromAddress"),
        ({"ShipFromAddress": {**SHIP_FROM, "CountryCode": "DEU"}}, "InvalidInput"),
        ({"Weight": {"Value": 0, "Unit": "g"}}, "InvalidRequest"),
        ({"ItemList": []}, "InvalidRequest"),
    ],
    ids=["no phone", "country of three letters", "no weight", "no items"],
)
def test_bad_packages_are_refused(amazon: AmazonServer, application: Application, changes, code):
    number = amazon.world.place("DE")
    body = {"ShipmentRequestDetails": details(application, number, **changes)}
    response = application.post(f"{MFN}/eligibleShippingServices", json=body)
    assert (response.status_code, code_of(response)) == (400, code)


def test_an_address_abroad_needs_a_description_of_the_goods(amazon: AmazonServer, application: Application):
    number = amazon.world.place("DE")
    abroad = {**SHIP_FROM, "CountryCode": "AT", "PostalCode": "1010", "City": "Wien"}
    (service, *_) = find_services(application, number, ShipFromAddress=abroad)["ShippingServiceList"]
    assert service["RequiresAdditionalSellerInputs"] is True
    assert code_of(buy(application, number, service, ShipFromAddress=abroad)) == "InvalidInput"


def test_an_unused_label_is_refunded_after_a_while(amazon: AmazonServer, application: Application):
    world, number = amazon.world, amazon.world.place("DE")
    world.label_refund_seconds = 60
    (service, *_) = find_services(application, number)["ShippingServiceList"]
    path = f"{MFN}/shipments/{buy(application, number, service).json()['payload']['ShipmentId']}"
    header = restrict(application)
    cancelled = application.delete(path, headers=header).json()["payload"]
    assert (cancelled["Status"], cancelled["Label"]["FileContents"]["Contents"]) == ("RefundPending", "")
    world.clock.move(61)
    assert application.get(path, headers=header).json()["payload"]["Status"] == "RefundApplied"
    assert code_of(application.delete(path, headers=header)) == "InvalidRequest"
    assert len(world.effects("label_refund", number)) == 1


def test_a_label_cannot_be_given_back_after_a_day(amazon: AmazonServer, application: Application):
    number = amazon.world.place("DE")
    (service, *_) = find_services(application, number)["ShippingServiceList"]
    path = f"{MFN}/shipments/{buy(application, number, service).json()['payload']['ShipmentId']}"
    amazon.world.clock.move(24 * 3600 + 60)
    renewed = Application(amazon.url)
    assert code_of(renewed.delete(path, headers=restrict(renewed))) == "LabelCancelWindowExpired"
    renewed.close()


def test_labels_need_a_restricted_data_token(amazon: AmazonServer, application: Application):
    number = amazon.world.place("DE")
    body = {"ShipmentRequestDetails": details(application, number), "ShippingServiceId": "UPS_PTP_STANDARD"}
    response = application.post(f"{MFN}/shipments", json=body)
    assert response.status_code == 403
    assert "restricted data token" in response.json()["errors"][0]["details"]


@pytest.mark.parametrize("limits", ["amazon"])
def test_create_shipment_is_limited_to_a_burst_of_two(amazon: AmazonServer, application: Application, limits):
    header = restrict(application)
    number = amazon.world.place("DE")
    body = {"ShipmentRequestDetails": details(application, number), "ShippingServiceId": "X"}
    amazon.world.clock.freeze()
    amazon.world.limits = type(amazon.world.limits)(limits)
    statuses = [application.post(f"{MFN}/shipments", json=body, headers=header).status_code for _ in range(3)]
    assert statuses == [400, 400, 429]


class TestModels:
    pytestmark = NEEDS_ALL_MODELS

    def test_answers_conform_to_the_model(self, amazon: AmazonServer, application: Application):
        number, abroad = amazon.world.place("DE"), {**SHIP_FROM, "CountryCode": "AT"}
        body = {"ShipmentRequestDetails": details(application, number)}
        check(body, MODEL, "GetEligibleShipmentServicesRequest")
        answer = application.post(f"{MFN}/eligibleShippingServices", json=body).json()
        check(answer, MODEL, "GetEligibleShipmentServicesResponse")
        inputs = {"ShippingServiceId": "UPS_PTP_STANDARD", "ShipFromAddress": abroad, "OrderId": number}
        fields = application.post(f"{MFN}/additionalSellerInputs", json=inputs).json()
        check(fields, MODEL, "GetAdditionalSellerInputsResponse")
        bought = buy(application, number, answer["payload"]["ShippingServiceList"][0]).json()
        check(bought, MODEL, "CreateShipmentResponse")
        path, header = f"{MFN}/shipments/{bought['payload']['ShipmentId']}", restrict(application)
        check(application.get(path, headers=header).json(), MODEL, "GetShipmentResponse")
        check(application.delete(path, headers=header).json(), MODEL, "CancelShipmentResponse")

    def test_offers_of_a_ship_plus_order_conform_to_the_model(self, amazon: AmazonServer, application: Application):
        number = amazon.world.place("DE", programs=("FBM_SHIP_PLUS",))
        answer = find_services(application, number)
        check({"payload": answer}, MODEL, "GetEligibleShipmentServicesResponse")
        assert answer["ShippingServiceList"][0]["RateWithAdjustments"]["Amount"] == 0

    def test_an_answer_without_services_conforms_to_the_model(self, amazon: AmazonServer, application: Application):
        amazon.world.faults.arm("no_services", "getEligibleShipmentServices")
        check(
            {"payload": find_services(application, amazon.world.place("DE"))},
            MODEL,
            "GetEligibleShipmentServicesResponse",
        )
