"""Finances API 2024-06-19: the transactions of orders, as sales, refunds and others."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from webapp.amazon.client import Client
from webapp.amazon.http import AmazonResponse
from webapp.amazon.json_fields import (
    MAX_AMOUNT,
    TEXT,
    MalformedError,
    optional_object,
    optional_objects,
    optional_text,
    optional_word,
    required_time,
    required_word,
)
from webapp.amazon.orders import format_time
from webapp.domain.amazon.types import TransactionPage, UnreadableTransaction
from webapp.domain.common.money import Money, MoneyError
from webapp.domain.invoicing.transactions import OrderTransaction

OPERATION = "listTransactions"
PATH = "/finances/2024-06-19/transactions"
# Words in the names of breakdowns, by which they are classed: Amazon's fees, tax that Amazon withholds and pays itself,
# and tax of the buyer. What is none of them is the price that the buyer paid.
_FEES, _WITHHELD, _TAX = ("fee", "commission"), "withheld", "tax"


def list_transactions(
    client: Client, *, posted_after: datetime, posted_before: datetime | None, token: str | None
) -> TransactionPage:
    """Return the transactions of orders of one page. A page may be empty and have a next one.

    A transaction that does not match Amazon's model is in `unreadable`; it does not make the page unreadable.
    """
    params = {"postedAfter": format_time(posted_after)}
    if posted_before is not None:
        params["postedBefore"] = format_time(posted_before)
    return _list_page(client, params, token)


def list_order_transactions(client: Client, number: str, token: str | None) -> TransactionPage:
    """Return one page of the transactions of one order."""
    return _list_page(client, {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": number}, token)


def _list_page(client: Client, params: dict[str, str], token: str | None) -> TransactionPage:
    page_params = params if token is None else {**params, "nextToken": token}
    return client.call(OPERATION, "GET", PATH, _parse_page, params=page_params)


def _parse_page(response: AmazonResponse) -> TransactionPage:
    body = response.json()
    if body.get("payload") is None:
        raise MalformedError("payload is missing")
    payload = optional_object(body, "payload")
    rows = optional_objects(payload, "transactions", "payload.")
    transactions, unreadable = [], []
    for path, row in rows:
        try:
            transaction = _parse_transaction(row, path)
        except MalformedError as error:
            unreadable.append(_describe_unreadable(row, path, error))
        else:
            if transaction is not None:
                transactions.append(transaction)
    return TransactionPage(
        transactions=tuple(transactions),
        unreadable=tuple(unreadable),
        count=len(rows),
        next_token=optional_text(payload, "nextToken", "payload.", TEXT * 4),
        request_id=response.request_id,
    )


def _describe_unreadable(row: Mapping[str, object], path: str, error: MalformedError) -> UnreadableTransaction:
    try:
        id_, number = _parse_id(row, path), _parse_identifiers(row, path).get("ORDER_ID")
    except MalformedError:
        id_, number = "", None
    # The position on the page changes from one run to the next.
    return UnreadableTransaction(id_, number, str(error).removeprefix(path))


def _parse_identifiers(row: Mapping[str, object], path: str) -> dict[str, str | None]:
    return {
        required_word(entry, "relatedIdentifierName", entry_path): optional_word(
            entry, "relatedIdentifierValue", entry_path
        )
        for entry_path, entry in optional_objects(row, "relatedIdentifiers", path)
    }


def _parse_id(row: Mapping[str, object], path: str) -> str:
    # A transaction that was deferred is listed again, with another id, when it is released.
    return _parse_identifiers(row, path).get("DEFERRED_TRANSACTION_ID") or required_word(row, "transactionId", path)


def _parse_transaction(row: Mapping[str, object], path: str) -> OrderTransaction | None:
    """Return the transaction; None for one that belongs to no order. Raises MalformedError."""
    identifiers = _parse_identifiers(row, path)
    number = identifiers.get("ORDER_ID")
    if number is None:
        return None
    total = _parse_amount(optional_object(row, "totalAmount", path), f"{path}totalAmount.")
    breakdowns = optional_objects(row, "breakdowns", path)
    if not breakdowns:
        breakdowns = [
            breakdown
            for item_path, item in optional_objects(row, "items", path)
            for breakdown in optional_objects(item, "breakdowns", item_path)
        ]
    sums = dict.fromkeys(("charges", "tax", "fees", "withheld"), 0)
    _add_breakdowns(sums, breakdowns, total.currency, "")
    if not breakdowns:
        sums["charges"] = total.minor
    return OrderTransaction(
        transaction_id=_parse_id(row, path),
        number=number,
        kind=required_word(row, "transactionType", path),
        description=optional_word(row, "description", path) or "",
        status=optional_word(row, "transactionStatus", path) or "",
        posted_at=required_time(row, "postedDate", path),
        total=total,
        charges=Money(sums["charges"], total.currency),
        tax=Money(sums["tax"], total.currency),
        fees=Money(sums["fees"], total.currency),
        shipment_id=identifiers.get("SHIPMENT_ID"),
    )


def _add_breakdowns(
    sums: dict[str, int], breakdowns: Iterable[tuple[str, Mapping[str, object]]], currency: str, parents: str
) -> None:
    """Add the innermost breakdowns to the sum of their class, in minor units. `parents`: the names around them."""
    for path, row in breakdowns:
        names = f"{parents} {optional_word(row, 'breakdownType', path) or ''}".lower()
        inner = optional_objects(row, "breakdowns", path)
        if inner:
            _add_breakdowns(sums, inner, currency, names)
            continue
        amount = _parse_amount(optional_object(row, "breakdownAmount", path), f"{path}breakdownAmount.")
        if amount.currency != currency:
            raise MalformedError(f"{path}breakdownAmount has another currency")
        sums[_classify(names)] += amount.minor


def _classify(names: str) -> str:
    if any(word in names for word in _FEES):
        return "fees"
    if _WITHHELD in names:
        return "withheld"
    return "tax" if _TAX in names else "charges"


def _parse_amount(raw: Mapping[str, object], path: str) -> Money:
    currency, value = required_word(raw, "currencyCode", path), raw.get("currencyAmount")
    if type(value) not in (int, float):
        raise MalformedError(f"{path}currencyAmount is {'missing' if value is None else 'not a number'}")
    try:
        # `repr` of a float is the shortest text that reads as it, thus what Amazon wrote.
        money = Money.parse(format(Decimal(repr(value)), "f"), currency)
    except MoneyError as error:
        raise MalformedError(f"{path}currencyAmount is not an amount of {currency}") from error
    if abs(money.minor) > MAX_AMOUNT:
        raise MalformedError(f"{path}currencyAmount is out of range")
    return money
