"""What an address must be like, when a person corrects one."""

from collections.abc import Mapping

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
