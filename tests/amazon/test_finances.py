"""Amazon's transactions of orders: what the buyer got, deferred ones, and bodies that are not as promised."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.amazon.scripted import NUMBER, Script, error_reply, json_reply
from tests.support.fixtures import read_fixture
from webapp.amazon.gateway import Amazon
from webapp.domain.amazon.errors import Forbidden, InvalidResponse
from webapp.domain.amazon.types import UnreadableTransaction
from webapp.domain.common.money import Money
from webapp.domain.invoicing.transactions import OrderTransaction

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
    page = amazon.transactions(**WINDOW)
    posted = datetime(2026, 3, 2, 10, tzinfo=UTC)
    amounts = {"total": -4641, "charges": -5325, "tax": -376, "fees": 684}
    expected = OrderTransaction(
        "t-1",
        NUMBER,
        "Refund",
        "",
        "RELEASED",
        posted,
        **{name: Money(minor, "USD") for name, minor in amounts.items()},
    )
    assert page.refunds == (expected,)
    assert (expected.refunded, expected.other) == (Money(5701, "USD"), Money(376, "USD"))
    assert (page.count, page.next_token, page.request_id) == (2, "more", "request-1")
    amazon.transactions(**WINDOW, token="more")
    first, second = (request.query for request in script.requests_to(PATH))
    assert first == {"postedAfter": "2026-03-01T00:00:00.000Z", "postedBefore": "2026-03-05T00:00:00.000Z"}
    assert second == {**first, "nextToken": "more"}


def test_breakdowns_of_the_items_are_used_where_the_transaction_has_none(script: Script, amazon: Amazon) -> None:
    items = [{"breakdowns": [part("ProductCharges", -10.1)]}, {"breakdowns": [part("Shipping", -0.2)]}]
    script.reply_to(PATH, reply(transaction(breakdowns=None, items=items), transaction(breakdowns=None, items=None)))
    assert [refund.refunded.minor for refund in amazon.transactions(**WINDOW).refunds] == [1030, 4641]


def test_a_deferred_refund_that_is_released_is_the_same_refund(script: Script, amazon: Amazon) -> None:
    released = [identifier("ORDER_ID", NUMBER), identifier("DEFERRED_TRANSACTION_ID", "t-1")]
    script.reply_to(PATH, reply(transaction(transactionId="t-2", relatedIdentifiers=released)))
    assert amazon.transactions(**WINDOW).refunds[0].transaction_id == "t-1"


def test_a_sale_names_its_shipment_and_what_the_seller_gets_of_it(script: Script, amazon: Amazon) -> None:
    sale = transaction(
        transactionType="Shipment",
        description="Order Payment",
        relatedIdentifiers=[identifier("ORDER_ID", NUMBER), identifier("SHIPMENT_ID", "D1")],
        totalAmount=amount(17.0),
        breakdowns=[
            part("Sales", 23.8, part("ProductCharges", 20.0, part("OurPricePrincipal", 20.0)), part("Tax", 3.8)),
            part("Expenses", -6.8, part("AmazonFees", -3.0, part("FBAPerUnitFulfillmentFee", -3.0)), part("Tax", -3.8)),
        ],
    )
    script.reply_to(PATH, reply(sale))
    page = amazon.order_transactions(NUMBER)
    (row,) = page.transactions
    assert (row.kind, row.description, row.shipment_id, row.is_refund) == ("Shipment", "Order Payment", "D1", False)
    assert [money.minor for money in (row.charges, row.tax, row.fees, row.other, row.total)] == [2000, 0, -300, 0, 1700]
    (request,) = script.requests_to(PATH)
    assert request.query == {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": NUMBER}


def test_the_transactions_that_sellers_published_are_read(script: Script, amazon: Amazon) -> None:
    for name, kind, minor in (("sale", "Shipment", (9888, 0, 0, 9888)), ("refund", "Refund", (-5701, 0, 684, -5017))):
        script.reply_to(PATH, json_reply(json.loads(read_fixture(f"transactions/{name}.json"))))
        (row,) = amazon.transactions(**WINDOW).transactions
        assert (row.kind, row.status, row.is_deferred) == (kind, "Released", False)
        assert tuple(amount.minor for amount in (row.charges, row.tax, row.fees, row.total)) == minor
    assert transaction()["transactionStatus"] == "RELEASED"


@pytest.mark.parametrize(
    ("status", "is_deferred"), [("DEFERRED", True), ("Deferred", True), ("DEFERRED_RELEASED", False), ("", False)]
)
def test_a_deferred_transaction_is_known_in_either_case(
    script: Script, amazon: Amazon, status: str, is_deferred: bool
) -> None:
    script.reply_to(PATH, reply(transaction(transactionStatus=status)))
    assert amazon.transactions(**WINDOW).transactions[0].is_deferred is is_deferred


def test_a_refund_of_no_order_is_left_out(script: Script, amazon: Amazon) -> None:
    script.reply_to(PATH, reply(transaction(relatedIdentifiers=None)))
    page = amazon.transactions(**WINDOW)
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
        amazon.transactions(**WINDOW)


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
    page = amazon.transactions(**WINDOW)
    assert [refund.transaction_id for refund in page.refunds] == ["t-2"]
    (unreadable,) = page.unreadable
    assert (unreadable.transaction_id, unreadable.number) == ("t-1", NUMBER)
    assert cause in unreadable.cause


def test_a_transaction_without_a_readable_id_is_kept_aside(script: Script, amazon: Amazon) -> None:
    script.reply_to(PATH, reply(transaction(transactionId=None), transaction(transactionId="t-2")))
    page = amazon.transactions(**WINDOW)
    assert page.unreadable == (UnreadableTransaction("", None, "transactionId is missing"),)
    assert len(page.refunds) == 1


def test_without_the_role_it_is_forbidden(script: Script, amazon: Amazon) -> None:
    script.reply_to(PATH, error_reply(403, "Unauthorized", "Access to requested resource is denied."))
    with pytest.raises(Forbidden):
        amazon.transactions(**WINDOW)
