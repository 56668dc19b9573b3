"""One exchange over HTTP: what went out, what came back, or that nothing came. No retry, no pace, no meaning."""

import ipaddress
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from ssl import SSLContext
from typing import Any

import httpx

from webapp.amazon.json_fields import WORD
from webapp.domain.amazon.errors import (
    AmazonError,
    BadCredentials,
    Forbidden,
    InvalidRequest,
    InvalidResponse,
    OutcomeUnknown,
    ResourceNotFound,
    Throttled,
    Unavailable,
)

log = logging.getLogger("webapp.amazon")
# They would write addresses, and an address of a feed's document is a key to it.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

USER_AGENT = "Channeldesk/1 (Language=Python)"
CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 30.0
# A server that sends a byte now and then never trips the read timeout; this ends it.
WHOLE_ANSWER = 90.0
LARGEST_BODY = 64 * 2**20

# Errors that come before the first byte is sent, so the call cannot have been carried out.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_REFUSALS = {
    400: InvalidRequest,
    401: BadCredentials,
    403: Forbidden,
    404: ResourceNotFound,
    408: Unavailable,
    429: Throttled,
}


@dataclass(frozen=True, slots=True)
class AmazonResponse:
    """What came back, whatever its status. `operation` is Amazon's name of the call."""

    operation: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str | None:
        said = self.headers.get("x-amzn-requestid") or self.headers.get("x-amz-request-id")
        return said[:WORD] if said else None

    @property
    def date(self) -> datetime | None:
        """The time of the server that answered, to the second; None where it does not say."""
        try:
            said = parsedate_to_datetime(self.headers.get("date") or "")
        except ValueError:
            return None
        return said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """The object in the body. Raises Unintelligible when there is none, or when it lists errors."""
        try:
            # Amazon's JSON is UTF-8; NaN and its kin are not JSON though Python reads them.
            body = json.loads(self.body.decode(), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise self.unintelligible(f"{_kind(self.body)} instead of JSON{self._advice()}") from None
        if type(body) is not dict:
            raise self.unintelligible("JSON that is not an object")
        if body.get("errors"):
            raise self.unintelligible(f"success and errors at once: {_words(body)[1]}")
        return body

    def unintelligible(self, what: str) -> InvalidResponse:
        """The error to raise: a success whose body is `what`."""
        return InvalidResponse(f"Amazon answered {self.operation} with {what}.", **self._details())

    def error(self) -> AmazonError:
        """The typed error of an answer that is not a success, in Amazon's own words where there are any."""
        if self.status < 400:
            return self.unintelligible(f"status {self.status}, which sends elsewhere; that is not followed")
        code, words = self.words()
        kind = _REFUSALS.get(self.status) or (Unavailable if self.status >= 500 else InvalidRequest)
        said = words or (
            "no reason" if _is_json_like(self.body) else f"no reason but {_kind(self.body)}{self._advice()}"
        )
        label = f"{self.status} {code}" if code else str(self.status)
        return kind(f"Amazon answered {self.operation} with {label}: {said}", code=code, **self._details())

    def words(self) -> tuple[str | None, str | None]:
        """Amazon's code and message, each where given."""
        try:
            body = json.loads(self.body.decode())
        except (ValueError, RecursionError):
            return None, None
        return _words(body) if type(body) is dict else (None, None)

    def _advice(self) -> str:
        # A gateway in trouble writes a page too, with a status from 500; any other page comes from a wrong place.
        wrong_place = self.status < 500 and _kind(self.body) == "a web page"
        return "; check the address, it is not Amazon's" if wrong_place else ""

    def _details(self) -> dict[str, Any]:
        return {"operation": self.operation, "status": self.status, "request_id": self.request_id}


class HttpTransport:
    """A connection that trusts nothing around it: no proxies, no redirects, no endless waits, no endless bodies."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        read_timeout: float = READ_TIMEOUT,
        largest: int = LARGEST_BODY,
    ) -> None:
        self._clock = clock
        self._largest = largest
        self._http = httpx.Client(
            timeout=httpx.Timeout(read_timeout, connect=min(CONNECT_TIMEOUT, read_timeout)),
            follow_redirects=False,
            trust_env=False,
            verify=_tls(),
            headers={"user-agent": USER_AGENT},
        )

    def close(self) -> None:
        self._http.close()

    def exchange(
        self, operation: str, method: str, url: str, *, repeat_safe: bool = True, **request: Any
    ) -> AmazonResponse:
        """Send and receive once. `request` is what httpx takes: params, json, data, content, headers.

        Without an answer raises Unavailable, or LostAnswer when the call may have been carried out and repeating it
        is not safe (`repeat_safe=False`).
        """
        started = self._clock()
        try:
            answer = self._receive(operation, method, _address(operation, url), started, request)
        except (httpx.TransportError, httpx.DecodingError) as error:
            log.info("%s got no answer in %d ms (%s)", operation, self._ms(started), type(error).__name__)
            lost = not repeat_safe and not isinstance(error, _UNSENT)
            raise _no_answer(operation, url, error, lost) from error
        except InvalidResponse as error:
            if repeat_safe:
                raise
            raise _no_answer(operation, url, error, lost=True) from error
        except httpx.InvalidURL as error:
            raise InvalidRequest(
                f"The address for {operation} is not an address: {url!r}.", operation=operation
            ) from error
        log.debug("%s %d in %d ms (request id %s)", operation, answer.status, self._ms(started), answer.request_id)
        return answer

    def _receive(
        self, operation: str, method: str, url: httpx.URL, started: float, request: dict[str, Any]
    ) -> AmazonResponse:
        body = bytearray()
        with self._http.stream(method, url, **request) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > self._largest:
                    raise AmazonResponse(operation, response.status_code, response.headers, b"").unintelligible(
                        f"more than {self._largest} bytes"
                    )
                if self._clock() - started > WHOLE_ANSWER:
                    raise httpx.ReadTimeout("the answer does not end", request=response.request)
            return AmazonResponse(operation, response.status_code, response.headers, bytes(body))

    def _ms(self, started: float) -> int:
        return round((self._clock() - started) * 1000)


def _address(operation: str, url: str) -> httpx.URL:
    parsed = httpx.URL(url)
    if parsed.scheme == "https" and parsed.host:
        return parsed
    # Keys and buyers' data travel over it; only a simulator on this machine may do without encryption.
    if parsed.scheme == "http" and _is_this_machine(parsed.host):
        return parsed
    raise InvalidRequest(
        f"The address for {operation} must begin with https:// (http:// only on this machine), but is {url!r}.",
        operation=operation,
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _no_answer(operation: str, url: str, error: Exception, lost: bool) -> Unavailable:
    host = httpx.URL(url).host
    if lost:
        return OutcomeUnknown(
            f"The answer to {operation} is lost ({type(error).__name__}); it may have been carried out.",
            operation=operation,
        )
    if isinstance(error, httpx.TimeoutException):
        return Unavailable(f"{host} did not answer {operation} in time.", operation=operation)
    return Unavailable(
        f"{host} could not be reached for {operation}: {error or type(error).__name__}.", operation=operation
    )


def _words(body: dict[str, Any]) -> tuple[str | None, str | None]:
    errors = body.get("errors")
    first = errors[0] if type(errors) is list and errors else body
    if type(first) is not dict:
        return None, None
    # Gateways say {"message"}, Login with Amazon says {"error", "error_description"}.
    code = first.get("code") or first.get("error")
    said = [first.get(key) for key in ("message", "Message", "details", "error_description")]
    words = " ".join(part for part in said if type(part) is str and part)
    return (code[:80] if type(code) is str else None), (re.sub(r"\s+", " ", words).strip()[:500] or None)


def _kind(body: bytes) -> str:
    start = body[:200].lstrip().lower()
    if not start:
        return "an empty body"
    if start.startswith(b"<"):
        return "an XML document" if start.startswith(b"<?xml") else "a web page"
    return "a broken body" if _is_json_like(body) else "other text"


def _is_json_like(body: bytes) -> bool:
    return body[:200].lstrip().startswith((b"{", b"["))


def _no_constant(name: str) -> None:
    raise ValueError(name)


@cache
def _tls() -> SSLContext:
    # Reading the certificate authorities takes longer than everything else a client needs.
    return httpx.create_ssl_context(trust_env=False)
