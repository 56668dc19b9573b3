"""Where the text of a mail would lead its reader: Amazon lets through what follows a parcel, and its own pages."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from webapp.domain.marketplaces import MARKETPLACES
from webapp.domain.shipping import CARRIERS

# A link, what people write for one, and the end of an e-mail address.
_HOST = r"((?:[\w-]+\.)+\w{2,})"
_PLACE = re.compile(rf"https?://(?:[^\s/@]*@)?([^\s/?#:]+)|\bwww\.{_HOST}|(?<=[\w.+-])@{_HOST}", re.IGNORECASE)


def _known() -> Iterator[str]:
    yield from (place.domain for place in MARKETPLACES)
    for carrier in CARRIERS:
        if carrier.tracking:
            yield (urlsplit(carrier.tracking).hostname or "").removeprefix("www.")


_KNOWN = frozenset(_known())


def leading_away(text: str) -> list[str]:
    """The hosts of links and e-mail addresses that are neither a carrier's nor Amazon's, each once, as they come."""
    hosts = (found[found.lastindex or 0].lower().removeprefix("www.") for found in _PLACE.finditer(text))
    return list(dict.fromkeys(host for host in hosts if not _is_known(host)))


def _is_known(host: str) -> bool:
    # The carrier's other pages are the carrier's: dpd.de, where parcels are followed on tracking.dpd.de.
    return any(host == known or host.endswith(f".{known}") or known.endswith(f".{host}") for known in _KNOWN)
