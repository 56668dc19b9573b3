"""What must be known before an order is packed and shipped, and the names and values of its details."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.amazon.order_details import ItemDetails, OrderDetails, load, load_items

SENTENCES = {
    "customization_unknown": _l("Item %(name)s of this order is not customized."),
    "customization_not_zip": _l("Amazon did not send a ZIP file. Download it in Seller Central instead."),
    "handling_age_check": _l("The carrier must check the recipient's age at delivery."),
    "handling_identity_check": _l("The carrier must check the recipient's identity at delivery."),
    "handling_signature": _l("The recipient must sign for the delivery. Choose a service with signature."),
    "handling_cash_on_delivery": _l("The buyer pays at delivery. Choose a service that collects the amount."),
    "handling_pallet": _l("The order must be delivered on a pallet."),
    "handling_customized": _l("The buyer customized an item. Download what the buyer chose under Order items."),
    "handling_transparency": _l("Each unit needs its Transparency code."),
    "handling_serial_numbers": _l("The serial number of each unit must be recorded."),
    "handling_scheduled": _l("The buyer chose a time of delivery."),
    "handling_easy_ship": _l("Amazon's carrier collects the package (Easy Ship). It is scheduled in Seller Central."),
    "handling_pickup_point": _l("The address is a pickup point. Not every carrier delivers there."),
}

Details = tuple[OrderDetails, list[ItemDetails]]


def _join(values: Iterable[object]) -> str:
    """Join values without duplicates and empty ones."""
    return "; ".join(dict.fromkeys(str(value) for value in values if value not in (None, "")))


def _of_items(name: str) -> Callable[[Details], str]:
    def read(details: Details) -> str:
        values = [getattr(item, name) for item in details[1]]
        return _join(entry for value in values for entry in (value if isinstance(value, tuple) else (value,)))

    return read


def _buyer_tax_numbers(details: Details) -> str:
    return _join(
        " ".join(filter(None, (entry.type, entry.number)))
        for entry in details[0].tax_registrations
        if entry.entity == "BUYER"
    )


VALUES: tuple[tuple[Any, Callable[[Details], str]], ...] = (
    (_l("IOSS number"), _of_items("ioss_number")),
    (_l("Tax scheme"), _of_items("tax_schemes")),
    (_l("Tax collected by"), _of_items("tax_collected_by")),
    (_l("Buyer's tax number"), _buyer_tax_numbers),
    (_l("Invoice preference"), lambda details: details[0].invoice_preference or ""),
    (_l("Electronic invoice"), lambda details: details[0].invoice_status or ""),
    (_l("Deliver from"), lambda details: details[0].deliver_from or ""),
    (_l("Scheduled delivery from"), _of_items("scheduled_from")),
    (_l("Scheduled delivery until"), _of_items("scheduled_until")),
    (_l("Delivery hours"), lambda details: _join(details[0].delivery_hours)),
    (_l("Address type"), lambda details: details[0].address_type or ""),
    (_l("Condition"), _of_items("condition_subtype")),
    (_l("Condition note"), _of_items("condition_note")),
    (_l("Item programs"), _of_items("programs")),
    (_l("Price"), _of_items("price_designation")),
    (_l("Promotion"), _of_items("promotions")),
    (_l("Serial numbers"), _of_items("serial_numbers")),
    (_l("Customization"), _of_items("customized_url")),
    (_l("Points"), _of_items("points")),
    (_l("Easy Ship order"), lambda details: _join(details[0].fulfillment_orders)),
)


def load_details(stored: Mapping[str, Any] | None) -> Details:
    return load(stored), list(load_items(stored).values())


def list_values(stored: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return (name, value) of each detail that the order has."""
    details = load_details(stored)
    return [(str(name), value) for name, read in VALUES if (value := read(details))]
