"""Decide whether two orders may share a parcel and so a tracking number. Pure."""

from collections.abc import Mapping

from webapp.domain.shipping.carrier_names import normalize_name

_COMPARED = ("name", "line1", "line2", "line3", "city", "postal_code", "country_code")


def is_same_recipient(first: Mapping[str, str] | None, other: Mapping[str, str] | None) -> bool:
    """Return whether two known addresses are equal apart from spaces, punctuation and case."""
    if not first or not other or not first.get("line1"):
        return False
    return all(normalize_name(first.get(part, "")) == normalize_name(other.get(part, "")) for part in _COMPARED)
