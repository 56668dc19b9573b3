"""Access tokens of Login with Amazon (LWA), shared by all processes, renewed by one of them at a time.

A token is cached in Redis until shortly before it expires, encrypted with a key derived from the client secret: reading
Redis does not give access to it, and an account with a wrong secret cannot use a token obtained with the right one.
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
from webapp.amazon.rate_limiter import PREFIX, require_redis
from webapp.domain.accounts.credentials import Credentials
from webapp.domain.amazon.errors import AmazonError, BadCredentials, Unavailable

OPERATION = "getToken"
# Renewing must end before the lock expires.
TIMEOUT = httpx.Timeout(10.0, connect=4.0)
LOCK_MS = 15_000
POLL = 0.05
# A token is not used in the last seconds of its lifetime: this many, or a fifth of it where that is less.
MARGIN = 120

_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
_ADVICE = {
    "invalid_grant": "Amazon does not accept the refresh token. Authorize the application again in Seller Central and "
    "enter the new refresh token",
    "invalid_client": "Amazon does not accept the client id with this client secret. Copy both again from the "
    "application's page; a secret ends 180 days after it was made",
    "unauthorized_client": "Amazon does not let this application sign in for a seller. Check the client id and the "
    "application's state on its page",
}


class AccessTokens:
    """The access token of one account. Methods raise BadCredentials (with advice), Unavailable, RedisUnavailable."""

    def __init__(
        self,
        credentials: Credentials,
        redis: Redis,
        transport: HttpTransport,
        *,
        clock: Callable[[], float],
        wait: Callable[[float], None],
    ) -> None:
        self._credentials = credentials
        self._redis = redis
        self._transport = transport
        self._clock = clock
        self._wait = wait
        self._key = f"{PREFIX}:token:{_cache_key(credentials)}"
        self._release = redis.register_script(_RELEASE)

    def get(self, deadline: float, rejected: str | None = None) -> str:
        """Return a token, renewed when none is cached or when Amazon has `rejected` the cached one.

        Waits until `deadline` (of the clock) while another process renews it.
        """
        _check_credentials(self._credentials)
        while True:
            token = self._load()
            if token is not None and token != rejected:
                return token
            owner = secrets.token_hex(16)
            if self._lock(owner):
                try:
                    return self._renew(rejected)
                finally:
                    self._unlock(owner)
            limit_lock_ttl(self._redis, f"{self._key}:lock")
            if self._clock() >= deadline:
                raise Unavailable("Another process is still renewing the access token.", operation=OPERATION)
            self._wait(POLL)

    def _renew(self, rejected: str | None) -> str:
        # Another process may have renewed it before this one got the lock.
        token = self._load()
        if token is not None and token != rejected:
            return token
        token, seconds = self._fetch()
        lifetime = max(1.0, seconds - min(MARGIN, seconds * 0.2))
        with require_redis():
            self._redis.set(self._key, self._build_cipher().encrypt(token.encode()), px=int(lifetime * 1000))
        return token

    def _fetch(self) -> tuple[str, int]:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._credentials.refresh_token,
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.client_secret,
        }
        response = self._transport.send(OPERATION, "POST", self._credentials.token_url, data=form, timeout=TIMEOUT)
        if not response.ok:
            raise _build_token_error(response)
        body = response.json()
        token, seconds = body.get("access_token"), body.get("expires_in")
        if type(token) is not str or not _is_header_safe(token) or len(token) > TEXT:
            raise response.invalid_response("no access token")
        if type(seconds) is not int or seconds <= 0:
            raise response.invalid_response("an access token without its lifetime")
        return token, seconds

    def _load(self) -> str | None:
        with require_redis():
            encrypted = self._redis.get(self._key)
        if encrypted is None:
            return None
        try:
            return self._build_cipher().decrypt(encrypted).decode()
        except InvalidToken:
            # Encrypted with another client secret: an old or a wrong one.
            return None

    def _lock(self, owner: str) -> bool:
        with require_redis():
            return bool(self._redis.set(f"{self._key}:lock", owner, nx=True, px=LOCK_MS))

    def _unlock(self, owner: str) -> None:
        with require_redis():
            self._release(keys=[f"{self._key}:lock"], args=[owner])

    def _build_cipher(self) -> Fernet:
        secret = self._credentials.client_secret.encode()
        key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"channeldesk access token").derive(secret)
        return Fernet(base64.urlsafe_b64encode(key))


def limit_lock_ttl(redis: Redis, key: str) -> None:
    """Shorten the expiry of a lock that was set before the clock was set back.

    Redis stores the time at which a key expires, so such a lock would last too long.
    """
    with require_redis():
        if redis.pttl(key) > LOCK_MS:
            redis.pexpire(key, LOCK_MS)


def _cache_key(credentials: Credentials) -> str:
    parts = (credentials.client_id, credentials.refresh_token, credentials.token_url)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _check_credentials(credentials: Credentials) -> None:
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
        if not _is_header_safe(value):
            raise BadCredentials(f"The {label} contains characters Amazon's never have.", operation=OPERATION)


def _is_header_safe(value: str) -> bool:
    return bool(value) and value.isascii() and value.isprintable() and " " not in value


def _build_token_error(response: AmazonResponse) -> AmazonError:
    code, message = response.error_details()
    advice = _ADVICE.get(code or "")
    if advice is None or response.status >= 500:
        return response.error()
    return BadCredentials(
        f"{advice} ({code}: {message or 'no reason given'}).",
        operation=OPERATION,
        status=response.status,
        code=code,
        request_id=response.request_id,
    )
