"""Parsing of query parameters. Raises ApiError with Amazon's message for a value that is not valid."""

from flask import request

from simulator.operations.errors import access_denied, invalid_input
from simulator.state.clock import format_iso, parse_iso
from simulator.state.marketplaces import BY_ID
from simulator.state.sellers import Seller


def parse_list(name: str, allowed: frozenset[str] | None = None) -> frozenset[str]:
    """Return the values of a parameter, joined by commas or repeated."""
    values = frozenset(value for text in request.args.getlist(name) for value in text.split(",") if value)
    unknown = sorted(values - allowed) if allowed is not None else []
    if unknown:
        raise invalid_input(
            f"Value '{unknown[0]}' at '{name}' failed to satisfy constraint: Member must satisfy enum value set"
        )
    return values


def parse_time(name: str) -> str | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        # A plus sign that was not encoded arrives as a space.
        return format_iso(parse_iso(text.replace(" ", "+")))
    except (ValueError, OverflowError) as error:
        raise invalid_input(f"'{name}' is invalid: it must be a date in ISO 8601 format") from error


def parse_integer(name: str, default: int, low: int, high: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise invalid_input(f"'{name}' is invalid: it must be a number between {low} and {high}")
    return int(text)


def check_marketplaces(seller: Seller, marketplaces: frozenset[str]) -> frozenset[str]:
    """Raise 400 for an unknown marketplace, 403 for one that is not Amazon's or in which this seller does not sell."""
    for marketplace_id in sorted(marketplaces):
        if any(marketplace_id == marketplace.id for marketplace in seller.non_amazon_marketplaces):
            raise access_denied()
        if marketplace_id not in BY_ID:
            raise invalid_input(f"Invalid marketplaceIds: {marketplace_id}")
        if not seller.sells_in(marketplace_id):
            raise access_denied(f"The seller does not participate in marketplace {marketplace_id} of this region.")
    return marketplaces
