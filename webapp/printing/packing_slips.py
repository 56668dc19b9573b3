"""What stands on a packing slip: what is in which parcel, to be ticked off, and no prices."""

import re

from webapp.models.orders import Order
from webapp.models.shipments import Parcel, Shipment
from webapp.printing import parts, words
from webapp.printing.content import Cell, Column, Content, Section
from webapp.printing.words import Words

_CODE_39 = re.compile(r"[0-9A-Z.-]{1,24}")


def content(shipment: Shipment, order: Order) -> Content:
    say = words.of_store(order.store, order.currency)
    facts = [
        (say("Packing slip number"), shipment.number),
        (say("Date"), say.day(shipment.created_at)),
        *parts.facts(order, say),
    ]
    if buyer := parts.ordered_by(order):
        facts.append((say("Ordered by"), buyer))
    number = order.amazon_order.number
    return Content(
        title=say("Packing slip"),
        number=shipment.number,
        written_at=shipment.created_at,
        words=say,
        sender=parts.sender(order.store),
        recipient=parts.delivery(order, say),
        facts=tuple(facts),
        sections=tuple(
            _parcel(parcel, place, len(shipment.parcels), order, say)
            for place, parcel in enumerate(shipment.parcels, start=1)
        ),
        footer=order.store.documents_footer,
        barcode=number if _CODE_39.fullmatch(number) else "",
        letter=parts.letter(order.store),
    )


def _parcel(parcel: Parcel, place: int, of: int, order: Order, say: Words) -> Section:
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
            Cell(say.number(row.quantity), strong=True),
            Cell(item.sku or "–"),
            Cell(item.title or "–", item.asin or ""),
        )
        for row in parcel.items
        for item in [items[row.order_item_id]]
    )
    heading = say("Parcel %(place)s of %(parcels)s", place=place, parcels=of) if of > 1 else say("Parcel")
    return Section(
        columns,
        rows,
        heading=heading,
        beside=" · ".join(text for text in (parcel.title or parcel.carrier, parcel.tracking_number) if text),
        messages=_gifts(parcel, order, say),
    )


def _gifts(parcel: Parcel, order: Order, say: Words) -> tuple[tuple[str, str], ...]:
    """The gift messages of what is in the parcel, each once."""
    inside = {row.order_item_id for row in parcel.items}
    ids = {item.order_item_id for item in order.items if item.id in inside}
    gifts = [item.gift or {} for item in order.amazon_order.items if item.order_item_id in ids]
    messages = dict.fromkeys(message for gift in gifts if (message := gift.get("message")))
    return tuple((say("Gift message"), message) for message in messages)
