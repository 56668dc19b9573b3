"""Validation of corrected addresses, and the address formats of countries."""

from collections.abc import Mapping

from webapp.domain.amazon.types import Address
from webapp.domain.errors import InvalidError

# Field → its maximum length, in the order of the form. Amazon's other fields of a recipient are not editable.
EDITABLE = {
    "name": 100,
    "company": 100,
    "line1": 200,
    "line2": 200,
    "line3": 200,
    "city": 100,
    "district": 100,
    "region": 100,
    "postal_code": 20,
    "country_code": 2,
    "phone": 40,
}
REQUIRED = frozenset({"line1", "city", "country_code"})
_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
    "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
    "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
    "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
    "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
    "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
)
# Those of ISO 3166-1, and the one Kosovo has meanwhile.
COUNTRIES = frozenset(_CODES.split())
# Common alternatives for country codes.
_MEANT = {"UK": "GB"}
# The position of the postal code in the city's line. In other countries it precedes the city.
_POSTAL_AFTER_REGION = frozenset({"AE", "AU", "CA", "EG", "IN", "SA", "SG", "US"})
_POSTAL_BELOW_CITY = frozenset({"GB", "IE", "ZA"})
_LARGEST_FIRST = frozenset({"JP", "CN"})


def clean(entered: Mapping[str, str]) -> dict[str, str]:
    """Strip the fields and drop empty ones. Raises InvalidError naming the first invalid field."""
    address = {}
    for name, longest in EDITABLE.items():
        text = " ".join(entered.get(name, "").split())
        if name in REQUIRED and not text:
            raise InvalidError("address_required", field=name)
        if name == "country_code":
            text = _MEANT.get(text.upper(), text.upper())
            if text not in COUNTRIES:
                raise InvalidError("country_unknown", field=name)
        if len(text) > longest:
            raise InvalidError("address_too_long", field=name, most=longest)
        if text:
            address[name] = text
    return address


def format_lines(address: Address) -> list[str]:
    """Return the non-empty lines of an address in its country's order, without the country's name."""
    country = (address.country_code or "").upper()
    street = [address.line1, address.line2, address.line3]
    place = _place(address, country)
    middle = [*place, *street] if country in _LARGEST_FIRST else [*street, *place]
    return [line for line in (address.name, address.company, *middle) if line]


def _place(address: Address, country: str) -> list[str | None]:
    city, district, region, postal = address.city, address.district, address.region, address.postal_code
    if country in _LARGEST_FIRST:
        return [f"〒{postal}" if postal and country == "JP" else postal, _join_parts("", region, city, district)]
    if country in _POSTAL_AFTER_REGION:
        return [district, _join_parts(", ", city, _join_parts(" ", region, postal))]
    if country in _POSTAL_BELOW_CITY:
        return [district, city, region, postal]
    return [district, _join_parts(" ", postal, city), region]


def _join_parts(separator: str, *parts: str | None) -> str:
    return separator.join(part for part in parts if part)
