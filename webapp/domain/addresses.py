"""What an address must be like when a person corrects one, and how its country writes it."""

from collections.abc import Mapping

from webapp.domain.amazon_orders import Address
from webapp.domain.errors import InvalidError

# Field → the longest it may be, in the order a form shows them. Everything else Amazon says of a recipient stays.
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
# Where the postal code stands in the line of the city. The rest of the world writes it before the city.
_POSTAL_AFTER_REGION = frozenset({"AE", "AU", "CA", "EG", "IN", "SA", "SG", "US"})
_POSTAL_BELOW_CITY = frozenset({"GB", "IE", "ZA"})
_LARGEST_FIRST = frozenset({"JP", "CN"})


def clean(entered: Mapping[str, str]) -> dict[str, str]:
    """The address without surrounding space and empty fields. Raises InvalidError naming the first wrong field."""
    address = {}
    for name, longest in EDITABLE.items():
        text = " ".join(entered.get(name, "").split())
        if name in REQUIRED and not text:
            raise InvalidError("address_required", field=name)
        if name == "country_code":
            text = text.upper()
            if len(text) != longest or not (text.isascii() and text.isalpha()):
                raise InvalidError("country_unknown", field=name)
        if len(text) > longest:
            raise InvalidError("address_too_long", field=name, most=longest)
        if text:
            address[name] = text
    return address


def lines(address: Address) -> list[str]:
    """The lines of an address in the order its country writes them, without the country's name and empty lines."""
    country = (address.country_code or "").upper()
    street = [address.line1, address.line2, address.line3]
    place = _place(address, country)
    middle = [*place, *street] if country in _LARGEST_FIRST else [*street, *place]
    return [line for line in (address.name, address.company, *middle) if line]


def _place(address: Address, country: str) -> list[str | None]:
    city, district, region, postal = address.city, address.district, address.region, address.postal_code
    if country in _LARGEST_FIRST:
        return [f"〒{postal}" if postal and country == "JP" else postal, _joined("", region, city, district)]
    if country in _POSTAL_AFTER_REGION:
        return [district, _joined(", ", city, _joined(" ", region, postal))]
    if country in _POSTAL_BELOW_CITY:
        return [district, city, region, postal]
    return [district, _joined(" ", postal, city), region]


def _joined(separator: str, *parts: str | None) -> str:
    return separator.join(part for part in parts if part)
