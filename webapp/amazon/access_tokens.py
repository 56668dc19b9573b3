"""Access tokens of Login with Amazon (LWA): one for all processes, and one renewal at a time.

The token lives in Redis for its hour, encrypted under a key made from the client secret: who can read Redis cannot
use it, and who enters a wrong secret cannot profit from a token the right one got.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable

import httpx
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from redis import Redis

from webapp.amazon.http import AmazonResponse, HttpTransport
from webapp.amazon.json_fields import TEXT
from webapp.amazon.rate_limiter import PREFIX, redis_must_answer
from webapp.domain.accounts.credentials import Credentials
from webapp.domain.amazon.errors import AmazonError, BadCredentials, Unavailable

OPERATION = "getToken"
# Whoever renews must be done before its lock ends, or be dead.
TIMEOUT = httpx.Timeout(10.0, connect=4.0)
LOCK_MS = 15_000
POLL = 0.05
# How long before its end a token is no longer used, in seconds; a fifth of its life where that is shorter.
MARGIN = 120

_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
_ADVICE = {
    "invalid_grant": "Amazon does not accept the refresh token. Authorise the application again in Seller Central and "
    "enter the new refresh token",
    "invalid_client": "Amazon does not accept the client id with this client secret. Copy both again from the "
    "application's page; a secret ends 180 days after it was made",
    "unauthorized_client": "Amazon does not let this application sign in for a seller. Check the client id and the "
    "application's state on its page",
}


class Tokens:
    """The access token of one account. Raises BadCredentials with what to do, Unavailable, RedisUnavailable."""

    def __init__(
        self,
        credentials: Credentials,
        redis: Redis,
        wire: HttpTransport,
        *,
        clock: Callable[[], float],
        wait: Callable[[float], None],
    ) -> None:
        self._credentials = credentials
        self._redis = redis
        self._wire = wire
        self._clock = clock
        self._wait = wait
        self._key = f"{PREFIX}:token:{_name(credentials)}"
        self._release = redis.register_script(_RELEASE)

    def current(self, deadline: float, refused: str | None = None) -> str:
        """A token to call with, renewed when there is none or when Amazon has `refused` the one there is.

        While another process renews it, waits for that one until `deadline` (of the clock).
        """
        _check(self._credentials)
        while True:
            token = self._stored()
            if token is not None and token != refused:
                return token
            owner = secrets.token_hex(16)
            if self._lock(owner):
                try:
                    return self._renew(refused)
                finally:
                    self._unlock(owner)
            bound_lock(self._redis, f"{self._key}:lock")
            if self._clock() >= deadline:
                raise Unavailable("Another process is still renewing the access token.", operation=OPERATION)
            self._wait(POLL)

    def _renew(self, refused: str | None) -> str:
        # Somebody may have renewed it between our look and our lock.
        token = self._stored()
        if token is not None and token != refused:
            return token
        token, seconds = self._fetch()
        lives = max(1.0, seconds - min(MARGIN, seconds * 0.2))
        with redis_must_answer():
            self._redis.set(self._key, self._cipher().encrypt(token.encode()), px=int(lives * 1000))
        return token

    def _fetch(self) -> tuple[str, int]:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._credentials.refresh_token,
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.client_secret,
        }
        answer = self._wire.exchange(OPERATION, "POST", self._credentials.token_url, data=form, timeout=TIMEOUT)
        if not answer.ok:
            raise _refusal(answer)
        body = answer.json()
        token, seconds = body.get("access_token"), body.get("expires_in")
        if type(token) is not str or not _sendable(token) or len(token) > TEXT:
            raise answer.unintelligible("no access token")
        if type(seconds) is not int or seconds <= 0:
            raise answer.unintelligible("an access token without its time of life")
        return token, seconds

    def _stored(self) -> str | None:
        with redis_must_answer():
            sealed = self._redis.get(self._key)
        if sealed is None:
            return None
        try:
            return self._cipher().decrypt(sealed).decode()
        except InvalidToken:
            # Sealed with another client secret: an old one, or a wrong one.
            return None

    def _lock(self, owner: str) -> bool:
        with redis_must_answer():
            return bool(self._redis.set(f"{self._key}:lock", owner, nx=True, px=LOCK_MS))

    def _unlock(self, owner: str) -> None:
        with redis_must_answer():
            self._release(keys=[f"{self._key}:lock"], args=[owner])

    def _cipher(self) -> Fernet:
        secret = self._credentials.client_secret.encode()
        key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"channeldesk access token").derive(secret)
        return Fernet(base64.urlsafe_b64encode(key))


def bound_lock(redis: Redis, key: str) -> None:
    """Let a lock end no later than it could be held from now on.

    Redis keeps the time at which a key ends, so one that was written before the clock was set back would last too long.
    """
    with redis_must_answer():
        if redis.pttl(key) > LOCK_MS:
            redis.pexpire(key, LOCK_MS)


def _name(credentials: Credentials) -> str:
    parts = (credentials.client_id, credentials.refresh_token, credentials.token_url)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _check(credentials: Credentials) -> None:
    for label, value in (
        ("client id", credentials.client_id),
        ("client secret", credentials.client_secret),
        ("refresh token", credentials.refresh_token),
    ):
        if not value:
            raise BadCredentials(f"The {label} is empty.", operation=OPERATION)
        if any(letter.isspace() for letter in value):
            raise BadCredentials(
                f"The {label} contains white space, perhaps a line break at its end. Enter it again without.",
                operation=OPERATION,
            )
        if not _sendable(value):
            raise BadCredentials(f"The {label} contains characters Amazon's never have.", operation=OPERATION)


def _sendable(value: str) -> bool:
    return bool(value) and value.isascii() and value.isprintable() and " " not in value


def _refusal(answer: AmazonResponse) -> AmazonError:
    code, words = answer.words()
    advice = _ADVICE.get(code or "")
    if advice is None or answer.status >= 500:
        return answer.error()
    return BadCredentials(
        f"{advice} ({code}: {words or 'no reason given'}).",
        operation=OPERATION,
        status=answer.status,
        code=code,
        request_id=answer.request_id,
    )
