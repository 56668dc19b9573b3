"""Map the fields of programmes and regulations of Amazon's order to the domain."""

from datetime import datetime

from webapp.amazon.order_model import (
    DeliveryAddress,
    DeliveryTime,
    HourMinute,
    Item,
    Order,
    ShippingConstraints,
    TaxRegistrationEntry,
    TimeWindow,
)
from webapp.amazon.regular_values import compose_text, convert_money, convert_time
from webapp.domain.amazon.order_details import (
    CONSTRAINTS,
    FACILITATOR,
    NO_ITEM_DETAILS,
    NO_ORDER_DETAILS,
    ItemDetails,
    OrderDetails,
    TaxRegistration,
)

# (Amazon's name, the field of the struct).
_CONSTRAINT_FIELDS = tuple(zip(CONSTRAINTS, ShippingConstraints.__struct_fields__, strict=True))
_NO_CONSTRAINTS = ShippingConstraints()
_NO_DELIVERY_TIME = DeliveryTime()


def parse_order_details(order: Order) -> OrderDetails:
    """Return the details of the whole order."""
    recipient, tax = order.recipient, order.tax
    preference, invoicing = recipient.delivery_preference, tax.tax_invoicing
    details = OrderDetails(
        deliver_from=_format_time(order.fulfillment.deliver_by_window.earliest_date_time),
        address_type=recipient.delivery_address.address_type or None,
        delivery_hours=()
        if preference.delivery_time == _NO_DELIVERY_TIME
        else _format_delivery_hours(preference.delivery_time),
        delivery_capabilities=_join(preference.delivery_capabilities),
        tax_registrations=tuple([_parse_registration(entry) for entry in tax.tax_registrations]),
        invoice_preference=invoicing.buyer_invoice_preference or None,
        invoice_status=invoicing.invoice_status or None,
        fulfillment_orders=_join([entry.fulfillment_order_id for entry in order.fulfillment_orders]),
    )
    return NO_ORDER_DETAILS if details == NO_ORDER_DETAILS else details


def parse_item_details(item: Item) -> ItemDetails:
    """Return the details of a line."""
    product, fulfillment, tax = item.product, item.fulfillment, item.tax
    points, shipping = item.expense.points_cost.points_granted, fulfillment.shipping
    value, window = convert_money(points.points_monetary_value), shipping.scheduled_delivery_window
    collections = [entry for entry in tax.tax_collections if entry.model]
    collection = next((entry for entry in collections if entry.model == FACILITATOR), (*collections, None)[0])
    details = ItemDetails(
        programs=_join(item.programs),
        condition_subtype=product.condition.condition_subtype or None,
        condition_note=product.condition.condition_note or None,
        price_designation=product.price.price_designation or None,
        serial_numbers=_join(product.serial_numbers),
        customized_url=product.customization.customized_url or None,
        promotions=_join([entry.promotion_id for entry in item.promotion.breakdowns]),
        points=points.points_number,
        points_value=f"{value.amount} {value.currency}" if value else None,
        scheduled_from=_format_time(window.earliest_date_time),
        scheduled_until=_format_time(window.latest_date_time),
        constraints=_list_constraints(shipping.shipping_constraints),
        ioss_number=shipping.international_shipping.ioss_number or None,
        serial_numbers_required=fulfillment.packing.serial_number_requirement.requirement_type == "REQUIRED",
        substitution=fulfillment.picking.substitution_preference.substitution_type or None,
        tax_schemes=_join([entry.reporting_scheme for entry in tax.tax_calculation_breakdowns]),
        tax_collection=collection.model if collection else None,
        tax_collected_by=(collection.responsible_party or None) if collection else None,
    )
    return NO_ITEM_DETAILS if details == NO_ITEM_DETAILS else details


def _join(words: "list[str | None] | tuple[str, ...]") -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, words))) if words else ()


def _list_constraints(constraints: ShippingConstraints) -> tuple[str, ...]:
    """Return the constraints that are not optional; Amazon knows only MANDATORY, so any other word counts too."""
    if constraints == _NO_CONSTRAINTS:
        return ()
    return tuple([name for name, attribute in _CONSTRAINT_FIELDS if getattr(constraints, attribute)])


def _parse_registration(entry: TaxRegistrationEntry) -> TaxRegistration:
    offices = [attribute.value for attribute in entry.tax_registration_attributes if attribute.key == "TAX_OFFICE"]
    return TaxRegistration(
        entity=entry.entity_type or None,
        name=compose_text(entry.legal_name),
        type=entry.tax_registration_type or None,
        number=entry.tax_registration_number or None,
        address=compose_text(_format_address(entry.tax_registration_address)),
        office=compose_text(next(iter(offices), None)),
    )


def _format_address(address: DeliveryAddress) -> str:
    parts = (
        address.company_name,
        address.address_line1,
        address.address_line2,
        address.address_line3,
        " ".join(filter(None, (address.postal_code, address.city or address.municipality))),
        address.district_or_county,
        address.state_or_region,
        address.country_code,
    )
    return ", ".join(filter(None, parts))


def _format_delivery_hours(time: DeliveryTime) -> tuple[str, ...]:
    hours = [
        " ".join(filter(None, (entry.day_of_week, *map(_format_hours, entry.time_windows))))
        for entry in time.business_hours
    ]
    exceptions = [
        " ".join(
            filter(None, (entry.exception_date, entry.exception_date_type, *map(_format_hours, entry.time_windows)))
        )
        for entry in time.exception_dates
    ]
    return _join([*hours, *exceptions])


def _format_hours(window: TimeWindow) -> str:
    return f"{_format_minute(window.start_time)}-{_format_minute(window.end_time)}"


def _format_minute(time: HourMinute) -> str:
    return f"{time.hour or 0:02}:{time.minute or 0:02}"


def _format_time(moment: datetime | None) -> str | None:
    moment = convert_time(moment)
    return None if moment is None else moment.isoformat(timespec="seconds")
