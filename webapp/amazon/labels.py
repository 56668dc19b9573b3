"""Merchant Fulfillment API v0: services for a package, buying a label, and its refund."""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Mapping
from typing import Any

from webapp.amazon.client import Client
from webapp.amazon.http import AmazonResponse
from webapp.amazon.json_fields import (
    MAX_AMOUNT,
    MalformedError,
    optional_object,
    optional_objects,
    optional_text,
    optional_time,
    optional_word,
    optional_words,
    required_bool,
    required_word,
)
from webapp.amazon.orders import check_order_number
from webapp.domain.amazon.errors import InvalidRequest
from webapp.domain.common.money import Money, MoneyError
from webapp.domain.shipping.labels import (
    LabelRequest,
    PurchasedLabel,
    SenderAddress,
    ServiceAnswer,
    ServiceOffer,
)

PATH = "/mfn/v0"
# These answers contain the buyer's address.
RESTRICTED = (
    ("POST", f"{PATH}/shipments"),
    ("GET", f"{PATH}/shipments/{{shipmentId}}"),
    ("DELETE", f"{PATH}/shipments/{{shipmentId}}"),
)
_SHIPMENT_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
# Offer ids have some hundred characters.
_MAX_OFFER_ID = 2_000
# The most a label may have when decompressed; real ones have some ten kilobytes.
MAX_DOCUMENT_BYTES = 10 * 2**20


def find_services(client: Client, request: LabelRequest) -> ServiceAnswer:
    """Return the services Amazon offers for a package."""
    operation = "getEligibleShipmentServices"
    body = {"ShipmentRequestDetails": build_details(operation, request)}
    return client.call(operation, "POST", f"{PATH}/eligibleShippingServices", _parse_services, body=body)


def buy(client: Client, request: LabelRequest, service_id: str, offer_id: str) -> PurchasedLabel:
    """Buy a label. Raises OutcomeUnknown when it may have been bought: Amazon has no call that lists labels."""
    operation = "createShipment"
    body = {
        "ShipmentRequestDetails": build_details(operation, request),
        "ShippingServiceId": service_id,
        "ShippingServiceOfferId": offer_id,
    }
    path = f"{PATH}/shipments"
    return client.call(operation, "POST", path, _parse_label, body=body, idempotent=False, restricted=RESTRICTED)


def get(client: Client, shipment_id: str) -> PurchasedLabel:
    """Return a label that was bought, with its document."""
    path = _build_path("getShipment", shipment_id)
    return client.call("getShipment", "GET", path, _parse_label, restricted=RESTRICTED)


def refund(client: Client, shipment_id: str) -> PurchasedLabel:
    """Request the refund of an unused label. Raises OutcomeUnknown when it may have been requested."""
    operation = "cancelShipment"
    path = _build_path(operation, shipment_id)
    return client.call(operation, "DELETE", path, _parse_label, idempotent=False, restricted=RESTRICTED)


def build_details(operation: str, request: LabelRequest) -> dict[str, Any]:
    """Return the request in Amazon's form. Raises InvalidRequest for one that Amazon would reject."""
    package = request.package
    if not request.items:
        raise InvalidRequest("A label needs items of the order.", operation=operation)
    options: dict[str, Any] = {"DeliveryExperience": "DeliveryConfirmationWithoutSignature", "CarrierWillPickUp": False}
    if operation == "createShipment":
        options["LabelFormat"] = request.label_format
    details: dict[str, Any] = {
        "AmazonOrderId": check_order_number(operation, request.number),
        "ItemList": [{"OrderItemId": item, "Quantity": quantity} for item, quantity in request.items],
        "ShipFromAddress": _build_address(request.sender),
        "PackageDimensions": {
            "Length": package.length,
            "Width": package.width,
            "Height": package.height,
            "Unit": package.unit,
        },
        "Weight": {"Value": package.weight, "Unit": package.weight_unit},
        "ShippingServiceOptions": options,
    }
    return details


def _build_address(sender: SenderAddress) -> dict[str, str]:
    address = {
        "Name": sender.name,
        "AddressLine1": sender.line1,
        "AddressLine2": sender.line2,
        "City": sender.city,
        "StateOrProvinceCode": sender.region,
        "PostalCode": sender.postal_code,
        "CountryCode": sender.country_code,
        "Email": sender.email,
        "Phone": sender.phone,
    }
    return {name: value for name, value in address.items() if value}


def _build_path(operation: str, shipment_id: str) -> str:
    if not _SHIPMENT_ID.fullmatch(shipment_id):
        raise InvalidRequest("This is not the ID of a shipment at Amazon.", operation=operation)
    return f"{PATH}/shipments/{shipment_id}"


def _parse_services(response: AmazonResponse) -> ServiceAnswer:
    payload = optional_object(response.json(), "payload")
    if payload.get("ShippingServiceList") is None:
        raise MalformedError("payload.ShippingServiceList is missing")
    return ServiceAnswer(
        tuple(
            _parse_offer(entry, path) for path, entry in optional_objects(payload, "ShippingServiceList", "payload.")
        ),
        tuple(
            (
                required_word(entry, "ShippingServiceName", path),
                (
                    optional_text(entry, "RejectionReasonMessage", path)
                    or required_word(entry, "RejectionReasonCode", path)
                )[:200],
            )
            for path, entry in optional_objects(payload, "RejectedShippingServiceList", "payload.")
        ),
        _parse_carriers(payload, "TemporarilyUnavailableCarrierList"),
        _parse_carriers(payload, "TermsAndConditionsNotAcceptedCarrierList"),
    )


def _parse_carriers(payload: Mapping[str, object], key: str) -> tuple[str, ...]:
    return tuple(
        required_word(entry, "CarrierName", path) for path, entry in optional_objects(payload, key, "payload.")
    )


def _parse_offer(entry: Mapping[str, object], path: str) -> ServiceOffer:
    offer_id = optional_text(entry, "ShippingServiceOfferId", path, _MAX_OFFER_ID)
    if offer_id is None:
        raise MalformedError(f"{path}ShippingServiceOfferId is missing")
    return ServiceOffer(
        service_id=required_word(entry, "ShippingServiceId", path),
        offer_id=offer_id,
        name=required_word(entry, "ShippingServiceName", path),
        carrier=required_word(entry, "CarrierName", path),
        price=_parse_price(entry, path),
        earliest=optional_time(entry, "EarliestEstimatedDeliveryDate", path),
        latest=optional_time(entry, "LatestEstimatedDeliveryDate", path),
        formats=optional_words(entry, "AvailableLabelFormats", path),
        needs_inputs=required_bool(entry, "RequiresAdditionalSellerInputs", path),
    )


def _parse_price(service: Mapping[str, object], path: str) -> Money:
    """Return what the seller pays: the rate with Amazon's adjustments."""
    key = "RateWithAdjustments" if service.get("RateWithAdjustments") is not None else "Rate"
    rate = optional_object(service, key, path)
    currency, amount = required_word(rate, "CurrencyCode", f"{path}{key}."), rate.get("Amount")
    if type(amount) not in {int, float} or not len(currency) == 3:
        raise MalformedError(f"{path}{key} is not an amount")
    try:
        price = Money.parse(str(amount), currency)
    except MoneyError:
        raise MalformedError(f"{path}{key}.Amount is not an amount of its currency") from None
    if not 0 <= price.minor <= MAX_AMOUNT:
        raise MalformedError(f"{path}{key}.Amount is out of range")
    return price


def _parse_label(response: AmazonResponse) -> PurchasedLabel:
    payload, path = optional_object(response.json(), "payload"), "payload."
    service = optional_object(payload, "ShippingService", path)
    shipment_id = required_word(payload, "ShipmentId", path)
    if not _SHIPMENT_ID.fullmatch(shipment_id):
        raise MalformedError("payload.ShipmentId is not an id")
    contents = optional_object(optional_object(payload, "Label", path), "FileContents", f"{path}Label.")
    return PurchasedLabel(
        shipment_id=shipment_id,
        number=required_word(payload, "AmazonOrderId", path),
        status=required_word(payload, "Status", path),
        carrier=required_word(service, "CarrierName", f"{path}ShippingService."),
        service=required_word(service, "ShippingServiceName", f"{path}ShippingService."),
        price=_parse_price(service, f"{path}ShippingService."),
        tracking_number=optional_word(payload, "TrackingId", path) or "",
        content=_decode_document(contents),
        content_type=optional_word(contents, "FileType", f"{path}Label.FileContents.") or "",
    )


def _decode_document(contents: Mapping[str, object]) -> bytes | None:
    """Return the document, decompressed; None where Amazon sends an empty one."""
    encoded, path = contents.get("Contents"), "payload.Label.FileContents."
    if encoded is None or encoded == "":
        return None
    if type(encoded) is not str:
        raise MalformedError(f"{path}Contents is not text")
    try:
        compressed = base64.b64decode(encoded, validate=True)
        decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
        document = decompressor.decompress(compressed, MAX_DOCUMENT_BYTES)
    except (binascii.Error, ValueError, zlib.error):
        raise MalformedError(f"{path}Contents is not a compressed document") from None
    if not decompressor.eof:
        raise MalformedError(f"{path}Contents is cut off or too large")
    digest = base64.b64encode(hashlib.md5(document, usedforsecurity=False).digest()).decode()
    if contents.get("Checksum") != digest:
        raise MalformedError(f"{path}Checksum does not match the document")
    return document
