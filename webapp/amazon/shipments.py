"""Orders v0 confirmShipment: one call a parcel."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from webapp.amazon.client import Client
from webapp.amazon.http import AmazonResponse
from webapp.amazon.order_schema import NUMBER
from webapp.amazon.orders import checked_marketplaces, checked_number, stamp
from webapp.domain.amazon.errors import InvalidRequest
from webapp.domain.shipping.carriers import OTHER, Parcel

_REFERENCE = re.compile(r"[1-9]\d{0,17}", re.ASCII)
# The longest text of a parcel that is sent, in characters.
_LONGEST = 200
# A Date header leaves out the fraction of a second.
_DATE_FRACTION = timedelta(seconds=1)


def confirm(client: Client, number: str, marketplace_id: str, parcel: Parcel) -> None:
    """Tell Amazon of a parcel. Raises LostAnswer when it may know of it: the same again edits it to what it is."""
    path = f"/orders/v0/orders/{checked_number('confirmShipment', number)}/shipmentConfirmation"
    (marketplace,) = checked_marketplaces(client.credentials.endpoint, [marketplace_id])
    there = client.amazon_time()
    if there is not None and parcel.shipped_at.tzinfo is not None and parcel.shipped_at - there > _DATE_FRACTION:
        # Only a clock that is ahead puts a parcel into the future, and Amazon would refuse it.
        parcel = replace(parcel, shipped_at=there)
    body = {"marketplaceId": marketplace, "packageDetail": package_detail(parcel)}
    client.call("confirmShipment", "POST", path, _confirmed, body=body, repeat_safe=False)


def package_detail(parcel: Parcel) -> dict[str, Any]:
    """The parcel as Amazon reads it. Raises InvalidRequest for one it could not take."""
    _check(parcel)
    detail: dict[str, Any] = {
        "packageReferenceId": parcel.reference,
        "carrierCode": parcel.carrier_code,
        "trackingNumber": parcel.tracking_number,
        "shipDate": stamp(parcel.shipped_at),
        "orderItems": [{"orderItemId": item, "quantity": quantity} for item, quantity in parcel.items],
    }
    if parcel.carrier_name:
        detail["carrierName"] = parcel.carrier_name
    if parcel.shipping_method:
        detail["shippingMethod"] = parcel.shipping_method
    return detail


def _check(parcel: Parcel) -> None:
    if not _REFERENCE.fullmatch(parcel.reference):
        raise _refusal("A parcel's reference is a positive number.")
    if not parcel.carrier_code or (parcel.carrier_code == OTHER and not parcel.carrier_name):
        raise _refusal("A parcel needs its carrier, and another one than Amazon's its name.")
    if not parcel.tracking_number.strip():
        raise _refusal("A parcel needs its tracking number.")
    texts = (parcel.carrier_code, parcel.carrier_name, parcel.shipping_method, parcel.tracking_number)
    if any(text and len(text) > _LONGEST for text in texts):
        raise _refusal(f"A text of the parcel is longer than {_LONGEST} characters.")
    if parcel.shipped_at.tzinfo is None:
        raise _refusal("The time of shipping has no time zone.")
    ids = [item for item, _ in parcel.items]
    if not ids or len(set(ids)) < len(ids) or not all(map(NUMBER.fullmatch, ids)):
        raise _refusal("A parcel needs items of the order, each once.")
    if any(type(quantity) is not int or quantity < 1 for _, quantity in parcel.items):
        raise _refusal("A parcel holds one or more of each of its items.")


def _refusal(message: str) -> InvalidRequest:
    return InvalidRequest(message, operation="confirmShipment")


def _confirmed(answer: AmazonResponse) -> None:
    # 204 with nothing in it is all that is promised; a page in its place comes from somebody else.
    if answer.status != 204 or answer.body.strip():
        raise answer.unintelligible(f"status {answer.status} and something that is not its confirmation")
