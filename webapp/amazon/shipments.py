"""Orders v0 confirmShipment: one call for each parcel."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from webapp.amazon.client import Client
from webapp.amazon.http import AmazonResponse
from webapp.amazon.order_schema import NUMBER
from webapp.amazon.orders import check_marketplaces, check_order_number, format_time
from webapp.domain.amazon.errors import InvalidRequest
from webapp.domain.shipping.carriers import OTHER, Parcel

_REFERENCE = re.compile(r"[1-9]\d{0,17}", re.ASCII)
# The longest text of a parcel, in characters.
_MAX_LENGTH = 200
# A Date header has no fraction of a second.
_DATE_FRACTION = timedelta(seconds=1)


def confirm(client: Client, number: str, marketplace_id: str, parcel: Parcel) -> None:
    """Confirm a parcel. Raises OutcomeUnknown when it may have been accepted; the same parcel can be sent again."""
    path = f"/orders/v0/orders/{check_order_number('confirmShipment', number)}/shipmentConfirmation"
    (marketplace,) = check_marketplaces(client.credentials.endpoint, [marketplace_id])
    now = client.amazon_time()
    if now is not None and parcel.shipped_at.tzinfo is not None and parcel.shipped_at - now > _DATE_FRACTION:
        # This machine's clock is ahead. Amazon rejects a shipping time in the future.
        parcel = replace(parcel, shipped_at=now)
    body = {"marketplaceId": marketplace, "packageDetail": build_package_detail(parcel)}
    if parcel.collects_cash:
        body["codCollectionMethod"] = "DirectPayment"
    client.call("confirmShipment", "POST", path, _check_confirmed, body=body, idempotent=False)


def build_package_detail(parcel: Parcel) -> dict[str, Any]:
    """Return the parcel in Amazon's form. Raises InvalidRequest for one that Amazon would reject."""
    _check(parcel)
    detail: dict[str, Any] = {
        "packageReferenceId": parcel.reference,
        "carrierCode": parcel.carrier_code,
        "trackingNumber": parcel.tracking_number,
        "shipDate": format_time(parcel.shipped_at),
        "orderItems": [_build_item(parcel, item, quantity) for item, quantity in parcel.items],
    }
    if parcel.carrier_name:
        detail["carrierName"] = parcel.carrier_name
    if parcel.shipping_method:
        detail["shippingMethod"] = parcel.shipping_method
    return detail


def _build_item(parcel: Parcel, item: str, quantity: int) -> dict[str, Any]:
    codes = parcel.transparency_codes.get(item)
    return {"orderItemId": item, "quantity": quantity} | ({"transparencyCodes": list(codes)} if codes else {})


def _check(parcel: Parcel) -> None:
    if not _REFERENCE.fullmatch(parcel.reference):
        raise _build_invalid_request("A parcel's reference is a positive number.")
    if not parcel.carrier_code or (parcel.carrier_code == OTHER and not parcel.carrier_name):
        raise _build_invalid_request("A parcel needs its carrier, and another one than Amazon's its name.")
    if not parcel.tracking_number.strip():
        raise _build_invalid_request("A parcel needs its tracking number.")
    texts = (parcel.carrier_code, parcel.carrier_name, parcel.shipping_method, parcel.tracking_number)
    if any(text and len(text) > _MAX_LENGTH for text in texts):
        raise _build_invalid_request(f"A text of the parcel is longer than {_MAX_LENGTH} characters.")
    if parcel.shipped_at.tzinfo is None:
        raise _build_invalid_request("The time of shipping has no time zone.")
    ids = [item for item, _ in parcel.items]
    if not ids or len(set(ids)) < len(ids) or not all(map(NUMBER.fullmatch, ids)):
        raise _build_invalid_request("A parcel needs items of the order, each once.")
    if any(type(quantity) is not int or quantity < 1 for _, quantity in parcel.items):
        raise _build_invalid_request("A parcel holds one or more of each of its items.")
    if any(codes and len(codes) != dict(parcel.items).get(item) for item, codes in parcel.transparency_codes.items()):
        raise _build_invalid_request("A parcel needs the Transparency code of each of its units.")


def _build_invalid_request(message: str) -> InvalidRequest:
    return InvalidRequest(message, operation="confirmShipment")


def _check_confirmed(response: AmazonResponse) -> None:
    # Amazon sends 204 with an empty body; anything else does not come from Amazon.
    if response.status != 204 or response.body.strip():
        raise response.invalid_response(f"status {response.status} and something that is not its confirmation")
