"""Details of Amazon orders that people need and no query does: stored together, encrypted, as one JSON object.

The fields of `OrderDetails` and `ItemDetails` are the table: the dataset that a field belongs to, and whether it is
personal. A dataset that Amazon refused this time does not remove what was stored of it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

# Shipping constraints, by the names of Amazon's fields; the most demanding first.
CONSTRAINTS = (
    "recipientAgeVerification",
    "recipientIdentityVerification",
    "signatureConfirmation",
    "cashOnDelivery",
    "palletDelivery",
)
# The programme whose items carry a code on each unit, which the seller reports to Amazon.
TRANSPARENCY = "TRANSPARENCY"
# The tax collection model of items whose tax Amazon collects and remits.
FACILITATOR = "MARKETPLACE_FACILITATOR"
# What whoever packs and ships an order must know before, as codes; the most demanding first.
HANDLING = (
    "age_check",
    "identity_check",
    "signature",
    "cash_on_delivery",
    "pallet",
    "customized",
    "transparency",
    "serial_numbers",
    "scheduled",
    "easy_ship",
    "pickup_point",
)
HANDLING_OF_CONSTRAINTS = dict(zip(CONSTRAINTS, HANDLING, strict=False))
# A carrier that is not told of these delivers the parcel in vain, or against the law.
LOUD = frozenset(HANDLING_OF_CONSTRAINTS.values())
# The key of what all lines of an order say in their details.
_ITEMS = "items"


def _of(dataset: str, default: Any = None, *, personal: bool = False) -> Any:
    return field(default=default, metadata={"dataset": dataset, "personal": personal})


@dataclass(frozen=True, slots=True)
class TaxRegistration:
    """`entity`: BUYER, MERCHANT or MARKETPLACE. `type`: VAT, BUSINESS, CST, CPF or CNPJ, in Amazon's terms."""

    entity: str | None = None
    name: str | None = None
    type: str | None = None
    number: str | None = None
    address: str | None = None
    office: str | None = None


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """Details of a whole order. Times are ISO 8601 in UTC."""

    deliver_from: str | None = _of("FULFILLMENT")
    # RESIDENTIAL, COMMERCIAL or PICKUP_POINT.
    address_type: str | None = _of("RECIPIENT")
    # Lines of text: `MON 09:00-16:30`.
    delivery_hours: tuple[str, ...] = _of("RECIPIENT", (), personal=True)
    delivery_capabilities: tuple[str, ...] = _of("RECIPIENT", ())
    tax_registrations: tuple[TaxRegistration, ...] = _of("TAX", (), personal=True)
    # INDIVIDUAL or BUSINESS.
    invoice_preference: str | None = _of("TAX", personal=True)
    # Of the electronic invoice that some countries require: NOT_FOUND, PROCESSING, ERRORED, ACCEPTED…
    invoice_status: str | None = _of("TAX")
    # Easy Ship.
    fulfillment_orders: tuple[str, ...] = _of("FULFILLMENT_ORDERS", ())


@dataclass(frozen=True, slots=True)
class ItemDetails:
    """Details of a line."""

    programs: tuple[str, ...] = _of("", ())
    condition_subtype: str | None = _of("")
    condition_note: str | None = _of("")
    price_designation: str | None = _of("")
    serial_numbers: tuple[str, ...] = _of("", ())
    # The address of the ZIP file with the buyer's choices: whoever has it can read them.
    customized_url: str | None = _of("", personal=True)
    promotions: tuple[str, ...] = _of("PROMOTION", ())
    points: int | None = _of("EXPENSE")
    # An amount with its currency: `1.20 EUR`.
    points_value: str | None = _of("EXPENSE")
    scheduled_from: str | None = _of("FULFILLMENT")
    scheduled_until: str | None = _of("FULFILLMENT")
    constraints: tuple[str, ...] = _of("FULFILLMENT", ())
    ioss_number: str | None = _of("FULFILLMENT")
    serial_numbers_required: bool = _of("FULFILLMENT", default=False)
    substitution: str | None = _of("FULFILLMENT")
    # UOSS or IOSS.
    tax_schemes: tuple[str, ...] = _of("TAX", ())
    # Who collects the tax instead of the seller, in Amazon's terms, and its name.
    tax_collection: str | None = _of("TAX")
    tax_collected_by: str | None = _of("TAX")


NO_ORDER_DETAILS, NO_ITEM_DETAILS = OrderDetails(), ItemDetails()
_FIELDS: dict[type, tuple[tuple[str, Any, str], ...]] = {
    kind: tuple((entry.name, entry.default, entry.metadata["dataset"]) for entry in fields(kind))
    for kind in (OrderDetails, ItemDetails)
}
_PERSONAL = frozenset(
    entry.name for kind in (OrderDetails, ItemDetails) for entry in fields(kind) if entry.metadata["personal"]
)
# The datasets with fields of this table.
DATASETS = frozenset(dataset for table in _FIELDS.values() for _, _, dataset in table if dataset)


def dump(order: OrderDetails, items: Mapping[str, ItemDetails]) -> dict[str, Any]:
    """Return the details as JSON without empty fields. `items`: by order item id."""
    dumped = {} if order is NO_ORDER_DETAILS else _dump_fields(order)
    lines = {
        id_: values for id_, item in items.items() if item is not NO_ITEM_DETAILS and (values := _dump_fields(item))
    }
    if lines:
        dumped[_ITEMS] = lines
    return dumped


def _dump_fields(details: OrderDetails | ItemDetails) -> dict[str, Any]:
    dumped: dict[str, Any] = {}
    for name, default, _ in _FIELDS[type(details)]:
        value = getattr(details, name)
        if value != default:
            dumped[name] = [_dump_entry(entry) for entry in value] if isinstance(value, tuple) else value
    return dumped


def _dump_entry(entry: str | TaxRegistration) -> Any:
    if isinstance(entry, str):
        return entry
    return {name: value for name in entry.__slots__ if (value := getattr(entry, name))}


def load(stored: Mapping[str, Any] | None) -> OrderDetails:
    """Return the details of the order from JSON."""
    values = _load_fields(OrderDetails, stored or {})
    registrations = tuple(TaxRegistration(**entry) for entry in values.get("tax_registrations", ()))
    return OrderDetails(**values | ({"tax_registrations": registrations} if registrations else {}))


def load_items(stored: Mapping[str, Any] | None) -> dict[str, ItemDetails]:
    """Return the details of the lines from JSON, by order item id."""
    return {
        id_: ItemDetails(**_load_fields(ItemDetails, values))
        for id_, values in ((stored or {}).get(_ITEMS) or {}).items()
    }


def _load_fields(kind: type[OrderDetails | ItemDetails], stored: Mapping[str, Any]) -> dict[str, Any]:
    names = {name for name, _, _ in _FIELDS[kind]}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items() if name in names}


def merge(new: dict[str, Any], stored: Mapping[str, Any] | None, missing: frozenset[str]) -> dict[str, Any]:
    """Return `new` with the stored fields of the `missing` datasets."""
    if not stored or not DATASETS & missing:
        return new
    merged = _select(OrderDetails, stored, missing) | new
    new_items = new.get(_ITEMS, {})
    kept = {id_: _select(ItemDetails, values, missing) for id_, values in (stored.get(_ITEMS) or {}).items()}
    items = {id_: kept.get(id_, {}) | new_items.get(id_, {}) for id_ in (*kept, *new_items)}
    items = {id_: values for id_, values in items.items() if values}
    return merged | ({_ITEMS: items} if items else {})


def _select(kind: type, stored: Mapping[str, Any], datasets: frozenset[str]) -> dict[str, Any]:
    return {name: stored[name] for name, _, dataset in _FIELDS[kind] if dataset in datasets and name in stored}


def find_handling(stored: Mapping[str, Any], programs: Collection[str]) -> tuple[str, ...]:
    """Return the codes of `HANDLING` that apply to an order with these stored details and programmes, in that order."""
    codes = set()
    if "AMAZON_EASY_SHIP" in programs or stored.get("fulfillment_orders"):
        codes.add("easy_ship")
    if stored.get("address_type") == "PICKUP_POINT":
        codes.add("pickup_point")
    for item in stored.get(_ITEMS, {}).values():
        codes.update(HANDLING_OF_CONSTRAINTS[name] for name in item.get("constraints", ()))
        for code, is_present in (
            ("customized", "customized_url" in item),
            ("transparency", TRANSPARENCY in item.get("programs", ())),
            ("serial_numbers", "serial_numbers_required" in item),
            ("scheduled", "scheduled_until" in item or "scheduled_from" in item),
        ):
            if is_present:
                codes.add(code)
    return tuple([code for code in HANDLING if code in codes]) if codes else ()


def remove_personal(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stored details without personal fields."""
    kept: dict[str, Any] = {name: value for name, value in stored.items() if name not in _PERSONAL and name != _ITEMS}
    items = {
        id_: lines
        for id_, values in (stored.get(_ITEMS) or {}).items()
        if (lines := {name: value for name, value in values.items() if name not in _PERSONAL})
    }
    return kept | ({_ITEMS: items} if items else {})
