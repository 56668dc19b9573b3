"""Calls of the Selling Partner API with rate limits, access tokens, retries and validated responses."""

import logging
import random
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from redis import Redis

from webapp.amazon.access_tokens import AccessTokens
from webapp.amazon.http import AmazonResponse, HttpTransport
from webapp.amazon.json_fields import MalformedError, required_token
from webapp.amazon.rate_limiter import RATES, RateLimiter
from webapp.domain.accounts.credentials import Credentials
from webapp.domain.amazon.errors import (
    AmazonError,
    BadCredentials,
    InvalidResponse,
    OutcomeUnknown,
    RedisUnavailable,
    Throttled,
    Unavailable,
)

T = TypeVar("T")
log = logging.getLogger("webapp.amazon")

# The most times one call is sent. After an invalid body it is sent once more only: an address that returns web pages
# will go on doing so.
MAX_ATTEMPTS = 4
MAX_INVALID_RESPONSES = 2
FIRST_RETRY_DELAY = 0.5

_STALE_TOKEN = re.compile(r"\btoken\b.*\b(expired|revoked|malformed|invalid)\b", re.IGNORECASE)


class Client:
    """Calls of one account. Not thread-safe; rate limits and tokens are shared through Redis."""

    def __init__(
        self,
        credentials: Credentials,
        redis: Redis,
        *,
        clock: Callable[[], float],
        wait: Callable[[float], None],
        max_wait: float,
        read_timeout: float,
        priority: str,
    ) -> None:
        self.credentials = credentials
        self.transport = HttpTransport(clock=clock, read_timeout=read_timeout)
        self._clock = clock
        self._wait = wait
        self._max_wait = max_wait
        self._limiter = RateLimiter(redis, credentials.account_key, priority, clock=clock, wait=wait)
        self._tokens = AccessTokens(credentials, redis, self.transport, clock=clock, wait=wait)
        # The Date header of the latest response, and the reading of the monotonic clock then.
        self._server_time: tuple[datetime, float] | None = None
        self._request_id: str | None = None
        self._restricted_token: str | None = None

    def last_request_id(self) -> str | None:
        """Return Amazon's id of the latest request that was answered."""
        return self._request_id

    def amazon_time(self) -> datetime | None:
        """Return the time at Amazon, by the Date header of its latest response; None before the first response.

        Independent of this machine's clock, which may be wrong or set while the program runs.
        """
        if self._server_time is None:
            return None
        server_time, received_at = self._server_time
        return server_time + timedelta(seconds=self._clock() - received_at)

    def call(
        self,
        operation: str,
        method: str,
        path: str,
        parse: Callable[[AmazonResponse], T],
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        idempotent: bool = True,
        restricted: Sequence[tuple[str, str]] = (),
    ) -> T:
        """Call `operation` and return what `parse` makes of the response. `parse` may raise MalformedError.

        Retries after temporary errors, within `max_wait` seconds in all. With `idempotent=False` retries only a call
        that Amazon has certainly not carried out, and raises OutcomeUnknown when that is not certain. `restricted`:
        the (method, path) of the API's operations that need a restricted data token, since they return personal data.
        """

        def send() -> T:
            return self._send_once(operation, method, path, parse, params, body, idempotent, restricted, deadline)

        deadline = self._clock() + self._max_wait
        return self._retry(send, deadline)

    def retry(self, send: Callable[[], T]) -> T:
        """Call `send` with retries after temporary errors, within `max_wait` seconds in all."""
        return self._retry(send, self._clock() + self._max_wait)

    def _retry(self, send: Callable[[], T], deadline: float) -> T:
        attempt = 1
        while True:
            try:
                return send()
            except AmazonError as error:
                delay = _retry_delay(error, attempt)
                if delay is None or self._clock() + delay > deadline:
                    raise
            self._wait(delay)
            attempt += 1

    def _send_once(
        self,
        operation: str,
        method: str,
        path: str,
        parse: Callable[[AmazonResponse], T],
        params: Mapping[str, str] | None,
        body: Mapping[str, object] | None,
        idempotent: bool,
        restricted: Sequence[tuple[str, str]],
        deadline: float,
    ) -> T:
        def get_token(rejected: str | None = None) -> str:
            if restricted:
                return self._get_restricted_token(restricted, rejected)
            return self._tokens.get(deadline, rejected=rejected)

        def send(token: str) -> AmazonResponse:
            self._limiter.acquire(operation, deadline)
            return self.transport.send(
                operation,
                method,
                self.credentials.endpoint.rstrip("/") + path,
                idempotent=idempotent,
                params=params,
                json=body,
                headers={"x-amz-access-token": token, "x-amz-date": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"},
            )

        token = get_token()
        response = send(token)
        if _is_token_rejected(response):
            response = send(get_token(rejected=token))
            if _is_token_rejected(response):
                raise _build_token_rejected_error(response)
        self._update_rate(operation, response)
        try:
            return _validate(response, parse)
        except (Unavailable, InvalidResponse) as error:
            if idempotent:
                raise
            raise _build_outcome_unknown(error) from error

    def _get_restricted_token(self, resources: Sequence[tuple[str, str]], rejected: str | None) -> str:
        """Return a restricted data token, fetched when there is none or when Amazon has `rejected` it.

        It is valid for an hour and kept for the lifetime of this client, which is a job's.
        """
        if self._restricted_token is None or self._restricted_token == rejected:
            self._restricted_token = self.call(
                "createRestrictedDataToken",
                "POST",
                "/tokens/2021-03-01/restrictedDataToken",
                lambda response: required_token(response.json(), "restrictedDataToken"),
                body={"restrictedResources": [{"method": method, "path": path} for method, path in resources]},
            )
        return self._restricted_token

    def _update_rate(self, operation: str, response: AmazonResponse) -> None:
        """Note the request id, the server's time and rate limit. Does not fail without Redis: the response is kept."""
        self._request_id = response.request_id
        if response.date is not None:
            self._server_time = (response.date, self._clock())
        try:
            if response.status == 429:
                self._limiter.mark_empty(operation)
            else:
                self._limiter.set_rate(operation, response.headers.get("x-amzn-ratelimit-limit"))
        except RedisUnavailable as error:
            log.warning("the rate limit of %s could not be stored: %s", operation, error.message)


def _validate(response: AmazonResponse, parse: Callable[[AmazonResponse], T]) -> T:
    if not response.ok:
        raise response.error()
    try:
        return parse(response)
    except MalformedError as error:
        raise response.invalid_response(f"a body that is not what it promises: {error}") from error


def _retry_delay(error: AmazonError, attempt: int) -> float | None:
    """Return the seconds until a retry, None when the call is not to be retried."""
    # Without Redis the limits are unknown; an unknown outcome is checked first; our own bucket has waited already.
    if not error.is_temporary or isinstance(error, (RedisUnavailable, OutcomeUnknown)):
        return None
    if isinstance(error, Throttled) and error.status is None:
        return None
    if isinstance(error, Throttled) and error.operation in RATES and attempt < MAX_ATTEMPTS:
        # Amazon's 429 has emptied the bucket: the wait is there.
        return 0.0
    if attempt >= (MAX_INVALID_RESPONSES if isinstance(error, InvalidResponse) else MAX_ATTEMPTS):
        return None
    return FIRST_RETRY_DELAY * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, no secret


def _is_token_rejected(response: AmazonResponse) -> bool:
    if response.status == 401:
        return True
    return response.status == 403 and _STALE_TOKEN.search(response.error_details()[1] or "") is not None


def _build_token_rejected_error(response: AmazonResponse) -> BadCredentials:
    error = response.error()
    return BadCredentials(
        f"{error.message} The access token had just been renewed: authorize the application again in Seller Central.",
        operation=response.operation,
        status=response.status,
        code=error.code,
        request_id=response.request_id,
    )


def _build_outcome_unknown(error: AmazonError) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{error.message} It may have been carried out.",
        operation=error.operation,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
    )
