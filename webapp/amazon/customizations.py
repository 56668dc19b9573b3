"""The ZIP files of customized items, at the address that an order names."""

import httpx

from webapp.amazon.client import Client
from webapp.amazon.http import CONNECT_TIMEOUT, HttpTransport
from webapp.domain.amazon.errors import InvalidRequest
from webapp.domain.common.marketplaces import MARKETPLACES

OPERATION = "downloadCustomization"
# The files hold pictures that buyers upload.
MAX_BYTES = 50 * 2**20
READ_TIMEOUT = 20.0
# Seen in public: zme-caps.amazon.com. The others are the hosts of Amazon's own sites.
_HOSTS = tuple(f".{marketplace.domain}" for marketplace in MARKETPLACES)


def download(client: Client, url: str) -> bytes:
    """Return the file. Redirects are not followed, and the access token is not sent."""
    check_url(client, url)
    transport = HttpTransport(read_timeout=max(READ_TIMEOUT, CONNECT_TIMEOUT), max_body_bytes=MAX_BYTES)
    try:
        response = transport.send(OPERATION, "GET", url)
    finally:
        transport.close()
    if not response.ok:
        raise response.error()
    return response.body


def check_url(client: Client, url: str) -> None:
    """Raise InvalidRequest unless the address is of Amazon's, or of the account's own endpoint (the simulator)."""
    try:
        target, endpoint = httpx.URL(url), httpx.URL(client.credentials.endpoint)
    except httpx.InvalidURL:
        target = endpoint = httpx.URL()
    at_endpoint = (target.scheme, target.host, target.port) == (endpoint.scheme, endpoint.host, endpoint.port)
    at_amazon = target.scheme == "https" and target.port is None and target.host.endswith(_HOSTS)
    if not target.host or target.userinfo or not (at_endpoint or at_amazon):
        raise InvalidRequest(f"The address of the customization is not Amazon's: {target.host!r}.", operation=OPERATION)
