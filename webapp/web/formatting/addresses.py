"""People and places: names masked, addresses as their country writes them, countries in the reader's language."""

from webapp.core.i18n.locale import current
from webapp.domain.amazon.types import Address
from webapp.domain.common import addresses
from webapp.domain.common.marketplaces import BY_COUNTRY


def masked(text: str) -> str:
    """Enough to recognise what one knows, too little to learn it: `Hans Muster` is `H••• M•••`."""
    return " ".join(f"{word[0]}•••" for word in text.split())


def country_name(country_code: str) -> str:
    return current().territories.get(country_code.upper(), country_code)


def address_lines(address: Address) -> list[str]:
    """The lines of an address in the order its country writes them; the country's name last, no empty line."""
    country = (address.country_code or "").upper()
    return [*addresses.lines(address), *([country_name(country)] if country else [])]


def has_flag(country_code: str) -> bool:
    return country_code.upper() in BY_COUNTRY
