"""Finances API 2024-06-19: the transactions that returned money to buyers."""

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
from webapp.domain.amazon.types import RefundTransaction, TransactionPage, UnreadableTransaction
from webapp.domain.common.money import Money, MoneyError

OPERATION = "listTransactions"
PATH = "/finances/2024-06-19/transactions"
# Types of transactions that return money to a buyer, as lower-case letters. Amazon documents the words nowhere; the
# first is the one it uses, the others are those of the older version of this API.
REFUND_TYPES = frozenset({"refund", "chargeback", "guaranteeclaim"})
# Breakdowns that are not the buyer's money: Amazon's fees, and tax that Amazon withholds and pays itself.
_NOT_BUYERS = ("fee", "commission", "withheld")


def list_transactions(
    client: Client, *, posted_after: datetime, posted_before: datetime | None, token: str | None
) -> TransactionPage:
    """Return the refunds of one page of transactions. A page may be empty and have a next one.

    A transaction that does not match Amazon's model is in `unreadable`; it does not make the page unreadable.
    """
    params = {"postedAfter": format_time(posted_after)}
    if posted_before is not None:
        params["postedBefore"] = format_time(posted_before)
    if token is not None:
        params["nextToken"] = token
    return client.call(OPERATION, "GET", PATH, _parse_page, params=params)


def _parse_page(response: AmazonResponse) -> TransactionPage:
    body = response.json()
    if body.get("payload") is None:
        raise MalformedError("payload is missing")
    payload = optional_object(body, "payload")
    rows = optional_objects(payload, "transactions", "payload.")
    refunds, unreadable = [], []
    for path, row in rows:
        try:
            refund = _parse_refund(row, path) if _is_refund(row, path) else None
        except MalformedError as error:
            unreadable.append(_describe_unreadable(row, path, error))
        else:
            if refund is not None:
                refunds.append(refund)
    return TransactionPage(
        refunds=tuple(refunds),
        unreadable=tuple(unreadable),
        count=len(rows),
        next_token=optional_text(payload, "nextToken", "payload.", TEXT * 4),
        request_id=response.request_id,
    )


def _is_refund(row: Mapping[str, object], path: str) -> bool:
    kind = optional_word(row, "transactionType", path) or ""
    return "".join(filter(str.isalpha, kind)).lower() in REFUND_TYPES


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


def _parse_refund(row: Mapping[str, object], path: str) -> RefundTransaction | None:
    """Return the refund; None for one that belongs to no order. Raises MalformedError."""
    number = _parse_identifiers(row, path).get("ORDER_ID")
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
    amount = _sum_buyers(breakdowns, total.currency) if breakdowns else total.minor
    return RefundTransaction(
        transaction_id=_parse_id(row, path),
        number=number,
        kind=required_word(row, "transactionType", path),
        posted_at=required_time(row, "postedDate", path),
        # Amazon counts it from the seller's side: negative.
        amount=Money(-amount, total.currency),
    )


def _sum_buyers(breakdowns: Iterable[tuple[str, Mapping[str, object]]], currency: str) -> int:
    """Sum the parts of an amount that concern the buyer, in minor units."""
    total = 0
    for path, row in breakdowns:
        kind = (optional_word(row, "breakdownType", path) or "").lower()
        if any(word in kind for word in _NOT_BUYERS):
            continue
        inner = optional_objects(row, "breakdowns", path)
        if inner:
            total += _sum_buyers(inner, currency)
        else:
            amount = _parse_amount(optional_object(row, "breakdownAmount", path), f"{path}breakdownAmount.")
            if amount.currency != currency:
                raise MalformedError(f"{path}breakdownAmount has another currency")
            total += amount.minor
    return total


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
