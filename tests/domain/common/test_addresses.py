"""Addresses as people correct them."""

import pytest
from babel import Locale

from webapp.domain.common.addresses import COUNTRIES, clean
from webapp.domain.errors import InvalidError

STREET = {"line1": "Street 1", "city": "Town"}


def test_a_country_is_taken_by_its_two_letters():
    for written, kept in [("DE", "DE"), (" de ", "DE"), ("uk", "GB"), ("XK", "XK")]:
        assert clean(STREET | {"country_code": written}) == STREET | {"country_code": kept}, (written, kept)


@pytest.mark.parametrize("written", ["ZZ", "EU", "XX", "D", "DEU", "Germany", "D1", "ßE"])
def test_what_is_no_country_is_refused(written):
    with pytest.raises(InvalidError) as refused:
        clean(STREET | {"country_code": written})
    assert (refused.value.code, refused.value.field) == ("country_unknown", "country_code")


def test_every_country_has_a_name_in_every_language():
    for language in ("en", "de", "nl", "sv", "it", "zh"):
        assert Locale(language).territories.keys() >= COUNTRIES
