"""What may be said of a parcel, and the number it goes by."""

from dataclasses import replace

import pytest

from webapp.domain.errors import ConfirmationError, InvalidError
from webapp.domain.shipping import parcels
from webapp.domain.shipping.parcels import Parcel

LONGEST = {"carrier": 40, "title": 100}


@pytest.mark.parametrize("field", LONGEST)
def test_a_text_is_as_long_as_its_column_and_no_longer(field):
    def cleaned(many: int) -> Parcel:
        return parcels.clean_carrier(Parcel(**{"carrier": "DHL", field: "A" * many}))

    assert getattr(cleaned(LONGEST[field]), field) == "A" * LONGEST[field]
    with pytest.raises(InvalidError) as refused:
        cleaned(LONGEST[field] + 1)
    assert (refused.value.code, refused.value.field) == ("text_too_long", field)
    assert refused.value.arguments == {"most": LONGEST[field]}


def test_carrier_and_title_are_kept_without_what_is_too_much():
    for given, kept in [
        (Parcel(carrier="  Deutsche   Post "), Parcel(carrier="Deutsche Post", title="Deutsche Post")),
        (Parcel(carrier="Other", title=" Bring \n Cargo "), Parcel(carrier="Other", title="Bring Cargo")),
        (Parcel(), Parcel()),
    ]:
        assert parcels.clean_carrier(given) == kept, (given, kept)


def test_a_parcel_gets_a_number_above_all_that_were_used():
    for used, reference in [([], 1), ([1, 2], 3), ([1, "7", "2"], 8), (["PKG-9", "3"], 4), (["0"], 1)]:
        assert parcels.next_reference(used) == reference, (used, reference)


DHL = "00340434161094042557"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("pending", "tracking_placeholder"),
        ("3,4E+17", "tracking_rounded"),
        ("A1" * 21, "tracking_malformed"),
        (f"{DHL} 00340434161094042564", "tracking_several"),
    ],
)
@pytest.mark.parametrize("confirmed", [False, True])
def test_what_is_no_number_is_not_taken_even_when_confirmed(number, code, confirmed):
    with pytest.raises(InvalidError) as refused:
        parcels.clean_carrier(Parcel(carrier="DHL", tracking_number=number, confirmed=confirmed))
    assert (refused.value.code, refused.value.field) == (code, "tracking_number")


@pytest.mark.parametrize(
    ("number", "kept", "code"),
    [
        ("00340434161094042558", "00340434161094042558", "tracking_check_digit"),
        ("340434161094042000", "340434161094042000", "tracking_lost_digits"),
        ("JD 1", "JD1", "tracking_format"),
        (f"https://carrier.example/{DHL}", DHL, "tracking_link"),
    ],
)
def test_a_doubtful_number_is_taken_once_it_is_confirmed(number, kept, code):
    doubtful = Parcel(carrier="DHL", tracking_number=number)
    with pytest.raises(ConfirmationError) as refused:
        parcels.clean_carrier(doubtful)
    assert (refused.value.code, refused.value.field) == (code, "tracking_number")

    taken = parcels.clean_carrier(replace(doubtful, confirmed=True))
    assert (taken.tracking_number, taken.question) == (kept, code)


def test_a_number_without_a_doubt_needs_no_confirmation_and_has_no_question():
    assert parcels.clean_carrier(Parcel(carrier="DHL", tracking_number=DHL, confirmed=True)).question == ""
