"""Documents of feeds and reports: their ids, their signed URLs at Amazon's storage, and their contents."""

import gzip
import io
import re
import zlib
from collections.abc import Callable
from typing import TypeVar

import httpx

from webapp.amazon.client import Client
from webapp.amazon.http import MAX_BODY_BYTES, AmazonResponse
from webapp.amazon.json_fields import TEXT, MalformedError, optional_text, optional_word, required_word
from webapp.domain.amazon.errors import InvalidRequest, InvalidResponse, Unavailable

T = TypeVar("T")
# More pages than this are an error: a page holds 100, and Amazon keeps reports for 90 days.
MAX_PAGES = 20
# Hosts of Amazon's document storage. URLs of other hosts are refused.
STORAGE = (".amazonaws.com", ".amazon.com", ".cloudfront.net")
_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.ASCII | re.IGNORECASE)


def check_id(operation: str, value: str) -> str:
    """Return an id for a URL. Raises InvalidRequest: a slash in it would lead to another operation."""
    if (
        not value
        or not value.isascii()
        or not all(letter.isalnum() or letter in "-_." for letter in value)
        or ".." in value
    ):
        raise InvalidRequest("That is not an id of Amazon's.", operation=operation)
    return value


def list_all(
    client: Client,
    operation: str,
    path: str,
    parse: Callable[[AmazonResponse], tuple[list[T], str | None]],
    params: dict[str, str],
) -> tuple[T, ...]:
    """List feeds or reports, page by page. `parse` returns a page and the token of the next one."""
    rows: list[T] = []
    tokens: set[str] = set()
    while True:
        page, token = client.call(operation, "GET", path, parse, params=params)
        rows += page
        if token is None:
            return tuple(rows)
        if token in tokens or len(tokens) == MAX_PAGES:
            raise InvalidResponse("Amazon's list does not end.", operation=operation)
        tokens.add(token)
        params = {"nextToken": token}


def check_storage_url(client: Client, url: str) -> str:
    """Return the URL. Raises InvalidResponse unless it is of Amazon's storage or the account's endpoint."""
    try:
        target, endpoint = httpx.URL(url), httpx.URL(client.credentials.endpoint)
    except httpx.InvalidURL:
        target = endpoint = httpx.URL()
    at_endpoint = (target.scheme, target.host, target.port) == (endpoint.scheme, endpoint.host, endpoint.port)
    at_amazon = target.scheme == "https" and target.port is None and target.host.endswith(STORAGE)
    if not target.host or target.userinfo or not (at_endpoint or at_amazon):
        raise InvalidResponse(f"Amazon named an address for a document that is not Amazon's: {target.host!r}.")
    return url


def build_storage_error(response: AmazonResponse) -> Unavailable:
    """Return the error of Amazon's storage. It is temporary: URLs expire after five minutes, and a new one works."""
    return Unavailable(
        f"Amazon's storage answered the {response.operation} with {response.status}.",
        operation=response.operation,
        status=response.status,
        request_id=response.request_id,
    )


def download(client: Client, url: str, compression: str | None) -> tuple[AmazonResponse, bytes]:
    """Return the storage's response and the document, decompressed. Raises MalformedError for a damaged archive."""
    # The storage checks the signature in the URL; it must not receive the access token.
    response = client.transport.send("download", "GET", check_storage_url(client, url))
    if not response.ok:
        raise build_storage_error(response)
    return response, _decompress(response.body) if compression == "GZIP" else response.body


def find_charset(response: AmazonResponse) -> str | None:
    """Return the charset of the response's content type, None where it names none."""
    charset = _CHARSET.search(response.headers.get("content-type", ""))
    return charset[1] if charset else None


def parse_upload(response: AmazonResponse) -> tuple[str, str]:
    """Return the id and the URL of a document to upload."""
    return required_word(response.json(), "feedDocumentId"), _parse_url(response)


def parse_download(response: AmazonResponse) -> tuple[str, str | None]:
    """Return the URL of a document to download, and GZIP where it is compressed."""
    compression = optional_word(response.json(), "compressionAlgorithm")
    if compression not in (None, "GZIP"):
        raise MalformedError("compressionAlgorithm is an unknown one")
    return _parse_url(response), compression


def _parse_url(response: AmazonResponse) -> str:
    url = optional_text(response.json(), "url", limit=TEXT * 2)
    if url is None:
        raise MalformedError("url is missing")
    return url


def _decompress(body: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as archive:
            document = archive.read(MAX_BODY_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise MalformedError("it is not a whole GZIP file") from None
    if len(document) > MAX_BODY_BYTES:
        raise MalformedError(f"it is longer than {MAX_BODY_BYTES} bytes")
    return document
