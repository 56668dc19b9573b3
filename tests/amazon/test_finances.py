"""Refunds in Amazon's transactions: what the buyer got, deferred ones, and bodies that are not as promised."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.amazon.scripted import NUMBER, Script, error_reply, json_reply
from webapp.amazon.gateway import Amazon
from webapp.domain.amazon.errors import Forbidden, InvalidResponse
from webapp.domain.amazon.types import RefundTransaction, UnreadableTransaction
from webapp.domain.common.money import Money

PATH = "/finances/2024-06-19/transactions"
WINDOW = {
    "posted_after": datetime(2026, 3, 1, tzinfo=UTC),
    "posted_before": datetime(2026, 3, 5, tzinfo=UTC),
}


def amount(value: float, currency: str = "USD") -> dict[str, Any]:
    return {"currencyCode": currency, "currencyAmount": value}


def part(kind: str, value: float, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"breakdownType": kind, "breakdownAmount": amount(value), "breakdowns": list(parts) or None}


def identifier(name: str, value: str) -> dict[str, str]:
    return {"relatedIdentifierName": name, "relatedIdentifierValue": value}


def transaction(**fields: Any) -> dict[str, Any]:
    """A refund of 53.25 with 3.76 of tax, as Amazon reports it: its fee comes back, and it withholds the tax."""
    return {
        "transactionType": "Refund",
        "transactionId": "t-1",
        "transactionStatus": "RELEASED",
        "postedDate": "2026-03-02T10:00:00Z",
        "relatedIdentifiers": [identifier("ORDER_ID", NUMBER), identifier("REFUND_ID", "r-1")],
        "totalAmount": amount(-46.41),
        "breakdowns": [
            part("Sales", 6.84, part("AmazonFees", 6.84, part("Commission", 8.55), part("RefundCommission", -1.71))),
            part(
                "Expenses",
                -53.25,
                part("ProductCharges", -53.25, part("OurPricePrincipal", -53.25)),
                part("Tax", -3.76, part("OurPriceTax", -3.76)),
                part("MarketplaceWithheldTax", 3.76, part("MarketplaceFacilitatorTax-Principal", 3.76)),
            ),
        ],
    } | fields


def reply(*transactions: dict[str, Any], **payload: Any) -> Any:
    return json_reply({"payload": {"transactions": list(transactions)} | payload}, x_amzn_requestid="request-1")


def test_a_refund_is_what_the_buyer_got(script: Script, amazon: Amazon) -> None:
    script.reply_to(PATH, reply(transaction(), transaction(transactionType="Shipment"), nextToken="more"))
    page = amazon.refund_transactions(**WINDOW)
    posted = datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert page.refunds == (RefundTransaction("t-1", NUMBER, "Refund", posted, Money(5701, "USD")),)
    assert (page.count, page.next_token, page.request_id) == (2, "more", "request-1")
    amazon.refund_transactions(**WINDOW, token="more")
    first, second = (request.query for request in script.requests_to(PATH))
    assert first == {"postedAfter": "2026-03-01T00:00:00.000Z", "postedBefore": "2026-03-05T00:00:00.000Z"}
    assert second == {**first, "nextToken": "more"}


def test_breakdowns_of_the_items_are_used_where_the_transaction_has_none(script: Script, amazon: Amazon) -> None:
    items = [{"breakdowns": [part("ProductCharges", -10.1)]}, {"breakdowns": [part("Shipping", -0.2)]}]
    script.reply_to(PATH, reply(transaction(breakdowns=None, items=items), transaction(breakdowns=None, items=None)))
    assert [refund.amount.minor for refund in amazon.refund_transactions(**WINDOW).refunds] == [1030, 4641]


def test_a_deferred_refund_that_is_released_is_the_same_refund(script: Script, amazon: Amazon) -> None:
    released = [identifier("ORDER_ID", NUMBER), identifier("DEFERRED_TRANSACTION_ID", "t-1")]
    script.reply_to(PATH, reply(transaction(transactionId="t-2", relatedIdentifiers=released)))
    assert amazon.refund_transactions(**WINDOW).refunds[0].transaction_id == "t-1"


def test_a_refund_of_no_order_is_left_out(script: Script, amazon: Amazon) -> None:
    script.reply_to(PATH, reply(transaction(relatedIdentifiers=None)))
    page = amazon.refund_transactions(**WINDOW)
    assert (page.refunds, page.count) == ((), 1)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "payload is missing"),
        ({"payload": {"transactions": "none"}}, "payload.transactions is not a list"),
    ],
)
def test_a_body_that_is_not_as_promised_is_refused(script: Script, amazon: Amazon, body: Any, words: str) -> None:
    script.reply_to(PATH, json_reply(body))
    with pytest.raises(InvalidResponse, match=words):
        amazon.refund_transactions(**WINDOW)


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"totalAmount": amount(0.001)}, "totalAmount.currencyAmount is not an amount of USD"),
        ({"totalAmount": {"currencyCode": "USD"}}, "totalAmount.currencyAmount is missing"),
        ({"totalAmount": amount(-46.41, "EUR")}, "breakdowns[0].breakdowns[0].breakdownAmount has another currency"),
        ({"postedDate": "yesterday"}, "postedDate is not a time"),
        ({"transactionType": 7}, "transactionType is not text"),
    ],
)
def test_a_transaction_that_is_not_as_promised_is_kept_aside(
    script: Script, amazon: Amazon, fields: dict[str, Any], cause: str
) -> None:
    script.reply_to(PATH, reply(transaction(**fields), transaction(transactionId="t-2")))
    page = amazon.refund_transactions(**WINDOW)
    assert [refund.transaction_id for refund in page.refunds] == ["t-2"]
    (unreadable,) = page.unreadable
    assert (unreadable.transaction_id, unreadable.number) == ("t-1", NUMBER)
    assert cause in unreadable.cause


def test_a_transaction_without_a_readable_id_is_kept_aside(script: Script, amazon: Amazon) -> None:
    script.reply_to(PATH, reply(transaction(transactionId=None), transaction(transactionId="t-2")))
    page = amazon.refund_transactions(**WINDOW)
    assert page.unreadable == (UnreadableTransaction("", None, "transactionId is missing"),)
    assert len(page.refunds) == 1


def test_without_the_role_it_is_forbidden(script: Script, amazon: Amazon) -> None:
    script.reply_to(PATH, error_reply(403, "Unauthorized", "Access to requested resource is denied."))
    with pytest.raises(Forbidden):
        amazon.refund_transactions(**WINDOW)
