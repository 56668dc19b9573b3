"""What the client waits for, repeats and gives up: failing reads, quotas, expired tokens, places that say nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from redis import Redis

from tests.amazon.bodies import an_order
from tests.amazon.conftest import Clock
from tests.amazon.scripted import Reply, Script, error_reply, json_reply, token_reply
from tests.amazon.test_client import HTML, NUMBER, ORDER, ORDERS, search
from webapp.amazon.gateway import Amazon
from webapp.amazon.http import HttpTransport
from webapp.domain.accounts.credentials import Credentials
from webapp.domain.amazon.errors import BadCredentials, InvalidResponse, Throttled, Unavailable


@pytest.mark.parametrize(
    "failure",
    [
        HTML,
        Reply(500),
        Reply(how="closed"),
        replace(json_reply({"order": an_order()}), how="truncated"),
        Reply(200, b"{"),
    ],
    ids=["html", "500", "closed", "truncated", "malformed"],
)
def test_a_read_that_fails_in_passing_is_repeated_after_a_pause(
    amazon: Amazon, script: Script, clock: Clock, failure: Reply
) -> None:
    script.reply_to(ORDER, failure, json_reply({"order": an_order()}))

    assert amazon.get_order(NUMBER).number == NUMBER

    assert len(script.requests_to(ORDER)) == 2
    assert [0.25 <= wait <= 0.75 for wait in clock.waits] == [True]


def test_a_read_that_goes_on_failing_is_given_up_after_four(amazon: Amazon, script: Script, clock: Clock) -> None:
    script.reply_to(ORDER, HTML)

    with pytest.raises(Unavailable):
        amazon.get_order(NUMBER)

    assert len(script.requests_to(ORDER)) == 4
    for wait, most in zip(clock.waits, (0.75, 1.5, 3.0), strict=True):
        assert most / 3 <= wait <= most


def test_no_read_is_repeated_beyond_what_its_caller_may_wait(connect: Callable[..., Amazon], script: Script) -> None:
    script.reply_to(ORDER, HTML)

    with pytest.raises(Unavailable):
        connect(max_wait=0.1).get_order(NUMBER)

    assert len(script.requests_to(ORDER)) == 1


def test_an_answer_that_does_not_come_ends_the_call(connect: Callable[..., Amazon], script: Script) -> None:
    script.reply_to(ORDER, Reply(how="hang"))

    with pytest.raises(Unavailable, match=r"^127\.0\.0\.1 did not answer getOrder in time\.$"):
        connect(read_timeout=0.1, max_wait=0).get_order(NUMBER)


def test_a_body_without_end_is_cut_off(script: Script) -> None:
    script.reply_to("/big", Reply(200, b"x" * 5000))
    transport = HttpTransport(max_body_bytes=4000)

    with pytest.raises(InvalidResponse, match=r"with more than 4000 bytes\.$"):
        transport.send("getBig", "GET", f"{script.url}/big")

    transport.close()


def test_a_place_where_nobody_listens_is_named(
    connect: Callable[..., Amazon], credentials: Credentials, script: Script
) -> None:
    nobody = replace(credentials, endpoint="http://127.0.0.1:1")

    with pytest.raises(Unavailable, match=r"^127\.0\.0\.1 could not be reached for getOrder: "):
        connect(nobody, max_wait=0).get_order(NUMBER)


def test_an_expired_token_is_renewed_once_and_the_call_repeated(amazon: Amazon, script: Script) -> None:
    script.reply_to("/auth/o2/token", token_reply("old"), token_reply("new"))
    script.reply_to(
        ORDER,
        error_reply(403, "Unauthorized", "The access token you provided has expired."),
        json_reply({"order": an_order()}),
    )

    amazon.get_order(NUMBER)

    assert [request.headers["x-amz-access-token"] for request in script.requests_to(ORDER)] == ["old", "new"]


def test_a_token_refused_again_after_renewal_is_a_matter_of_credentials(amazon: Amazon, script: Script) -> None:
    script.reply_to("/auth/o2/token", token_reply("old"), token_reply("new"))
    script.reply_to(ORDER, Reply(401))

    with pytest.raises(BadCredentials, match="had just been renewed: authorize the application again"):
        amazon.get_order(NUMBER)

    assert len(script.requests_to(ORDER)) == 2


def test_a_throttled_call_waits_for_the_bucket(
    connect: Callable[..., Amazon], script: Script, clock: Clock, wait: Callable[[float], None]
) -> None:
    order = json_reply({"order": an_order()}, x_amzn_ratelimit_limit="0.05")
    script.reply_to(ORDER, order, Reply(429), order)
    amazon = connect(wait=wait, max_wait=60)
    amazon.get_order(NUMBER)

    amazon.get_order(NUMBER)

    # Priority sync: a token is due two refills after the last.
    assert sum(clock.waits) == pytest.approx(2 / 0.05, abs=15)
    assert len(script.requests_to(ORDER)) == 3


def test_a_throttled_call_that_would_wait_too_long_says_how_long(amazon: Amazon, script: Script, clock: Clock) -> None:
    script.reply_to(ORDERS, error_reply(429, "QuotaExceeded", "You exceeded your quota for the requested resource."))

    with pytest.raises(Throttled) as raised:
        search(amazon)

    assert raised.value.wait == pytest.approx(2 / 0.0056, abs=2)
    assert len(script.requests_to(ORDERS)) == 1


def test_a_call_without_quota_is_not_sent(amazon: Amazon, script: Script, redis: Redis) -> None:
    script.reply_to(ORDERS, json_reply({"orders": []}))
    for _ in range(15):
        search(amazon)

    with pytest.raises(Throttled):
        search(amazon)

    assert len(script.requests_to(ORDERS)) == 15
