"""One call of Amazon's, as every operation needs it: paced, signed in, repeated where that is safe, and believed only
when its answer is what was promised.
"""

import logging
import random
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from redis import Redis

from webapp.amazon.access_tokens import Tokens
from webapp.amazon.http import AmazonResponse, HttpTransport
from webapp.amazon.json_fields import MalformedError
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

# How often one call is sent at most. A broken body is asked for once more only: an address that answers web pages
# will go on doing so.
ATTEMPTS = 4
ATTEMPTS_AT_SENSE = 2
FIRST_PAUSE = 0.5

_STALE_TOKEN = re.compile(r"\btoken\b.*\b(expired|revoked|malformed|invalid)\b", re.IGNORECASE)


class Client:
    """The calls of one account. One client serves one thread; what must be shared is shared through Redis."""

    def __init__(
        self,
        credentials: Credentials,
        redis: Redis,
        *,
        clock: Callable[[], float],
        wait: Callable[[float], None],
        max_wait: float,
        read_timeout: float,
        lane: str,
    ) -> None:
        self.credentials = credentials
        self.wire = HttpTransport(clock=clock, read_timeout=read_timeout)
        self._clock = clock
        self._wait = wait
        self._max_wait = max_wait
        self._pacer = RateLimiter(redis, credentials.account_key, lane, clock=clock, wait=wait)
        self._tokens = Tokens(credentials, redis, self.wire, clock=clock, wait=wait)
        # What Amazon's latest answer said of the time, and when that was on our own, steady clock.
        self._dated: tuple[datetime, float] | None = None

    def amazon_time(self) -> datetime | None:
        """What Amazon's clock shows now, by the Date header of its latest answer; None before the first.

        The clock of this machine may be wrong, and may be set while the program runs; neither changes this.
        """
        if self._dated is None:
            return None
        said, at = self._dated
        return said + timedelta(seconds=self._clock() - at)

    def call(
        self,
        operation: str,
        method: str,
        path: str,
        read: Callable[[AmazonResponse], T],
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        repeat_safe: bool = True,
    ) -> T:
        """Call `operation` and return what `read` makes of its answer, which may raise MalformedError.

        Errors that pass are waited out and the call repeated, within `max_wait` seconds in all. With
        `repeat_safe=False` the call is repeated only when Amazon has certainly not carried it out; when that is not
        certain, raises LostAnswer.
        """

        def send() -> T:
            return self._once(operation, method, path, read, params, body, repeat_safe, deadline)

        deadline = self._clock() + self._max_wait
        return self._persist(send, deadline)

    def repeat(self, send: Callable[[], T]) -> T:
        """Do something that is safe to repeat, again while its errors pass, within `max_wait` seconds in all."""
        return self._persist(send, self._clock() + self._max_wait)

    def _persist(self, send: Callable[[], T], deadline: float) -> T:
        attempt = 1
        while True:
            try:
                return send()
            except AmazonError as error:
                pause = _pause(error, attempt)
                if pause is None or self._clock() + pause > deadline:
                    raise
            self._wait(pause)
            attempt += 1

    def _once(
        self,
        operation: str,
        method: str,
        path: str,
        read: Callable[[AmazonResponse], T],
        params: Mapping[str, str] | None,
        body: Mapping[str, Any] | None,
        repeat_safe: bool,
        deadline: float,
    ) -> T:
        def send(token: str) -> AmazonResponse:
            self._pacer.acquire(operation, deadline)
            return self.wire.exchange(
                operation,
                method,
                self.credentials.endpoint.rstrip("/") + path,
                repeat_safe=repeat_safe,
                params=params,
                json=body,
                headers={"x-amz-access-token": token, "x-amz-date": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"},
            )

        token = self._tokens.current(deadline)
        answer = send(token)
        if _refuses_token(answer):
            answer = send(self._tokens.current(deadline, refused=token))
            if _refuses_token(answer):
                raise _bad_token(answer)
        self._learn(operation, answer)
        try:
            return _believe(answer, read)
        except (Unavailable, InvalidResponse) as error:
            if repeat_safe:
                raise
            raise _lost(error) from error

    def _learn(self, operation: str, answer: AmazonResponse) -> None:
        """An answer is worth more than its pace: the call was made, and the next one asks Redis first anyway."""
        if answer.date is not None:
            self._dated = (answer.date, self._clock())
        try:
            if answer.status == 429:
                self._pacer.empty(operation)
            else:
                self._pacer.correct(operation, answer.headers.get("x-amzn-ratelimit-limit"))
        except RedisUnavailable as error:
            log.warning("the pace of %s could not be noted: %s", operation, error.message)


def _believe(answer: AmazonResponse, read: Callable[[AmazonResponse], T]) -> T:
    if not answer.ok:
        raise answer.error()
    try:
        return read(answer)
    except MalformedError as error:
        raise answer.unintelligible(f"a body that is not what it promises: {error}") from error


def _pause(error: AmazonError, attempt: int) -> float | None:
    """Seconds until the call is worth repeating; None when it is not."""
    # Without Redis there is no pace, after a lost answer one looks first, and our own bucket has waited already.
    if not error.passing or isinstance(error, (RedisUnavailable, OutcomeUnknown)):
        return None
    if isinstance(error, Throttled) and error.status is None:
        return None
    if isinstance(error, Throttled) and error.operation in RATES and attempt < ATTEMPTS:
        # Amazon's 429 has emptied the bucket: the wait is there.
        return 0.0
    if attempt >= (ATTEMPTS_AT_SENSE if isinstance(error, InvalidResponse) else ATTEMPTS):
        return None
    return FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, guards nothing


def _refuses_token(answer: AmazonResponse) -> bool:
    if answer.status == 401:
        return True
    return answer.status == 403 and _STALE_TOKEN.search(answer.words()[1] or "") is not None


def _bad_token(answer: AmazonResponse) -> BadCredentials:
    said = answer.error()
    return BadCredentials(
        f"{said.message} The access token had just been renewed: authorise the application again in Seller Central.",
        operation=answer.operation,
        status=answer.status,
        code=said.code,
        request_id=answer.request_id,
    )


def _lost(error: AmazonError) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"{error.message} It may have been carried out.",
        operation=error.operation,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
    )
