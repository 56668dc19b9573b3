"""Masked names, postal addresses in the order of their country, and country names in the locale."""

from webapp.core.i18n.locale import current
from webapp.domain.amazon.types import Address
from webapp.domain.common import addresses
from webapp.domain.common.marketplaces import BY_COUNTRY


def masked(text: str) -> str:
    """Mask a text to the first letters of its words: `Hans Muster` is `H••• M•••`."""
    return " ".join(f"{word[0]}•••" for word in text.split())


def country_name(country_code: str) -> str:
    return current().territories.get(country_code.upper(), country_code)


def address_lines(address: Address) -> list[str]:
    """Return the lines of an address in the order of its country; the country's name is last."""
    country = (address.country_code or "").upper()
    return [*addresses.format_lines(address), *([country_name(country)] if country else [])]


def has_flag(country_code: str) -> bool:
    return country_code.upper() in BY_COUNTRY
