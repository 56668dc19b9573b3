"""Contents of a shipment: parcels with a carrier, a tracking number and units of the order's lines."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from webapp.domain.errors import ConfirmationError, InvalidError, RefusedError
from webapp.domain.invoicing import drafts as invoicing_drafts
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping import carriers
from webapp.domain.shipping.tracking.numbers import NOT_A_NUMBER, Classification, classify

LONGEST_CODE = 40
LONGEST_TITLE = 100
LONGEST_METHOD = 100
LONGEST_TRANSPARENCY_CODE = 100


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel. `quantities` by line id; None for all remaining units, allowed for a single parcel. Empty: unknown.

    `confirmed`: a user confirmed the number. `question`: the reason it needed that, once it is cleaned.
    `shipping_method`: the carrier's service. `transparency_codes` by line id: the code on each unit.
    """

    quantities: Mapping[int, int] | None = None
    carrier: str = ""
    title: str = ""
    tracking_number: str = ""
    # A user confirmed that another order with the same number is in this parcel too.
    shared: bool = False
    confirmed: bool = False
    question: str = ""
    shipping_method: str = ""
    transparency_codes: Mapping[int, Sequence[str]] = field(default_factory=dict)


def check_shipment(
    lines: Sequence[invoicing_drafts.OrderLine],
    parcels: Sequence[Parcel],
    country: str = "",
    transparency_lines: Collection[int] = (),
) -> list[Parcel]:
    """Return the cleaned parcels with their contents. `country`: ISO 3166 code of the origin.

    `transparency_lines`: the lines whose units each need their Transparency code.
    Raises RefusedError when nothing is left, and InvalidError, whose field is `parcels-1-…` for the second parcel.
    """
    if not any(order_states.count_left_to_ship(line) for line in lines):
        raise RefusedError("nothing_to_ship")
    if not parcels:
        raise InvalidError("parcel_none", field="parcels")
    packed = dict.fromkeys((line.id for line in lines), 0)
    drafts: list[Parcel] = []
    for place, parcel in enumerate(parcels):
        try:
            draft = _check_parcel(lines, parcel, packed, drafts, country, alone=len(parcels) == 1)
            drafts.append(_check_transparency_codes(draft, transparency_lines, drafts))
        except InvalidError as error:
            error.field = f"parcels-{place}-{error.field}"
            raise
    return drafts


def _check_parcel(
    lines: Sequence[invoicing_drafts.OrderLine],
    parcel: Parcel,
    packed: dict[int, int],
    others: Sequence[Parcel],
    country: str,
    *,
    alone: bool,
) -> Parcel:
    """Return the cleaned parcel and add its contents to `packed`."""
    if parcel.quantities is None and not alone:
        raise InvalidError("parcel_contents_required", field="quantities")

    def count_left(line: invoicing_drafts.OrderLine) -> int:
        return order_states.count_left_to_ship(line) - packed[line.id]

    chosen = invoicing_drafts.check_quantities(lines, parcel.quantities, count_left)
    if not any(chosen.values()):
        raise InvalidError("quantity_none", field="quantities")
    for line_id, pieces in chosen.items():
        packed[line_id] += pieces
    draft = clean_carrier(parcel, country)
    if draft.tracking_number and draft.tracking_number in [other.tracking_number for other in others]:
        raise InvalidError("tracking_twice", field="tracking_number", number=draft.tracking_number)
    return replace(draft, quantities={id_: n for id_, n in chosen.items() if n})


def _check_transparency_codes(draft: Parcel, transparency_lines: Collection[int], others: Sequence[Parcel]) -> Parcel:
    """Return the parcel with the code of each of its units. Raises InvalidError naming the field of the line."""
    used = {code for other in others for codes in other.transparency_codes.values() for code in codes}
    codes_by_line: dict[int, tuple[str, ...]] = {}
    for line_id, quantity in (draft.quantities or {}).items():
        if line_id not in transparency_lines:
            continue
        codes = tuple(code for code in draft.transparency_codes.get(line_id, ()) if code)
        name = f"transparency-{line_id}"
        if len(codes) != quantity:
            raise InvalidError("transparency_codes_required", field=name, quantity=quantity, entered=len(codes))
        for code in codes:
            if len(code) > LONGEST_TRANSPARENCY_CODE:
                raise InvalidError("text_too_long", field=name, most=LONGEST_TRANSPARENCY_CODE)
            if code in used:
                raise InvalidError("transparency_code_twice", field=name, unit_code=code)
            used.add(code)
        codes_by_line[line_id] = codes
    return replace(draft, transparency_codes=codes_by_line)


def next_reference(used: Sequence[str | int]) -> int:
    """Return an unused parcel reference of the order. Submitting a used one would edit that parcel."""
    return max((int(reference) for reference in used if str(reference).isdecimal()), default=0) + 1


def clean_carrier(parcel: Parcel, country: str = "") -> Parcel:
    """Return the parcel with its carrier, title and number as they are stored.

    Raises InvalidError for what cannot be taken, and ConfirmationError for a number that needs to be confirmed.
    """
    carrier, title, method = (" ".join(text.split()) for text in (parcel.carrier, parcel.title, parcel.shipping_method))
    for name, text, max_length in (
        ("carrier", carrier, LONGEST_CODE),
        ("title", title, LONGEST_TITLE),
        ("shipping_method", method, LONGEST_METHOD),
    ):
        if len(text) > max_length:
            raise InvalidError("text_too_long", field=name, most=max_length)
    classification = classify_parcel_number(parcel, country)
    if classification.outcome == NOT_A_NUMBER:
        raise InvalidError(classification.code, field="tracking_number", **classification.args)
    if carrier and carrier not in carriers.CODES - {carriers.OTHER} and country in carriers.WITHOUT_OTHER:
        raise InvalidError("carrier_not_listed", field="carrier", carrier=title or carrier)
    if carrier == carriers.OTHER and not title:
        raise InvalidError("carrier_title_required", field="title")
    if classification.can_be_confirmed and not parcel.confirmed:
        raise ConfirmationError(classification.code, field="tracking_number", **classification.args)
    if classification.number and not carrier:
        raise InvalidError("carrier_required", field="carrier")
    return replace(
        parcel,
        carrier=carrier,
        title=title or carrier,
        shipping_method=method,
        tracking_number=classification.number,
        question=classification.code,
    )


def classify_parcel_number(parcel: Parcel, country: str = "") -> Classification:
    """Classify the tracking number of a parcel, given its carrier."""
    carrier, title = parcel.carrier.strip(), parcel.title.strip()
    known_carrier = carriers.find_carrier(carrier, title) if carrier else None
    return classify(parcel.tracking_number, known_carrier, country, other="" if known_carrier else title or carrier)
