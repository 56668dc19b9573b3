"""Whether two orders may have the same tracking number, because they are in one parcel. Pure."""

from collections.abc import Mapping

from webapp.domain.carrier_names import plain

# Countries of marketplaces where each order is a parcel of its own: it travels with the tax invoice of that order.
SEPARATE = frozenset(("BR", "IN"))
_COMPARED = ("name", "line1", "line2", "line3", "city", "postal_code", "country_code")


def is_forbidden(*countries: str) -> bool:
    """Return whether one of these countries, of the marketplaces of the two orders, allows no shared parcel."""
    return not SEPARATE.isdisjoint(countries)


def is_same_recipient(one: Mapping[str, str] | None, other: Mapping[str, str] | None) -> bool:
    """Return whether two addresses are known and the same, but for spaces, signs and capitals."""
    if not one or not other or not one.get("line1"):
        return False
    return all(plain(one.get(part, "")) == plain(other.get(part, "")) for part in _COMPARED)
