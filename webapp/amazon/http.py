"""One HTTP request to Amazon and its response, without retries or rate limits."""

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
# They would log URLs, and the URL of a feed's document gives access to it.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

USER_AGENT = "Channeldesk/1 (Language=Python)"
CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 30.0
# Limits the whole response: a server that sends a byte now and then never exceeds the read timeout.
TOTAL_TIMEOUT = 90.0
MAX_BODY_BYTES = 64 * 2**20

# Errors raised before the first byte is sent: the call cannot have been carried out.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_STATUS_ERRORS = {
    400: InvalidRequest,
    401: BadCredentials,
    403: Forbidden,
    404: ResourceNotFound,
    408: Unavailable,
    429: Throttled,
}


@dataclass(frozen=True, slots=True)
class AmazonResponse:
    """A response of any status. `operation` is Amazon's name of the call."""

    operation: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str | None:
        request_id = self.headers.get("x-amzn-requestid") or self.headers.get("x-amz-request-id")
        return request_id[:WORD] if request_id else None

    @property
    def date(self) -> datetime | None:
        """The server's time, to the second; None without a Date header."""
        try:
            date = parsedate_to_datetime(self.headers.get("date") or "")
        except ValueError:
            return None
        return date.replace(tzinfo=date.tzinfo or UTC).astimezone(UTC)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> dict[str, Any]:
        """Return the object in the body. Raises InvalidResponse when there is none, or when it lists errors."""
        try:
            # Amazon's JSON is UTF-8. Python also reads NaN and Infinity, which are not JSON.
            body = json.loads(self.body.decode(), parse_constant=_reject_constant)
        except (ValueError, RecursionError):
            raise self.invalid_response(f"{_describe_body(self.body)} instead of JSON{self._get_advice()}") from None
        if type(body) is not dict:
            raise self.invalid_response("JSON that is not an object")
        if body.get("errors"):
            raise self.invalid_response(f"success and errors at once: {_parse_error_details(body)[1]}")
        return body

    def invalid_response(self, what: str) -> InvalidResponse:
        """Return the error for a success status with a body that is `what`."""
        return InvalidResponse(f"Amazon answered {self.operation} with {what}.", **self._get_details())

    def error(self) -> AmazonError:
        """Return the typed error of a response that is not a success, with Amazon's message where there is one."""
        if self.status < 400:
            return self.invalid_response(f"status {self.status}, a redirect, which is not followed")
        code, message = self.error_details()
        error_class = _STATUS_ERRORS.get(self.status) or (Unavailable if self.status >= 500 else InvalidRequest)
        reason = message or (
            "no reason"
            if _is_json_like(self.body)
            else f"no reason but {_describe_body(self.body)}{self._get_advice()}"
        )
        label = f"{self.status} {code}" if code else str(self.status)
        return error_class(f"Amazon answered {self.operation} with {label}: {reason}", code=code, **self._get_details())

    def error_details(self) -> tuple[str | None, str | None]:
        """Return Amazon's error code and message, each where given."""
        try:
            body = json.loads(self.body.decode())
        except (ValueError, RecursionError):
            return None, None
        return _parse_error_details(body) if type(body) is dict else (None, None)

    def _get_advice(self) -> str:
        # A failing gateway sends a page with a status from 500; any other page comes from a wrong address.
        is_wrong_address = self.status < 500 and _describe_body(self.body) == "a web page"
        return "; check the address, it is not Amazon's" if is_wrong_address else ""

    def _get_details(self) -> dict[str, Any]:
        return {"operation": self.operation, "status": self.status, "request_id": self.request_id}


class HttpTransport:
    """An HTTP client without proxies or redirects, with limits on the time and size of a response."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        read_timeout: float = READ_TIMEOUT,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._clock = clock
        self._max_body_bytes = max_body_bytes
        self._http = httpx.Client(
            timeout=httpx.Timeout(read_timeout, connect=min(CONNECT_TIMEOUT, read_timeout)),
            follow_redirects=False,
            trust_env=False,
            verify=_build_tls_context(),
            headers={"user-agent": USER_AGENT},
        )

    def close(self) -> None:
        self._http.close()

    def send(self, operation: str, method: str, url: str, *, idempotent: bool = True, **request: Any) -> AmazonResponse:
        """Send one request. `request`: arguments of httpx such as params, json, data, content, headers.

        Without a response raises Unavailable, or OutcomeUnknown when a call that is not `idempotent` may have been
        carried out.
        """
        started = self._clock()
        try:
            response = self._receive(operation, method, _check_url(operation, url), started, request)
        except (httpx.TransportError, httpx.DecodingError) as error:
            log.info("%s got no response in %d ms (%s)", operation, self._measure_ms(started), type(error).__name__)
            lost = not idempotent and not isinstance(error, _UNSENT)
            raise _build_no_response_error(operation, url, error, lost) from error
        except InvalidResponse as error:
            if idempotent:
                raise
            raise _build_no_response_error(operation, url, error, lost=True) from error
        except httpx.InvalidURL as error:
            raise InvalidRequest(
                f"The address for {operation} is not an address: {url!r}.", operation=operation
            ) from error
        log.debug(
            "%s %d in %d ms (request id %s)", operation, response.status, self._measure_ms(started), response.request_id
        )
        return response

    def _receive(
        self, operation: str, method: str, url: httpx.URL, started: float, request: dict[str, Any]
    ) -> AmazonResponse:
        body = bytearray()
        with self._http.stream(method, url, **request) as response:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > self._max_body_bytes:
                    raise AmazonResponse(operation, response.status_code, response.headers, b"").invalid_response(
                        f"more than {self._max_body_bytes} bytes"
                    )
                if self._clock() - started > TOTAL_TIMEOUT:
                    raise httpx.ReadTimeout("the response does not end", request=response.request)
            return AmazonResponse(operation, response.status_code, response.headers, bytes(body))

    def _measure_ms(self, started: float) -> int:
        return round((self._clock() - started) * 1000)


def _check_url(operation: str, url: str) -> httpx.URL:
    parsed = httpx.URL(url)
    if parsed.scheme == "https" and parsed.host:
        return parsed
    # Only a simulator on this machine may be used without encryption.
    if parsed.scheme == "http" and _is_loopback(parsed.host):
        return parsed
    raise InvalidRequest(
        f"The address for {operation} must begin with https:// (http:// only on this machine), but is {url!r}.",
        operation=operation,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _build_no_response_error(operation: str, url: str, error: Exception, lost: bool) -> Unavailable:
    host = httpx.URL(url).host
    if lost:
        return OutcomeUnknown(
            f"The response to {operation} is lost ({type(error).__name__}); it may have been carried out.",
            operation=operation,
        )
    if isinstance(error, httpx.TimeoutException):
        return Unavailable(f"{host} did not answer {operation} in time.", operation=operation)
    return Unavailable(
        f"{host} could not be reached for {operation}: {error or type(error).__name__}.", operation=operation
    )


def _parse_error_details(body: dict[str, Any]) -> tuple[str | None, str | None]:
    errors = body.get("errors")
    first = errors[0] if type(errors) is list and errors else body
    if type(first) is not dict:
        return None, None
    # Gateways send {"message"}, Login with Amazon sends {"error", "error_description"}.
    code = first.get("code") or first.get("error")
    parts = [first.get(key) for key in ("message", "Message", "details", "error_description")]
    message = " ".join(part for part in parts if type(part) is str and part)
    return (code[:80] if type(code) is str else None), (re.sub(r"\s+", " ", message).strip()[:500] or None)


def _describe_body(body: bytes) -> str:
    start = body[:200].lstrip().lower()
    if not start:
        return "an empty body"
    if start.startswith(b"<"):
        return "an XML document" if start.startswith(b"<?xml") else "a web page"
    return "a broken body" if _is_json_like(body) else "other text"


def _is_json_like(body: bytes) -> bool:
    return body[:200].lstrip().startswith((b"{", b"["))


def _reject_constant(name: str) -> None:
    raise ValueError(name)


@cache
def _build_tls_context() -> SSLContext:
    # Loading the certificate authorities takes longer than everything else in a client.
    return httpx.create_ssl_context(trust_env=False)
