"""Build the content of packing slips: the items of each parcel with boxes to tick, without prices."""

import re
from collections.abc import Sequence
from datetime import datetime

from webapp.domain.amazon.order_details import load, load_items
from webapp.domain.orders import state_machine as order_states
from webapp.models.orders import Order
from webapp.models.shipments import Shipment
from webapp.printing import document_parts, localised_text
from webapp.printing.content import Cell, Column, DocumentContent, Section
from webapp.printing.localised_text import DocumentLocale

_CODE_39 = re.compile(r"[0-9A-Z.-]{1,24}")


def build_packing_slip(shipment: Shipment, order: Order) -> DocumentContent:
    """Return the packing slip of a shipment, parcel by parcel."""
    say = localised_text.build_store_locale(order.store, order.currency)
    facts = [(say("Packing slip number"), shipment.number), (say("Date"), say.day(shipment.created_at))]
    many = len(shipment.parcels)
    sections = tuple(
        _build_section(
            [(row.order_item_id, row.quantity) for row in parcel.items],
            order,
            say,
            heading=say("Parcel %(place)s of %(parcels)s", place=place, parcels=many) if many > 1 else say("Parcel"),
            subheading=" · ".join(text for text in (parcel.title or parcel.carrier, parcel.tracking_number) if text),
        )
        for place, parcel in enumerate(shipment.parcels, start=1)
    )
    return _build_document(shipment.number, shipment.created_at, facts, sections, order, say)


def build_unshipped_packing_slip(order: Order) -> DocumentContent:
    """Return the packing slip of what is left to ship of an order, to pack it by. It has the number of the order."""
    say = localised_text.build_store_locale(order.store, order.currency)
    unshipped = [(line.id, quantity) for line in order.items if (quantity := order_states.count_left_to_ship(line))]
    return _build_document(order.number, order.created_at, [], (_build_section(unshipped, order, say),), order, say)


def _build_document(
    title_number: str,
    written_at: datetime,
    facts: list[tuple[str, str]],
    sections: tuple[Section, ...],
    order: Order,
    say: DocumentLocale,
) -> DocumentContent:
    facts = [*facts, *document_parts.list_order_details(order, say)]
    facts += _list_delivery_facts(order, say)
    if buyer := document_parts.find_other_buyer(order):
        facts.append((say("Ordered by"), buyer))
    number = order.amazon_order.number
    return DocumentContent(
        title=say("Packing slip"),
        number=title_number,
        written_at=written_at,
        words=say,
        sender=document_parts.list_sender_lines(order.store),
        recipient=document_parts.list_shipping_address_lines(order, say),
        facts=tuple(facts),
        sections=sections,
        footer=order.store.documents_footer,
        barcode=number if _CODE_39.fullmatch(number) else "",
        letter=document_parts.uses_letter_paper(order.store),
        warnings=_list_warnings(order, say),
    )


def _build_section(
    lines: Sequence[tuple[int, int]], order: Order, say: DocumentLocale, *, heading: str = "", subheading: str = ""
) -> Section:
    """Return the table of these items, given as (id of the order's line, quantity)."""
    items = {item.id: item for item in order.items}
    columns = (
        Column("", tick=True),
        Column(say("Quantity"), figures=True),
        Column(say("SKU")),
        Column(say("Article"), fills=True),
    )
    rows = tuple(
        (
            Cell(),
            Cell(say.number(quantity), strong=True),
            Cell(item.sku or "–"),
            Cell(item.title or "–", item.asin or ""),
        )
        for line_id, quantity in lines
        for item in [items[line_id]]
    )
    line_ids = {line_id for line_id, _ in lines}
    messages = (*_list_notes(line_ids, order, say), *_list_gift_messages(line_ids, order, say))
    return Section(columns, rows, heading=heading, subheading=subheading, messages=messages)


def _list_warnings(order: Order, say: DocumentLocale) -> tuple[str, ...]:
    """Return what must be known before the order is packed and shipped."""
    names = {
        "age_check": say("Age check"),
        "identity_check": say("Identity check"),
        "signature": say("Signature required"),
        "cash_on_delivery": say("Cash on delivery"),
        "pallet": say("Pallet delivery"),
        "customized": say("Customized"),
        "transparency": say("Transparency code"),
        "serial_numbers": say("Serial numbers"),
        "scheduled": say("Scheduled delivery"),
        "easy_ship": say("Easy Ship"),
        "pickup_point": say("Pickup point"),
    }
    return tuple(names.get(code, code) for code in (order.amazon_order.handling or "").split())


def _list_delivery_facts(order: Order, say: DocumentLocale) -> list[tuple[str, str]]:
    """Return the delivery window and the IOSS number, which carriers and customs need."""
    amazon = order.amazon_order
    details, items = load(amazon.details), load_items(amazon.details).values()
    facts = []
    scheduled = next((item for item in items if item.scheduled_until), None)
    if scheduled is not None:
        facts.append((say("Delivery window"), _format_window(scheduled.scheduled_from, scheduled.scheduled_until, say)))
    elif amazon.deliver_by is not None and details.deliver_from:
        facts.append((say("Delivery window"), _format_days(details.deliver_from, amazon.deliver_by, say)))
    if numbers := list(dict.fromkeys(item.ioss_number for item in items if item.ioss_number)):
        facts.append((say("IOSS number"), ", ".join(numbers)))
    return facts


def _format_window(start: str | None, end: str | None, say: DocumentLocale) -> str:
    moments = [say.moment(datetime.fromisoformat(text)) for text in (start, end) if text]
    return " – ".join(moments)


def _format_days(start: str, end: datetime, say: DocumentLocale) -> str:
    return " – ".join(dict.fromkeys((say.day(datetime.fromisoformat(start)), say.day(end))))


def _list_notes(line_ids: set[int], order: Order, say: DocumentLocale) -> tuple[tuple[str, str], ...]:
    """Return what the packed items are checked by: the condition they were sold in, and their serial numbers."""
    details = load_items(order.amazon_order.details)
    notes = []
    for line in order.items:
        detail = details.get(line.order_item_id)
        if line.id not in line_ids or detail is None:
            continue
        name = line.sku or line.title or line.order_item_id
        if detail.condition_note:
            notes.append((f"{say('Condition')} · {name}", detail.condition_note))
        if detail.customized_url:
            notes.append((f"{say('Customized')} · {name}", say("Made to the buyer's choice. See the order.")))
        if detail.serial_numbers:
            notes.append((f"{say('Serial numbers')} · {name}", ", ".join(detail.serial_numbers)))
    return tuple(notes)


def _list_gift_messages(line_ids: set[int], order: Order, say: DocumentLocale) -> tuple[tuple[str, str], ...]:
    """Return the gift messages of the packed items, without duplicates."""
    ids = {item.order_item_id for item in order.items if item.id in line_ids}
    gifts = [item.gift or {} for item in order.amazon_order.items if item.order_item_id in ids]
    messages = dict.fromkeys(message for gift in gifts if (message := gift.get("message")))
    return tuple((say("Gift message"), message) for message in messages)
