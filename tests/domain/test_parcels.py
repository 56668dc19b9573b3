"""What may be said of a parcel, and the number it goes by."""

import pytest

from webapp.domain import parcels
from webapp.domain.errors import InvalidError
from webapp.domain.parcels import Parcel

LONGEST = {"carrier": 40, "title": 100, "tracking_number": 100}


@pytest.mark.parametrize("field", LONGEST)
def test_a_text_is_as_long_as_its_column_and_no_longer(field):
    def cleaned(many: int) -> Parcel:
        return parcels.cleaned(Parcel(**{"carrier": "DHL", field: "A" * many}))

    assert getattr(cleaned(LONGEST[field]), field) == "A" * LONGEST[field]
    with pytest.raises(InvalidError) as refused:
        cleaned(LONGEST[field] + 1)
    assert (refused.value.code, refused.value.field) == ("text_too_long", field)
    assert refused.value.arguments == {"most": LONGEST[field]}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (Parcel(carrier="  Deutsche   Post "), Parcel(carrier="Deutsche Post", title="Deutsche Post")),
        (Parcel(carrier="Other", title=" Bring \n Cargo "), Parcel(carrier="Other", title="Bring Cargo")),
        (Parcel(), Parcel()),
    ],
)
def test_carrier_and_title_are_kept_without_what_is_too_much(said, kept):
    assert parcels.cleaned(said) == kept


@pytest.mark.parametrize(
    ("used", "reference"), [([], 1), ([1, 2], 3), ([1, "7", "2"], 8), (["PKG-9", "3"], 4), (["0"], 1)]
)
def test_a_parcel_gets_a_number_above_all_that_were_used(used, reference):
    assert parcels.next_reference(used) == reference
