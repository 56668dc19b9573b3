"""Access tokens: shared, encrypted, renewed once, and refused with advice."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.amazon.conftest import Clock
from tests.amazon.scripted import TOKEN, Reply, Script, json_reply, token_reply
from webapp.amazon.access_tokens import LOCK_MS, AccessTokens
from webapp.amazon.http import HttpTransport
from webapp.domain.accounts.credentials import Credentials
from webapp.domain.amazon.errors import BadCredentials, InvalidRequest, InvalidResponse, RedisUnavailable, Unavailable

PATH = "/auth/o2/token"


@pytest.fixture
def transport() -> Iterator[HttpTransport]:
    transport = HttpTransport()
    yield transport
    transport.close()


@pytest.fixture
def tokens(
    redis: Redis, credentials: Credentials, transport: HttpTransport, clock: Clock
) -> Callable[..., AccessTokens]:
    def make(to: Credentials = credentials, store: Redis = redis) -> AccessTokens:
        return AccessTokens(to, store, transport, clock=clock, wait=clock.wait)

    return make


def current(tokens: AccessTokens, rejected: str | None = None) -> str:
    return tokens.get(deadline=1030.0, rejected=rejected)


def test_a_token_is_asked_for_as_login_with_amazon_wants_it(
    tokens: Callable[..., AccessTokens], script: Script
) -> None:
    assert current(tokens()) == TOKEN

    (request,) = script.requests_to(PATH)
    assert (request.method, request.headers["content-type"]) == ("POST", "application/x-www-form-urlencoded")
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["Atzr|a-refresh-token-nobody-may-read"],
        "client_id": ["amzn1.application-oa2-client.one"],
        "client_secret": ["a-secret-nobody-may-read"],
    }


def test_one_token_serves_everybody_until_shortly_before_its_end(
    tokens: Callable[..., AccessTokens], script: Script, redis: Redis
) -> None:
    assert [current(tokens()) for _ in range(3)] == [TOKEN] * 3

    assert len(script.requests_to(PATH)) == 1
    (key,) = redis.keys("channeldesk:amazon:token:*")
    assert 3470 <= redis.ttl(key) <= 3480


def test_redis_holds_nothing_that_can_be_used(
    tokens: Callable[..., AccessTokens], redis: Redis, credentials: Credentials
) -> None:
    current(tokens())

    held = b" ".join(part for key in redis.keys("*") for part in (key, redis.get(key)))
    for secret in (TOKEN, credentials.client_secret, credentials.refresh_token, credentials.client_id):
        assert secret.encode() not in held


def test_twenty_threads_without_a_token_make_one_call(
    redis: Redis, credentials: Credentials, transport: HttpTransport, script: Script
) -> None:
    def ask(_: int) -> str:
        return AccessTokens(credentials, redis, transport, clock=time.monotonic, wait=time.sleep).get(
            time.monotonic() + 60
        )

    with ThreadPoolExecutor(20) as threads:
        assert list(threads.map(ask, range(20))) == [TOKEN] * 20

    assert len(script.requests_to(PATH)) == 1


def test_a_refused_token_is_renewed_unless_somebody_has_renewed_it_already(
    tokens: Callable[..., AccessTokens], script: Script
) -> None:
    script.reply_to(PATH, token_reply("first"), token_reply("second"), token_reply("third"))
    assert current(tokens()) == "first"

    assert current(tokens(), rejected="first") == "second"
    assert current(tokens(), rejected="first") == "second"
    assert len(script.requests_to(PATH)) == 2


def test_a_wrong_secret_does_not_profit_from_the_token_of_the_right_one(
    tokens: Callable[..., AccessTokens], script: Script, credentials: Credentials
) -> None:
    script.reply_to(PATH, token_reply(), json_reply({"error": "invalid_client"}, 401))
    current(tokens())

    with pytest.raises(BadCredentials):
        current(tokens(replace(credentials, client_secret="another")))


def test_who_waits_for_another_process_gives_up_in_time(
    tokens: Callable[..., AccessTokens], redis: Redis, script: Script, clock: Clock
) -> None:
    current(tokens())
    (key,) = redis.keys()
    redis.delete(key)
    redis.set(key + b":lock", "somebody else", px=LOCK_MS)

    with pytest.raises(Unavailable, match="Another process is still renewing"):
        current(tokens())

    assert clock() >= 1030
    assert redis.get(key + b":lock") == b"somebody else"
    assert len(script.requests_to(PATH)) == 1


def test_a_renewal_that_fails_leaves_no_lock(tokens: Callable[..., AccessTokens], script: Script, redis: Redis) -> None:
    script.reply_to(PATH, Reply(503))

    with pytest.raises(Unavailable):
        current(tokens())

    assert redis.keys() == []


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (
            json_reply(
                {"error": "invalid_grant", "error_description": "The request has an invalid grant parameter"}, 400
            ),
            BadCredentials,
            (
                "Amazon does not accept the refresh token. Authorize the application again in Seller Central and enter "
                "the new refresh token (invalid_grant: The request has an invalid grant parameter)."
            ),
        ),
        (
            json_reply({"error": "invalid_client", "error_description": "Client authentication failed"}, 401),
            BadCredentials,
            (
                "Amazon does not accept the client id with this client secret. Copy both again from the application's "
                "page; a secret ends 180 days after it was made (invalid_client: Client authentication failed)."
            ),
        ),
        (
            json_reply({"error": "invalid_scope"}, 400),
            InvalidRequest,
            "Amazon answered getToken with 400 invalid_scope: ",
        ),
        (
            Reply(200, b"<!doctype html><title>Shop</title>"),
            InvalidResponse,
            "Amazon answered getToken with a web page instead of JSON; check the address, it is not Amazon's.",
        ),
        (Reply(302, headers={"location": "/login"}), InvalidResponse, "Amazon answered getToken with status 302, "),
        (json_reply({"expires_in": 3600}), InvalidResponse, "Amazon answered getToken with no access token."),
        (
            json_reply({"access_token": "two\nlines", "expires_in": 3600}),
            InvalidResponse,
            "Amazon answered getToken with no acc",
        ),
        (
            json_reply({"access_token": TOKEN}),
            InvalidResponse,
            "Amazon answered getToken with an access token without its lifetime.",
        ),
    ],
)
def test_every_refusal_says_what_it_was(
    tokens: Callable[..., AccessTokens], script: Script, reply: Reply, error: type[Exception], words: str
) -> None:
    script.reply_to(PATH, reply)

    with pytest.raises(error) as raised:
        current(tokens())

    assert str(raised.value).startswith(words)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("client_secret", "secret\n", "The client secret contains white space, perhaps a line break at its end."),
        ("refresh_token", "Atzr| x", "The refresh token contains white space"),
        ("client_id", "", "The client id is empty."),
        ("client_secret", "geheimniß", "The client secret contains characters Amazon's never have."),
    ],
)
def test_keys_that_cannot_be_right_are_not_sent(
    tokens: Callable[..., AccessTokens], credentials: Credentials, script: Script, field: str, value: str, words: str
) -> None:
    with pytest.raises(BadCredentials) as raised:
        current(tokens(replace(credentials, **{field: value})))

    assert str(raised.value).startswith(words)
    assert script.requests == []


def test_without_redis_no_token_is_asked_for(tokens: Callable[..., AccessTokens], script: Script) -> None:
    with pytest.raises(RedisUnavailable):
        current(tokens(store=Redis(unix_socket_path="/nonexistent/valkey.sock", retry=Retry(NoBackoff(), 0))))

    assert script.requests == []


def test_credentials_do_not_show_their_secrets(credentials: Credentials) -> None:
    assert "nobody-may-read" not in repr(credentials)
