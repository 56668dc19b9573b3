"""Links in the text of a mail: Amazon allows only carriers' tracking pages and its own pages."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from webapp.domain.common.marketplaces import MARKETPLACES
from webapp.domain.shipping.carriers import CARRIERS

# A host ends where its letters do: people write on without a space in Chinese and Japanese. Prices are no hosts. Nobody
# has so many names in one, and a text that repeats itself would be read as often.
_HOST = r"(?:[\w-]+\.){1,20}(?:[a-zÀ-ɏ]{2,}|[^\W\d_]{2,})"
# A URL, with or without a scheme, and the domain of an e-mail address.
_PLACE = re.compile(
    rf"https?://(?:[^\s/?#@]*@)?({_HOST}|[\w.-]*\w)|(?<![0-9a-z])www\.({_HOST})|(?<=[\w.+-])@({_HOST})", re.IGNORECASE
)
# Further tracking sites of carriers, in addition to the one that we link to.
_ALSO = ("dhl.de", "dpd.com", "gls-group.com", "gls-pakete.de")


def _known() -> Iterator[str]:
    yield from (place.domain for place in MARKETPLACES)
    for carrier in CARRIERS:
        if carrier.tracking:
            names = (urlsplit(carrier.tracking).hostname or "").split(".")
            # The carrier's other pages are the carrier's: dpd.de, where parcels are followed on tracking.dpd.de.
            yield ".".join(names[-3:] if names[-2] in {"co", "com"} else names[-2:])
    yield from _ALSO


_KNOWN = frozenset(_known())


def find_external_hosts(text: str) -> list[str]:
    """List the distinct hosts of links and e-mail addresses that belong to no carrier and not to Amazon."""
    hosts = (match[match.lastindex or 0].lower().removeprefix("www.") for match in _PLACE.finditer(text))
    return list(dict.fromkeys(host for host in hosts if not _is_known(host)))


def _is_known(host: str) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in _KNOWN)
