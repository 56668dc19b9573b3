"""Feeds over real sockets: created at most once, and invalid responses refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from redis import Redis

from tests.amazon.scripted import GERMANY, NUMBER, Reply, Script, error_reply, json_reply, token_reply
from webapp.amazon.gateway import Amazon
from webapp.domain.accounts.credentials import Credentials
from webapp.domain.amazon.errors import (
    AmazonError,
    Forbidden,
    InvalidResponse,
    OutcomeUnknown,
    ResourceNotFound,
    Unavailable,
    UnreadableReport,
)
from webapp.domain.amazon.types import Feed, FeedMessage, PreparedFeed

FEEDS = "/feeds/2021-06-30/feeds"
SINCE = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
PREPARED = PreparedFeed("amzn1.tortuga.1", "POST_ORDER_ACKNOWLEDGEMENT_DATA", (GERMANY,), "00")
HTML = Reply(503, b"<html><body>Service Unavailable</body></html>", {"content-type": "text/html"})


@pytest.mark.parametrize(
    "reply", [Reply(how="closed"), HTML, Reply(202, b"<html>"), json_reply({"feed": "7"}, 202), Reply(302)]
)
def test_a_feed_whose_answer_is_lost_is_never_sent_again(amazon: Amazon, script: Script, reply: Reply) -> None:
    script.reply_to(FEEDS, reply)

    with pytest.raises(OutcomeUnknown, match=r"may have been carried out\.$"):
        amazon.create_feed(PREPARED)

    assert len(script.requests_to(FEEDS)) == 1


def test_a_feed_that_hangs_is_lost(connect: Callable[..., Amazon], script: Script) -> None:
    script.reply_to(FEEDS, Reply(how="hang"))

    with pytest.raises(OutcomeUnknown):
        connect(read_timeout=0.1).create_feed(PREPARED)

    assert len(script.requests_to(FEEDS)) == 1


def test_a_feed_answered_without_end_is_lost(amazon: Amazon, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amazon._client.transport, "_max_body_bytes", 100)
    script.reply_to(FEEDS, json_reply({"feedId": "7", "more": "x" * 100}, 202))

    with pytest.raises(OutcomeUnknown):
        amazon.create_feed(PREPARED)

    assert len(script.requests_to(FEEDS)) == 1


def test_a_feed_amazon_took_while_redis_went_away_is_taken(
    connect: Callable[..., Amazon], script: Script, redis: Redis
) -> None:
    """Amazon says another rate than was known, so there is something to write down that cannot be."""
    amazon = connect()
    script.reply_to(FEEDS, json_reply({"feedId": "7"}, 202, x_amzn_ratelimit_limit="0.5"))
    whole = amazon._client.transport.send

    def gone(*args: Any, **options: Any) -> Any:
        answer = whole(*args, **options)
        if args[0] == "createFeed":
            redis.config_set("maxmemory", "1")
        return answer

    amazon._client.transport.send = gone  # type: ignore[method-assign]
    try:
        made = amazon.create_feed(PREPARED)
    finally:
        redis.config_set("maxmemory", "0")

    assert (made.feed_id, len(script.requests_to(FEEDS))) == ("7", 1)


def test_a_feed_that_was_never_sent_is_not_lost(connect: Callable[..., Amazon], credentials: Credentials) -> None:
    with pytest.raises(Unavailable) as raised:
        connect(replace(credentials, endpoint="http://127.0.0.1:1"), max_wait=0).create_feed(PREPARED)

    assert type(raised.value) is Unavailable


def test_a_feed_is_sent_again_after_an_expired_token_only(amazon: Amazon, script: Script) -> None:
    script.reply_to("/auth/o2/token", token_reply("old"), token_reply("new"))
    script.reply_to(
        FEEDS,
        error_reply(403, "Unauthorized", "The access token you provided has expired."),
        json_reply({"feedId": "50001"}, 202, x_amzn_requestid="r-5"),
    )

    assert amazon.create_feed(PREPARED) == Feed("50001", PREPARED.feed_type, "IN_QUEUE", request_id="r-5")


def test_a_refused_feed_was_not_sent(amazon: Amazon, script: Script) -> None:
    script.reply_to(FEEDS, error_reply(403, "Unauthorized", "Access to requested resource is denied."))

    with pytest.raises(Forbidden):
        amazon.create_feed(PREPARED)


def test_a_list_of_feeds_is_read_to_its_end(amazon: Amazon, script: Script) -> None:
    def a_feed(number: str) -> dict[str, str]:
        return {
            "feedId": number,
            "feedType": PREPARED.feed_type,
            "processingStatus": "DONE",
            "createdTime": "2026-11-20T08:00:00Z",
            "resultFeedDocumentId": "amzn1.tortuga.2",
        }

    script.reply_to(
        FEEDS, json_reply({"feeds": [a_feed("1")], "nextToken": "two"}), json_reply({"feeds": [a_feed("2")]})
    )

    feeds = amazon.find_feeds(PREPARED.feed_type, SINCE)

    assert [(feed.feed_id, feed.status, feed.result_document_id) for feed in feeds] == [
        ("1", "DONE", "amzn1.tortuga.2"),
        ("2", "DONE", "amzn1.tortuga.2"),
    ]
    first, second = script.requests_to(FEEDS)
    assert first.query == {
        "feedTypes": PREPARED.feed_type,
        "createdSince": "2026-11-20T06:30:00.000Z",
        "pageSize": "100",
    }
    assert second.query == {"nextToken": "two"}


def test_a_list_of_feeds_that_goes_in_circles_is_refused(amazon: Amazon, script: Script) -> None:
    script.reply_to(FEEDS, json_reply({"feeds": [], "nextToken": "two"}))

    with pytest.raises(InvalidResponse, match="does not end"):
        amazon.find_feeds(PREPARED.feed_type, SINCE)


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest", "https://evil.example/x", "https://u:p@s3.amazonaws.com/x", "file:///etc/passwd"],
)
def test_a_document_is_fetched_from_amazon_alone(amazon: Amazon, script: Script, url: str) -> None:
    script.reply_to("/feeds/2021-06-30/documents/d-1", json_reply({"feedDocumentId": "d-1", "url": url}))

    with pytest.raises(InvalidResponse, match="that is not Amazon's"):
        amazon.feed_report(Feed("1", PREPARED.feed_type, "DONE", result_document_id="d-1"))


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(403, b"<Error><Code>AccessDenied</Code></Error>"), Unavailable),
        (Reply(200, b"<html></html>"), UnreadableReport),
        (Reply(200, b"\x1f\x8bbroken"), UnreadableReport),
    ],
)
def test_a_report_that_is_none_is_refused(
    amazon: Amazon, script: Script, reply: Reply, error: type[AmazonError]
) -> None:
    packing = {"compressionAlgorithm": "GZIP"} if reply.body.startswith(b"\x1f") else {}
    place = {"feedDocumentId": "d-1", "url": f"{script.url}/stored", **packing}
    script.reply_to("/feeds/2021-06-30/documents/d-1", json_reply(place))
    script.reply_to("/stored", reply)

    with pytest.raises(AmazonError) as raised:
        amazon.feed_report(Feed("1", PREPARED.feed_type, "DONE", result_document_id="d-1"))

    assert type(raised.value) is error
    assert "x-amz-access-token" not in script.requests_to("/stored")[0].headers


def test_a_feed_without_a_report_has_none(amazon: Amazon, script: Script) -> None:
    with pytest.raises(ResourceNotFound, match=r"^Amazon wrote no processing report for feed 1\.$"):
        amazon.feed_report(Feed("1", PREPARED.feed_type, "FATAL"))


def test_a_flat_report_is_read_in_the_charset_it_is_sent_with(amazon: Amazon, script: Script) -> None:
    script.reply_to(
        "/feeds/2021-06-30/documents/r1", json_reply({"feedDocumentId": "r1", "url": f"{script.url}/report"})
    )
    text = (
        "Feed Processing Summary:\n\tprocessed\t\t1\n\tsuccessful\t\t0\n\n"
        "original-record-number\terror-code\terror-type\terror-message\n1\t18102\tError\t多すぎます\n"
    )
    headers = {"content-type": "text/tab-separated-values; charset=Shift_JIS"}
    script.reply_to("/report", Reply(200, text.encode("shift-jis"), headers))

    report = amazon.feed_report(Feed("51", "POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA", "DONE", result_document_id="r1"))

    assert report.messages == (FeedMessage(1, "Error", "18102", "多すぎます"),)


def test_a_feeds_options_go_with_it_where_it_has_any(amazon: Amazon, script: Script) -> None:
    script.reply_to(FEEDS, json_reply({"feedId": "51"}, 202))

    amazon.create_feed(PREPARED)
    amazon.create_feed(replace(PREPARED, feed_type="UPLOAD_VAT_INVOICE", options=(("metadata:OrderId", NUMBER),)))

    first, second = (json.loads(request.body) for request in script.requests_to(FEEDS))
    assert "feedOptions" not in first
    assert second["feedOptions"] == {"metadata:OrderId": NUMBER}
