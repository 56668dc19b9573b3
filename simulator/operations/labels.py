"""Merchant Fulfillment: services with their prices, labels that are bought, and refunds of labels that were not used.

The offers are invented. A label confirms its own package: no confirmShipment follows.
"""

import math
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from simulator.operations import label_documents, lifecycle
from simulator.operations.errors import ApiError, invalid_input, not_found
from simulator.state.clock import format_iso, parse_iso
from simulator.state.marketplaces import BY_ID, DIGITS
from simulator.state.orders import OrderRecord
from simulator.state.world_state import WorldState

# How long an unused label can be given back.
REFUND_WINDOW = timedelta(days=1)
EXPERIENCES = (
    "DeliveryConfirmationWithAdultSignature",
    "DeliveryConfirmationWithSignature",
    "DeliveryConfirmationWithoutSignature",
    "NoTracking",
)
GRAMS = {"g": 1.0, "oz": 28.349523125}
CENTIMETERS = {"centimeters": 1.0, "inches": 2.54}
ADDRESS = ("Name", "AddressLine1", "City", "PostalCode", "CountryCode", "Email", "Phone")
# Countries whose addresses need a state or province.
STATE_COUNTRIES = ("US", "CA", "GB")
# Amazon needs more data of these for an address in another country.
CUSTOMS_FIELD = "CUSTOMS_DESCRIPTION"


@dataclass(frozen=True, slots=True)
class Service:
    """`base` and `per_kg` in cents of a euro; `days` until delivery; `max_grams`: the heaviest package."""

    id: str
    name: str
    carrier: str
    base: int
    per_kg: int
    days: int
    max_grams: int
    formats: tuple[str, ...] = ("PDF", "ZPL203")


_DEFAULT = (
    Service("UPS_PTP_STANDARD", "UPS Standard", "UPS", 690, 60, 3, 30_000),
    Service("UPS_PTP_EXPRESS_SAVER", "UPS Express Saver", "UPS", 1490, 120, 1, 30_000),
    Service("DHL_PTP_PARCEL", "DHL Paket", "DHL", 549, 80, 2, 31_500),
    Service("DPD_PTP_CLASSIC", "DPD Classic", "DPD", 479, 70, 4, 20_000, ("PDF",)),
)
SERVICES = {
    "US": (
        Service("UPS_PTP_GND", "UPS Ground", "UPS", 890, 90, 5, 68_000),
        Service("UPS_PTP_2ND_DAY_AIR", "UPS 2nd Day Air", "UPS", 2190, 190, 2, 68_000),
        Service("USPS_PTP_PRI", "USPS Priority Mail", "USPS", 780, 110, 3, 31_000),
    ),
    "JP": (Service("YAMATO_PTP_TA_Q_BIN", "Yamato TA-Q-BIN", "YAMATO", 600, 50, 2, 25_000),),
}


def list_services(world: WorldState, order: OrderRecord, content: Any) -> dict[str, Any]:
    """Return the offers for the package of the request. Raises ApiError."""
    details = check_details(order, content)
    result: dict[str, Any] = {"ShippingServiceList": [], "RejectedShippingServiceList": []}
    if world.faults.trigger("getEligibleShipmentServices", name="no_services"):
        return {**result, "TemporarilyUnavailableCarrierList": [{"CarrierName": "UPS"}]}
    grams = details["Weight"]["Value"] * GRAMS[details["Weight"]["Unit"]]
    for service in SERVICES.get(details["ShipFromAddress"]["CountryCode"], _DEFAULT):
        if grams > service.max_grams:
            result["RejectedShippingServiceList"].append(describe_rejection(service))
            continue
        offer = describe_offer(world, order, service, grams, is_abroad(order, details))
        world.label_offers[offer["ShippingServiceOfferId"]] = {"order": order.id, "service": offer, "details": details}
        result["ShippingServiceList"].append(offer)
    return result


def list_additional_inputs(order: OrderRecord, content: Any) -> dict[str, Any]:
    """Return the fields a service needs besides, for an address in another country."""
    if not isinstance(content, dict) or not content.get("ShippingServiceId"):
        raise invalid_input("ShippingServiceId: is required.")
    check_address(content.get("ShipFromAddress"))
    if not is_abroad(order, content):
        return {"ShipmentLevelFields": [], "ItemLevelFieldsList": []}
    definition = {
        "IsRequired": True,
        "DataType": "String",
        "Constraints": [{"ValidationString": "1 to 100 characters", "ValidationRegEx": ".{1,100}"}],
        "InputDisplayText": "Description of the goods",
        "InputTarget": "SHIPMENT_LEVEL",
        "StoredValue": {"DataType": "String", "ValueAsString": ""},
        "RestrictedSetValues": [],
    }
    field = {"AdditionalInputFieldName": CUSTOMS_FIELD, "SellerInputDefinition": definition}
    return {"ShipmentLevelFields": [field], "ItemLevelFieldsList": []}


def buy(world: WorldState, order: OrderRecord, content: Any) -> dict[str, Any]:
    """Buy the label of an offer, and confirm its package. Raises ApiError."""
    details = check_details(order, content)
    offer_id = content.get("ShippingServiceOfferId")
    offer = world.label_offers.get(str(offer_id))
    if offer is None or offer["order"] != order.id:
        raise label_error("InvalidShippingServiceOfferId", "The specified ShippingServiceOfferId value is invalid.")
    service = offer["service"]
    if service["ShippingServiceId"] != content.get("ShippingServiceId"):
        raise label_error("InvalidRequest", "The ShippingServiceId does not belong to the ShippingServiceOfferId.")
    if world.faults.trigger("createShipment", name="offer_expired"):
        del world.label_offers[str(offer_id)]
        message = "The specified ShippingServiceOfferId value is no longer valid."
        raise label_error("ShippingServiceOfferNotAvailable", message)
    if world.faults.trigger("createShipment", name="insufficient_funds"):
        message = "The requested shipping label purchase was rejected because of insufficient funds."
        raise label_error("InsufficientFunds", message)
    label_format = parse_format(details, service)
    inputs = content.get("ShipmentLevelSellerInputsList") or []
    if service["RequiresAdditionalSellerInputs"] and CUSTOMS_FIELD not in [
        entry.get("AdditionalInputFieldName") for entry in inputs
    ]:
        raise invalid_input(f"{CUSTOMS_FIELD}: is required for this shipping service.")
    return save_shipment(world, order, details, service, label_format)


def save_shipment(
    world: WorldState, order: OrderRecord, details: dict[str, Any], service: dict[str, Any], label_format: str
) -> dict[str, Any]:
    now = format_iso(world.next_timestamp())
    tracking_number = build_tracking_number(service["CarrierName"], world.next_serial("label"))
    recipient = order.body.get("recipient", {}).get("deliveryAddress", {})
    shipment = {
        "ShipmentId": str(uuid.uuid4()),
        "AmazonOrderId": order.id,
        "ItemList": details["ItemList"],
        "ShipFromAddress": details["ShipFromAddress"],
        "ShipToAddress": build_ship_to(recipient),
        "PackageDimensions": details["PackageDimensions"],
        "Weight": details["Weight"],
        "Insurance": {"CurrencyCode": service["Rate"]["CurrencyCode"], "Amount": 0.0},
        "ShippingService": service,
        "Label": label_documents.build_label(label_format, order.id, tracking_number, service, recipient),
        "Status": "Purchased",
        "TrackingId": tracking_number,
        "CreatedDate": now,
        "LastUpdatedDate": now,
    }
    world.save_label(shipment["ShipmentId"], {"seller": order.seller_id, "shipment": shipment, "refund_at": None})
    world.record_effect(
        "label",
        actor="MERCHANT",
        channel="createShipment",
        order_id=order.id,
        shipment=shipment["ShipmentId"],
        service=service["ShippingServiceId"],
        amount=service["Rate"]["Amount"],
        currency=service["Rate"]["CurrencyCode"],
    )
    numbers = [int(package["packageReferenceId"]) for package in order.body.get("packages", [])]
    package = {
        "packageReferenceId": str(max(numbers, default=0) + 1),
        "createdTime": now,
        "packageStatus": {"status": "SHIPPED"},
        "carrier": service["CarrierName"],
        "shipTime": now,
        "shippingService": service["ShippingServiceName"],
        "trackingNumber": tracking_number,
        "packageItems": [
            {"orderItemId": item["OrderItemId"], "quantity": item["Quantity"]} for item in details["ItemList"]
        ],
    }
    if not world.faults.trigger("createShipment", name="package_unseen"):
        lifecycle.save_package(world, order, package, channel="createShipment")
    return shipment


def find_label(world: WorldState, seller_id: str, shipment_id: str) -> dict[str, Any]:
    """Return the stored label, with its refund applied if it is due. Raises ApiError."""
    label = world.labels.get(shipment_id)
    if label is None or label["seller"] != seller_id:
        raise not_found(f"Shipment {shipment_id} was not found.")
    if label["refund_at"] and label["refund_at"] <= format_iso(world.now()):
        rejected = world.faults.trigger("getShipment", name="refund_rejected")
        set_status(world, label, "RefundRejected" if rejected else "RefundApplied", None)
    return label


def cancel(world: WorldState, label: dict[str, Any]) -> dict[str, Any]:
    """Request the refund of a label. The package stays on the order. Raises ApiError."""
    shipment: dict[str, Any] = label["shipment"]
    if shipment["Status"] != "Purchased":
        raise label_error("InvalidRequest", f"The shipment is {shipment['Status']} and cannot be cancelled.")
    bought_at = parse_iso(shipment["CreatedDate"])
    if world.now() > bought_at + REFUND_WINDOW or world.faults.trigger("cancelShipment", name="refund_too_late"):
        raise label_error(
            "LabelCancelWindowExpired", "The cancellation window for requesting a label refund has expired."
        )
    set_status(world, label, "RefundPending", world.now() + timedelta(seconds=world.label_refund_seconds))
    # A canceled shipment has an empty label.
    shipment["Label"]["FileContents"] = {"Contents": "", "FileType": "application/pdf", "Checksum": ""}
    world.record_effect(
        "label_refund",
        actor="MERCHANT",
        channel="cancelShipment",
        order_id=shipment["AmazonOrderId"],
        shipment=shipment["ShipmentId"],
    )
    return shipment


def set_status(world: WorldState, label: dict[str, Any], status: str, refund_at: datetime | None) -> None:
    label["shipment"]["Status"] = status
    label["shipment"]["LastUpdatedDate"] = format_iso(world.next_timestamp())
    label["refund_at"] = format_iso(refund_at) if refund_at else None
    world.save_label(label["shipment"]["ShipmentId"], label)


def check_details(order: OrderRecord, content: Any) -> dict[str, Any]:
    """Return the ShipmentRequestDetails of a request. Raises ApiError."""
    details = content.get("ShipmentRequestDetails") if isinstance(content, dict) else None
    if not isinstance(details, dict):
        raise label_error("InvalidRequest", "Request has missing or invalid parameters and cannot be parsed.")
    check_address(details.get("ShipFromAddress"))
    check_package(details)
    options = details.get("ShippingServiceOptions") or {}
    if options.get("DeliveryExperience") not in EXPERIENCES or not isinstance(options.get("CarrierWillPickUp"), bool):
        raise label_error("InvalidRequest", "ShippingServiceOptions: has missing or invalid parameters.")
    if order.is_fba or order.status not in (*lifecycle.SHIPPABLE, "SHIPPED"):
        raise label_error(
            "InvalidRequest", f"The order {order.id} is not eligible for the Merchant Fulfillment service."
        )
    check_items(order, details.get("ItemList"))
    return details


def check_items(order: OrderRecord, lines: Any) -> None:
    items = {item["orderItemId"]: item["fulfillment"]["quantityUnfulfilled"] for item in order.body["orderItems"]}
    if not isinstance(lines, list) or not lines or not all(isinstance(line, dict) for line in lines):
        raise label_error("InvalidRequest", "ItemList: is required.")
    for line in lines:
        quantity = line.get("Quantity")
        if line.get("OrderItemId") not in items or not isinstance(quantity, int) or quantity < 1:
            raise label_error("InvalidRequest", f"OrderItemId: {line.get('OrderItemId')} is invalid.")
        if quantity > items[line["OrderItemId"]]:
            message = "One or more items have already shipped. Specify only unshipped items."
            raise label_error("ShipmentAlreadyExists", message)


def check_address(address: Any) -> None:
    if not isinstance(address, dict) or any(not address.get(name) for name in ADDRESS):
        raise label_error("InvalidShipFromAddress", "The specified ShipFromAddress value is invalid.")
    country = str(address["CountryCode"])
    if len(country) > 2:
        raise invalid_input(
            f"1 validation error detected: Value '{country}' at 'shipmentRequestDetails.shipFromAddress.countryCode' "
            "failed to satisfy constraint: Member must have length less than or equal to 2"
        )
    if country in STATE_COUNTRIES and not address.get("StateOrProvinceCode"):
        raise label_error("InvalidShipFromAddress", "The specified ShipFromAddress value is invalid.")


def check_package(details: dict[str, Any]) -> None:
    size, weight = details.get("PackageDimensions"), details.get("Weight")
    numbers = [size.get(name) for name in ("Length", "Width", "Height")] if isinstance(size, dict) else []
    numbers += [weight.get("Value")] if isinstance(weight, dict) else []
    if len(numbers) != 4 or not all(isinstance(value, int | float) and value > 0 for value in numbers):
        raise label_error("InvalidRequest", "PackageDimensions and Weight: must be greater than 0.")
    if details["PackageDimensions"].get("Unit") not in CENTIMETERS or details["Weight"].get("Unit") not in GRAMS:
        raise label_error("InvalidRequest", "PackageDimensions or Weight: the unit is invalid.")


def parse_format(details: dict[str, Any], service: dict[str, Any]) -> str:
    wanted = details["ShippingServiceOptions"].get("LabelFormat") or "ShippingServiceDefault"
    formats: list[str] = service["AvailableLabelFormats"]
    if wanted not in (*formats, "ShippingServiceDefault"):
        message = "The requested LabelFormat does not match the available formats."
        raise label_error("LabelFormatNotSupported", message)
    return formats[0] if wanted == "ShippingServiceDefault" else str(wanted)


def describe_offer(
    world: WorldState, order: OrderRecord, service: Service, grams: float, abroad: bool
) -> dict[str, Any]:
    marketplace = BY_ID[order.body["salesChannel"]["marketplaceId"]]
    digits = DIGITS.get(marketplace.currency, 2)
    cents = service.base + service.per_kg * math.ceil(grams / 1000)
    amount = round((cents * (3 if abroad else 1)) / 100 * marketplace.rate, digits)
    rate = {"CurrencyCode": marketplace.currency, "Amount": amount}
    arrival = world.now() + timedelta(days=service.days + (3 if abroad else 0))
    offer = {
        "ShippingServiceName": service.name,
        "CarrierName": service.carrier,
        "ShippingServiceId": service.id,
        "ShippingServiceOfferId": f"offer-{uuid.uuid4().hex}",
        "ShipDate": format_iso(world.now()),
        "EarliestEstimatedDeliveryDate": format_iso(arrival),
        "LatestEstimatedDeliveryDate": format_iso(arrival + timedelta(days=1)),
        "Rate": rate,
        "RateWithAdjustments": rate,
        "ShippingServiceOptions": {
            "DeliveryExperience": "DeliveryConfirmationWithoutSignature",
            "CarrierWillPickUp": False,
        },
        "AvailableLabelFormats": list(service.formats),
        "RequiresAdditionalSellerInputs": abroad,
        "Benefits": {"IncludedBenefits": ["CLAIMS_PROTECTED"], "ExcludedBenefits": []},
    }
    if "FBM_SHIP_PLUS" in order.body.get("programs", ()):
        credit = {
            "RateItemID": "FBM_SHIP_PLUS_CREDIT",
            "RateItemType": "INCLUDED",
            "RateItemCharge": rate,
            "RateItemNameLocalization": "FBM Ship Plus Credit",
        }
        offer["AdjustmentItemList"] = [credit]
        offer["RateWithAdjustments"] = {"CurrencyCode": marketplace.currency, "Amount": 0.0}
    return offer


def describe_rejection(service: Service) -> dict[str, str]:
    return {
        "CarrierName": service.carrier,
        "ShippingServiceName": service.name,
        "ShippingServiceId": service.id,
        "RejectionReasonCode": "PACKAGE_TOO_HEAVY",
        "RejectionReasonMessage": "The package is heavier than the carrier accepts.",
    }


def is_abroad(order: OrderRecord, details: dict[str, Any]) -> bool:
    address = order.body.get("recipient", {}).get("deliveryAddress", {})
    return bool(address.get("countryCode", "") not in ("", details["ShipFromAddress"]["CountryCode"]))


def build_ship_to(address: dict[str, Any]) -> dict[str, str]:
    """Return the buyer's address in the spelling of this API."""
    ship_to = {
        "Name": address.get("name", ""),
        "AddressLine1": address.get("addressLine1", ""),
        "City": address.get("city", ""),
        "StateOrProvinceCode": address.get("stateOrRegion", ""),
        "PostalCode": address.get("postalCode", ""),
        "CountryCode": address.get("countryCode", ""),
        "Email": "",
        "Phone": address.get("phone", ""),
    }
    if address.get("addressLine2"):
        ship_to["AddressLine2"] = address["addressLine2"]
    return ship_to


def build_tracking_number(carrier: str, serial: int) -> str:
    """Return a number in the form of the carrier, with its check digit where it has one."""
    if carrier == "UPS":
        body = f"A1B2C303{serial:07d}"
        digits = [int(letter) if letter.isdigit() else (ord(letter) - 63) % 10 for letter in body]
        total = sum(digit * (2 if place % 2 else 1) for place, digit in enumerate(digits))
        return f"1Z{body}{-total % 10}"
    if carrier == "DPD":
        return f"0144{serial:010d}"
    body = f"00340434{serial:011d}"
    total = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def label_error(code: str, message: str) -> ApiError:
    return ApiError(400, code, message)
