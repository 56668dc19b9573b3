"""Read Amazon's flat file of all orders: one line for each item, named by its columns."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from webapp.domain.amazon import statuses
from webapp.domain.amazon.types import AmazonItem, AmazonOrder
from webapp.domain.common.marketplaces import MARKETPLACES
from webapp.domain.common.money import Money, MoneyError

BY_ORDER_DATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
BY_LAST_UPDATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
REQUIRED = ("amazon-order-id", "purchase-date", "last-updated-date", "order-status", "sales-channel", "quantity")
# What is stored of a line. The places it is shipped to are left out: personal data comes from the Orders API only.
STORED = (
    *("amazon-order-id", "purchase-date", "last-updated-date", "order-status", "fulfillment-channel", "sales-channel"),
    *("ship-service-level", "product-name", "sku", "asin", "item-status", "quantity", "currency", "item-price"),
    *("item-tax", "shipping-price", "shipping-tax", "gift-wrap-price", "gift-wrap-tax", "item-promotion-discount"),
    *("ship-promotion-discount", "promotion-ids", "is-business-order", "price-designation"),
)
PRICES = ("item-price", "shipping-price", "gift-wrap-price")
TAXES = ("item-tax", "shipping-tax", "gift-wrap-tax")
DISCOUNTS = ("item-promotion-discount", "ship-promotion-discount")
# Prices of these countries are without tax; all others include it.
NET_PRICES = frozenset({"US", "CA"})
MAX_QUANTITY, MAX_AMOUNT = 100_000, 10**12
EARLIEST_YEAR, LATEST_YEAR = 1994, 2200
NUMBER = re.compile(r"\d{3}-\d{7}-\d{7}", re.ASCII)
_BY_CHANNEL = {marketplace.domain: marketplace for marketplace in MARKETPLACES}


class HeaderError(ValueError):
    """The file has no header with the columns that an order needs. `missing` are their names."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be read: its number, counted from 1, and a code of `messages`."""

    line: int
    cause: str
    column: str = ""


@dataclass(slots=True)
class OrderReport:
    """The orders of a file. An order with a bad line is skipped as a whole.

    `foreign`: how many orders are of no marketplace of Amazon's that is known, such as those of other channels.
    """

    orders: list[AmazonOrder] = field(default_factory=list)
    bad_lines: list[BadLine] = field(default_factory=list)
    foreign: int = 0


class _Tabs(csv.excel_tab):
    quoting = csv.QUOTE_NONE


class _LineError(ValueError):
    def __init__(self, cause: str, column: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.column = column


def parse(text: str) -> OrderReport:
    """Read a file, in any order of its columns and with any others. Raises HeaderError."""
    report = OrderReport()
    lines_by_number: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for line, row in _read_rows(text):
        number = row["amazon-order-id"]
        if NUMBER.fullmatch(number):
            lines_by_number.setdefault(number, []).append((line, row))
        else:
            report.bad_lines.append(BadLine(line, "report_number_malformed", "amazon-order-id"))
    for lines in lines_by_number.values():
        if _channel(lines[0][1]) not in _BY_CHANNEL:
            report.foreign += 1
            continue
        order = _read_order(lines, report.bad_lines)
        if order is not None:
            report.orders.append(order)
    report.bad_lines.sort(key=lambda bad: bad.line)
    return report


def _read_rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, cells by column) of each line that is not empty. Raises HeaderError."""
    header = text.partition("\n")[0]
    separator = next((sign for sign in "\t;," if sign in header), "\t")
    # Amazon's own files quote nothing; a spreadsheet that saves with commas does.
    dialect = _Tabs if separator == "\t" else csv.excel
    # No database stores NUL characters.
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), dialect, delimiter=separator)
    names = [name.strip().strip('"').lower() for name in next(reader, [])]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise HeaderError(missing)
    while (cells := _next_cells(reader)) is not None:
        if any(cells):
            row = dict.fromkeys(STORED, "") | {
                name: cell.strip() for name, cell in zip(names, cells, strict=False) if name in STORED
            }
            yield reader.line_num, row


def _next_cells(reader: Iterator[list[str]]) -> list[str] | None:
    """Return the cells of the next line; None at the end. A line with a cell that is too long has one cell."""
    try:
        return next(reader, None)
    except csv.Error:
        return ["?"]


def _channel(row: Mapping[str, str]) -> str:
    return row["sales-channel"].lower().removeprefix("www.")


def _read_order(lines: list[tuple[int, dict[str, str]]], bad_lines: list[BadLine]) -> AmazonOrder | None:
    """Return the order of these lines; None when one of them is bad, which is then added to `bad_lines`."""
    items: list[AmazonItem] = []
    failed = len(bad_lines)
    times: list[tuple[datetime, datetime]] = []
    for position, (line, row) in enumerate(lines, 1):
        try:
            times.append((_time(row, "purchase-date"), _time(row, "last-updated-date")))
            items.append(_read_item(row, position))
        except _LineError as error:
            bad_lines.append(BadLine(line, error.cause, error.column))
    if len(bad_lines) > failed:
        return None
    first = lines[0][1]
    totals = [item.total for item in items if item.total is not None]
    same_currency = len({total.currency for total in totals}) == 1
    return AmazonOrder(
        number=first["amazon-order-id"],
        marketplace_id=_BY_CHANNEL[_channel(first)].id,
        purchased_at=times[0][0],
        last_updated_at=max(updated for _, updated in times),
        items=tuple(items),
        status=_status(first["order-status"], items),
        fulfilled_by=_fulfilled_by(first["fulfillment-channel"]),
        programs=("AMAZON_BUSINESS",) if first["is-business-order"].lower() == "true" else (),
        total=Money(sum(total.minor for total in totals), totals[0].currency) if same_currency else None,
        service_level=first["ship-service-level"].upper()[:64] or None,
        raw={"report": [row for _, row in lines]},
    )


def _read_item(row: dict[str, str], position: int) -> AmazonItem:
    quantity = row["quantity"] or "0"
    if not quantity.isascii() or not quantity.isdigit() or int(quantity) > MAX_QUANTITY:
        raise _LineError("report_quantity_malformed", "quantity")
    is_shipped = row["item-status"].lower() == "shipped"
    return AmazonItem(
        # The file names no item; the Orders API replaces the items when the order is read.
        order_item_id=f"report-{position}",
        quantity=int(quantity),
        quantity_shipped=int(quantity) if is_shipped else 0,
        sku=row["sku"][:128] or None,
        asin=row["asin"][:128] or None,
        title=row["product-name"][:4000] or None,
        total=_line_total(row),
    )


def _line_total(row: dict[str, str]) -> Money | None:
    """Return the buyer's price of the line; None where the file has no price."""
    currency = row["currency"].upper()
    if not currency or not row["item-price"]:
        return None
    added = PRICES + TAXES if _BY_CHANNEL[_channel(row)].country_code in NET_PRICES else PRICES
    minor = sum(_amount(row, name, currency) for name in added if row[name])
    return Money(minor - sum(abs(_amount(row, name, currency)) for name in DISCOUNTS if row[name]), currency)


def _amount(row: dict[str, str], name: str, currency: str) -> int:
    try:
        minor = Money.parse(row[name].replace(",", "."), currency).minor
    except MoneyError:
        raise _LineError("report_amount_malformed", name) from None
    if abs(minor) > MAX_AMOUNT:
        raise _LineError("report_amount_malformed", name)
    return minor


def _time(row: dict[str, str], name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(row[name])
    except ValueError:
        raise _LineError("report_time_malformed", name) from None
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise _LineError("report_time_malformed", name)
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _fulfilled_by(channel: str) -> str:
    fulfillers = {"merchant": statuses.MERCHANT, "amazon": statuses.AMAZON}
    return fulfillers.get(channel.lower(), statuses.normalise_channel(channel))


def _status(text: str, items: list[AmazonItem]) -> str:
    """Return Amazon's status. `Shipped - Delivered to Buyer` is SHIPPED; `Shipping` is partially or not shipped."""
    word = text.lower()
    if word == "shipping":
        shipped = any(item.quantity_shipped for item in items)
        return statuses.PARTIALLY_SHIPPED if shipped else statuses.UNSHIPPED
    if word == "complete":
        return statuses.SHIPPED
    return statuses.normalise(text.partition(" - ")[0].strip()[:64])
