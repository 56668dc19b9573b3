"""Calls over real sockets: requests, retries, and responses that are refused."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.amazon.bodies import an_order
from tests.amazon.scripted import TOKEN, Reply, Script, error_reply, json_reply
from webapp.amazon.gateway import Amazon
from webapp.domain.accounts.credentials import Credentials
from webapp.domain.amazon.errors import (
    AmazonError,
    Forbidden,
    InvalidRequest,
    InvalidResponse,
    OutcomeUnknown,
    ResourceNotFound,
    Unavailable,
)

ORDERS = "/orders/2026-01-01/orders"
NUMBER = "902-1106328-1059050"
ORDER = f"{ORDERS}/{NUMBER}"
SINCE = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
GERMANY = "A1PA6795UKMFR9"
HTML = Reply(503, b"<html><body>Service Unavailable</body></html>", {"content-type": "text/html"})


def search(amazon: Amazon, **options: Any) -> Any:
    return amazon.search_orders(updated_after=SINCE, marketplace_ids=[GERMANY], **options)


def test_a_search_says_what_it_wants_and_who_asks(amazon: Amazon, script: Script) -> None:
    script.reply_to(
        ORDERS,
        json_reply(
            {
                "orders": [an_order()],
                "pagination": {"nextToken": "page two"},
                "lastUpdatedBefore": "2026-11-21T07:58:00.000Z",
            },
            x_amzn_requestid="r-1",
        ),
    )

    page = search(amazon, updated_before=datetime(2026, 11, 21, tzinfo=UTC))

    (request,) = script.requests_to(ORDERS)
    assert request.query == {
        "lastUpdatedAfter": "2026-11-20T06:30:00.000Z",
        "lastUpdatedBefore": "2026-11-21T00:00:00.000Z",
        "marketplaceIds": GERMANY,
        "maxResultsPerPage": "100",
        "includedData": (
            "BUYER,RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX,PAYMENT,FULFILLMENT_ORDERS"
        ),
    }
    assert request.headers["x-amz-access-token"] == TOKEN
    assert request.headers["user-agent"] == "Channeldesk/1 (Language=Python)"
    assert [order.number for order in page.orders] == [NUMBER]
    assert (page.next_token, page.request_id, page.missing) == ("page two", "r-1", frozenset())
    assert page.updated_before == datetime(2026, 11, 21, 7, 58, tzinfo=UTC)


def test_the_next_page_is_asked_for_with_its_token_and_the_same_datasets(amazon: Amazon, script: Script) -> None:
    script.reply_to(ORDERS, json_reply({"orders": []}))

    search(amazon, token="page two", missing=frozenset({"BUYER", "TAX"}))

    (request,) = script.requests_to(ORDERS)
    assert request.query["paginationToken"] == "page two"
    assert request.query["includedData"] == (
        "RECIPIENT,PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,PAYMENT,FULFILLMENT_ORDERS"
    )


def test_one_order_is_read_and_keeps_its_request_id(amazon: Amazon, script: Script) -> None:
    script.reply_to(ORDER, json_reply({"order": an_order()}, x_amzn_requestid="r-2"))

    order = amazon.get_order(NUMBER)

    assert (order.number, order.request_id, order.missing) == (NUMBER, "r-2", frozenset())


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (
            error_reply(400, "InvalidInput", "No."),
            InvalidRequest,
            "Amazon answered getOrder with 400 InvalidInput: No.",
        ),
        (error_reply(404, "NotFound", "Gone."), ResourceNotFound, "Amazon answered getOrder with 404 NotFound: Gone."),
        (Reply(404), ResourceNotFound, "Amazon answered getOrder with 404: no reason but an empty body"),
        (Reply(413, b"{}"), InvalidRequest, "Amazon answered getOrder with 413: no reason"),
        (
            json_reply({"message": "Wrong.\n\nVery."}, 415),
            InvalidRequest,
            "Amazon answered getOrder with 415: Wrong. Very.",
        ),
        (
            json_reply({"errors": "many"}, 418),
            InvalidRequest,
            "Amazon answered getOrder with 418: no reason",
        ),
        (
            error_reply(500, "InternalFailure", "Oh."),
            Unavailable,
            "Amazon answered getOrder with 500 InternalFailure: Oh.",
        ),
        (HTML, Unavailable, "Amazon answered getOrder with 503: no reason but a web page"),
        (
            Reply(405, b"<html></html>"),
            InvalidRequest,
            "Amazon answered getOrder with 405: no reason but a web page; check the address, it is not Amazon's",
        ),
        (Reply(599, b"\xff\xfe"), Unavailable, "Amazon answered getOrder with 599: no reason but other text"),
        (
            Reply(301, headers={"location": "/elsewhere"}),
            InvalidResponse,
            "Amazon answered getOrder with status 301, a redirect, which is not followed.",
        ),
    ],
)
def test_every_status_that_is_no_success_raises_its_error(
    amazon: Amazon, script: Script, reply: Reply, error: type[AmazonError], words: str
) -> None:
    script.reply_to(ORDER, replace(reply, headers={**reply.headers, "x-amzn-requestid": "r-3"}))

    with pytest.raises(AmazonError) as raised:
        amazon.get_order(NUMBER)

    assert type(raised.value) is error
    assert raised.value.message == words
    assert (raised.value.operation, raised.value.status, raised.value.request_id) == ("getOrder", reply.status, "r-3")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "an empty body instead of JSON"),
        (b"<!doctype html><title>Shop</title>", "a web page instead of JSON; check the address, it is not Amazon's"),
        (b'{"orders": [', "a broken body instead of JSON"),
        (b'{"orders": [], "x": NaN}', "a broken body instead of JSON"),
        (b"[" * 100_000, "a broken body instead of JSON"),
        (b'{"orders": "\xff"}', "a broken body instead of JSON"),
        (b"[]", "JSON that is not an object"),
        (b'{"errors": [{"code": "X", "message": "Y."}], "orders": []}', "success and errors at once: Y."),
        (b"{}", "a body that is not what it promises: orders is missing"),
        (b'{"orders": {}}', "a body that is not what it promises: orders is not a list"),
        (
            b'{"orders": [], "pagination": {"nextToken": 7}}',
            "a body that is not what it promises: pagination.nextToken is not text",
        ),
        (
            b'{"orders": [], "lastUpdatedBefore": "soon"}',
            "a body that is not what it promises: lastUpdatedBefore is not a time",
        ),
    ],
)
def test_a_success_that_does_not_match_the_operation_is_refused(
    amazon: Amazon, script: Script, body: bytes, words: str
) -> None:
    script.reply_to(ORDERS, Reply(200, body, {"x-amzn-requestid": "r-4"}))

    with pytest.raises(InvalidResponse) as raised:
        search(amazon)

    assert raised.value.message == f"Amazon answered searchOrders with {words}."
    assert raised.value.request_id == "r-4"
    assert len(script.requests_to(ORDERS)) == 2


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (an_order(orderItems=None), "order.orderItems is missing"),
        (an_order("902-2-2"), "it is another order"),
        (None, "order is missing"),
    ],
)
def test_an_order_read_alone_must_be_the_one_asked_for(amazon: Amazon, script: Script, order: Any, words: str) -> None:
    script.reply_to(ORDER, json_reply({"order": order}))

    with pytest.raises(InvalidResponse, match=words):
        amazon.get_order(NUMBER)


def test_a_number_that_is_none_is_not_asked_for(amazon: Amazon, script: Script) -> None:
    with pytest.raises(InvalidRequest, match=r"^That is not an Amazon order number\.$"):
        amazon.get_order("../feeds")

    assert script.requests == []


@pytest.mark.parametrize(
    "endpoint", ["http://amazon.example", "ftp://127.0.0.1", "sellingpartnerapi", "https://", "http://[oops"]
)
def test_an_address_that_is_not_encrypted_or_none_is_not_called(
    connect: Callable[..., Amazon], credentials: Credentials, endpoint: str
) -> None:
    with pytest.raises(InvalidRequest, match=r"^The address for getOrder "):
        connect(replace(credentials, endpoint=endpoint)).get_order(NUMBER)


def test_a_cancellation_by_rest_is_accepted_by_202_alone(amazon: Amazon, script: Script) -> None:
    path = f"{ORDER}/cancellation"
    script.reply_to(path, Reply(202), Reply(200, b"<html>"))

    amazon.cancel_order(NUMBER, "BuyerCanceled")
    with pytest.raises(OutcomeUnknown):
        amazon.cancel_order(NUMBER, "BuyerCanceled")

    first = script.requests_to(path)[0]
    assert (first.method, first.body) == ("PUT", b'{"cancelReasonCode":"BUYER_CANCELLED"}')


def test_a_reason_that_rest_does_not_know_is_not_sent(amazon: Amazon, script: Script) -> None:
    with pytest.raises(InvalidRequest, match="cancelOrder has no reason for GeneralAdjustment"):
        amazon.cancel_order(NUMBER, "GeneralAdjustment")

    assert script.requests == []


def test_a_marketplace_of_another_region_is_refused_before_the_call(
    connect: Callable[..., Amazon], credentials: Credentials
) -> None:
    american = replace(credentials, endpoint="https://sellingpartnerapi-na.amazon.com")

    with pytest.raises(InvalidRequest) as raised:
        search(connect(american))

    assert raised.value.message == (
        "Germany (A1PA6795UKMFR9) belongs to Europe, but this account's endpoint is North America's."
    )


@pytest.mark.parametrize("ids", [[], [f"A{number}" for number in range(51)]])
def test_amazon_takes_one_to_fifty_marketplaces(amazon: Amazon, script: Script, ids: list[str]) -> None:
    with pytest.raises(InvalidRequest, match="Amazon takes 1 to 50 marketplaces"):
        amazon.search_orders(updated_after=SINCE, marketplace_ids=ids)

    assert script.requests == []


def test_the_environments_proxies_are_not_asked(
    connect: Callable[..., Amazon], script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    script.reply_to(ORDER, json_reply({"order": an_order()}))

    assert connect().get_order(NUMBER).number == NUMBER


def test_the_log_has_the_operation_and_the_request_but_no_secret_and_no_person(
    amazon: Amazon, script: Script, credentials: Credentials, caplog: pytest.LogCaptureFixture
) -> None:
    script.reply_to(ORDERS, json_reply({"orders": [an_order()]}, x_amzn_requestid="r-6"))
    script.reply_to(ORDER, error_reply(403, "Unauthorized", "Access to requested resource is denied."))

    # A command that an earlier test ran in this process may have raised the level of our own loggers.
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "webapp"):
        search(amazon)
        with pytest.raises(Forbidden):
            amazon.get_order(NUMBER)

    assert "searchOrders 200 in 0 ms (request id r-6)" in caplog.messages
    assert {record.name for record in caplog.records} == {"webapp.amazon"}
    for secret in (TOKEN, credentials.client_secret, credentials.refresh_token, "Canary", "canary@"):
        assert secret not in caplog.text
