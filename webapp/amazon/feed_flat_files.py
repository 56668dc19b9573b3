"""Tab-separated feeds: the document of refunds, and the processing reports of refunds and uploads."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from webapp.amazon import report_words
from webapp.amazon.json_fields import TEXT, MalformedError
from webapp.amazon.order_schema import NUMBER
from webapp.domain.amazon.errors import InvalidRequest
from webapp.domain.amazon.types import FeedMessage, FeedReport
from webapp.domain.common.money import Money, MoneyError, minor_digits
from webapp.domain.invoicing.amazon_refunds import CODES, COMPONENTS, Refund, find_reason_problem

# Amazon requires all columns of a refund but those of promotions, which must be left out when they are not used.
REFUND_COLUMNS = (
    "order-id",
    "order-item-id",
    "adjustment-reason-code",
    "currency",
    *(f"{name.replace('_', '-')}-adj" for name in COMPONENTS),
    "quantity-cancelled",
)
_RECORD, _TYPE = "original-record-number", "error-type"
# A header and a first row without a line break between them, as some reports have it.
_RUN_TOGETHER = re.compile(r"(error-message)[ \t]*(?=[0-9])")
# The severity of a word that is not in `report_words`.
_UNKNOWN = ""


def build_refund_document(refunds: Sequence[Refund]) -> bytes:
    """Return the flat file with one line for each refund, which the report counts from 1.

    Raises InvalidRequest for a refund that Amazon could not process, so that no part of the file is refunded.
    """
    if not refunds:
        raise InvalidRequest("There is nothing to refund.")
    lines = [REFUND_COLUMNS, *(_format_line(refund) for refund in refunds)]
    return "".join("\t".join(line) + "\r\n" for line in lines).encode()


def read_flat_report(document: bytes, charset: str = "cp1252") -> FeedReport:
    """Parse the processing report of a flat file. Raises MalformedError for anything that is not one.

    `charset`: the one named in the response, for reports that are not UTF-8.
    """
    summary, table = _split_report(report_words.decode(document, charset))
    counts = [int(cell) for line in summary for cell in line if cell.isascii() and cell.isdigit() and len(cell) < 10]
    if len(counts) < 2 or counts[1] > counts[0]:
        raise MalformedError("its numbers of records processed and successful are missing or impossible")
    messages = _merge_severities([_parse_message(record) for record in table], counts[0] - counts[1])
    warned = {message.message_id for message in messages if not message.failed}
    return FeedReport(
        processed=counts[0],
        successful=counts[1],
        with_error=counts[0] - counts[1],
        with_warning=len(warned - {message.message_id for message in messages if message.failed}),
        messages=messages,
    )


def _format_line(refund: Refund) -> tuple[str, ...]:
    _check(refund)
    currency = next(amount.currency for amount in refund.amounts.values())
    amounts = [_format_amount(refund.amounts.get(name, Money.zero(currency))) for name in COMPONENTS]
    return (refund.number, refund.order_item_id, refund.reason, currency, *amounts, str(refund.quantity_cancelled))


def _format_amount(amount: Money) -> str:
    """Return the amount with two decimals, also in a currency that has none; "0.00" for nothing.

    Amazon's help page asks for two decimals without an exception. Sources disagree about currencies without decimals.
    """
    if minor_digits(amount.currency) > 2:
        raise InvalidRequest(f"Amazon's refunds have two decimals, and {amount.currency} has more.")
    return f"{amount.decimal:.2f}"


def _check(refund: Refund) -> None:
    if not NUMBER.fullmatch(refund.number) or not NUMBER.fullmatch(refund.order_item_id):
        raise InvalidRequest("That is not an Amazon order number with an item of it.")
    if refund.reason not in CODES:
        raise InvalidRequest(f"Amazon has no reason {refund.reason!r} for a refund; it has {', '.join(sorted(CODES))}.")
    if not 0 <= refund.quantity_cancelled <= 1_000_000:
        raise InvalidRequest(f"Order {refund.number}: the quantity cancelled is not one.")
    if find_reason_problem(refund.reason, cancels=refund.quantity_cancelled > 0) is not None:
        raise InvalidRequest(f"Order {refund.number}: the reason {refund.reason} does not go with the units cancelled.")
    try:
        total = refund.total
    except MoneyError:
        raise InvalidRequest(f"Order {refund.number}: a refund has one currency.") from None
    if total is None or any(amount.minor < 0 for amount in refund.amounts.values()) or total.minor == 0:
        raise InvalidRequest(f"Order {refund.number}: a refund is more than nothing, in each of its parts.")


def _split_report(text: str) -> tuple[list[list[str]], list[dict[str, str]]]:
    """Return the lines before the table's header, and the table. A report without errors may have no table."""
    lines = _RUN_TOGETHER.sub(r"\1\n", text, count=1).splitlines()
    cells = [_split_line(line) for line in lines]
    header = next((index for index, row in enumerate(cells) if _RECORD in row), len(lines))
    names = cells[header] if header < len(lines) else []
    rows = _join_broken_rows(lines[header + 1 :], names)
    return cells[:header], [dict(zip(names, row, strict=False)) for row in rows]


def _split_line(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("\t")]


def _join_broken_rows(lines: Sequence[str], names: Sequence[str]) -> Iterator[list[str]]:
    """Yield the rows of a table. A short line without an error-type goes on in the next one."""
    place = names.index(_TYPE) if _TYPE in names else None
    begun = ""
    for line in lines:
        row = _split_line(begun + line)
        is_broken = place is not None and len(row) < len(names) and not any(row[place:])
        begun = begun + line if any(row) and is_broken else ""
        if any(row) and not begun:
            yield row
    if begun:
        yield _split_line(begun)


def _merge_severities(messages: Sequence[FeedMessage], unsuccessful: int) -> tuple[FeedMessage, ...]:
    """Replace unknown severities: warnings if the known errors account for all failed records, else errors.

    `unsuccessful`: the number of failed records.
    """
    failed = {message.message_id for message in messages if message.failed}
    explained = len(failed) == unsuccessful or 0 in failed
    severity = report_words.WARNING if explained else report_words.ERROR
    return tuple(
        replace(message, severity=severity) if message.severity == _UNKNOWN else message for message in messages
    )


def _parse_message(record: Mapping[str, str]) -> FeedMessage:
    number, severity = record.get(_RECORD, ""), record.get(_TYPE, "")
    if number and not (number.isascii() and number.isdigit() and len(number) < 10):
        raise MalformedError(f"{_RECORD} is not a number")
    if not severity:
        raise MalformedError("error-type is missing")
    return FeedMessage(
        message_id=int(number or 0),
        severity=report_words.severity(severity) or _UNKNOWN,
        code=record.get("error-code", ""),
        description=record.get("error-message", "")[:TEXT],
        number=record.get("order-id") or None,
        order_item_id=record.get("order-item-id") or None,
    )
