"""What a shipment may contain: parcels with a carrier, a tracking number and pieces of the order's lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from webapp.domain import documents, order_states, shipping
from webapp.domain.errors import InvalidError, RefusedError

LONGEST_CODE = 40
LONGEST_TITLE = 100
LONGEST_NUMBER = 100


@dataclass(frozen=True, slots=True)
class Parcel:
    """`quantities` by line id; None for all that is left, which only a single parcel can hold. Empty: not known."""

    quantities: Mapping[int, int] | None = None
    carrier: str = ""
    title: str = ""
    tracking_number: str = ""


def shipment(lines: Sequence[documents.Line], parcels: Sequence[Parcel]) -> list[Parcel]:
    """The parcels with what each contains, cleaned. Raises InvalidError, and RefusedError when nothing is left."""
    if not any(order_states.left_to_ship(line) for line in lines):
        raise RefusedError("nothing_to_ship")
    if not parcels:
        raise InvalidError("parcel_none", field="parcels")
    packed = dict.fromkeys((line.id for line in lines), 0)
    drafts = []
    for parcel in parcels:
        if parcel.quantities is None and len(parcels) > 1:
            raise InvalidError("parcel_contents_required", field="quantities")

        def left(line: documents.Line) -> int:
            return order_states.left_to_ship(line) - packed[line.id]

        chosen = documents.check(lines, parcel.quantities, left)
        if not any(chosen.values()):
            raise InvalidError("quantity_none", field="quantities")
        for line_id, pieces in chosen.items():
            packed[line_id] += pieces
        drafts.append(replace(cleaned(parcel), quantities={id_: n for id_, n in chosen.items() if n}))
    numbers = [draft.tracking_number for draft in drafts if draft.tracking_number]
    for number in numbers:
        if numbers.count(number) > 1:
            raise InvalidError("tracking_twice", field="tracking_number", number=number)
    return drafts


def next_reference(used: Sequence[str | int]) -> int:
    """A number no parcel of the order has, here or at Amazon: telling Amazon a used one would edit that parcel."""
    return max((int(one) for one in used if str(one).isdecimal()), default=0) + 1


def cleaned(parcel: Parcel) -> Parcel:
    """Carrier, title and number as they are kept. Raises InvalidError for what cannot be taken."""
    carrier, title = " ".join(parcel.carrier.split()), " ".join(parcel.title.split())
    number = shipping.clean(parcel.tracking_number)
    limits = (("carrier", carrier, LONGEST_CODE), ("title", title, LONGEST_TITLE))
    for field, text, most in (*limits, ("tracking_number", number, LONGEST_NUMBER)):
        if len(text) > most:
            raise InvalidError("text_too_long", field=field, most=most)
    if not (number.isascii() and number.isprintable()):
        raise InvalidError("tracking_malformed", field="tracking_number")
    if number and not carrier:
        raise InvalidError("carrier_required", field="carrier")
    if carrier == shipping.OTHER and not title:
        raise InvalidError("carrier_title_required", field="title")
    return replace(parcel, carrier=carrier, title=title or carrier, tracking_number=number)
