"""Read Amazon's flat file of returns of merchant-fulfilled orders: one line for each returned item.

Some files name their columns with hyphens, and write dates as 2026-09-22 instead of 22-Sep-2026.
"""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from webapp.domain.common.money import Money, MoneyError
from webapp.domain.sync.order_report import BadLine, HeaderError

REPORT_TYPE = "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE"
REQUIRED = ("order-id", "return-request-date", "return-quantity")
MAX_QUANTITY = 100_000
_ORDER_NUMBER = re.compile(r"\d{3}-\d{7}-\d{7}", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN_DATE = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})", re.ASCII)
_YES = frozenset({"y", "yes", "true"})


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """A returned item of an order. Amounts are in minor units of `currency`. Empty texts are unknown.

    `identity` tells whether two files speak of the same return: the RMA and the item; for a refund without a parcel,
    which has no RMA, the order, the item and the day (amzn/selling-partner-api-models #4229).
    """

    identity: str
    order_number: str
    sku: str
    asin: str
    title: str
    quantity: int
    requested_on: date
    delivered_on: date | None
    status: str
    reason: str
    resolution: str
    rma: str
    label_type: str
    label_paid_by: str
    label_cost: int | None
    refunded: int | None
    currency: str
    carrier: str
    tracking_number: str
    is_in_policy: bool | None
    is_a_to_z: bool


@dataclass(slots=True)
class ReturnsReport:
    lines: list[ReturnLine] = field(default_factory=list)
    bad_lines: list[BadLine] = field(default_factory=list)


class _Tabs(csv.excel_tab):
    quoting = csv.QUOTE_NONE


class _LineError(ValueError):
    def __init__(self, cause: str, column: str) -> None:
        super().__init__(cause)
        self.cause, self.column = cause, column


def parse(text: str) -> ReturnsReport:
    """Read a file, in any order of its columns and with any others. Raises HeaderError."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")), _Tabs)
    head = [name.strip().lower().replace(" ", "-").replace("_", "-") for name in next(rows, [])]
    missing = [name for name in REQUIRED if name not in head]
    if not {"merchant-sku", "asin"} & set(head):
        missing.append("merchant-sku")
    if missing:
        raise HeaderError(missing)
    report = ReturnsReport()
    repeated: Counter[str] = Counter()
    for number, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        row = {name: cell.strip() for name, cell in zip(head, cells, strict=False)}
        try:
            line = _parse_line(row, repeated)
        except _LineError as error:
            report.bad_lines.append(BadLine(number, error.cause, error.column))
        else:
            report.lines.append(line)
    return report


def _parse_line(row: dict[str, str], repeated: "Counter[str]") -> ReturnLine:
    def get(name: str, limit: int = 128) -> str:
        return row.get(name, "").replace("\x00", "")[:limit]

    number = get("order-id")
    if not _ORDER_NUMBER.fullmatch(number):
        raise _LineError("report_number_malformed", "order-id")
    requested_on = _parse_date(row, "return-request-date")
    if requested_on is None:
        raise _LineError("report_time_malformed", "return-request-date")
    text = get("return-quantity")
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MAX_QUANTITY):
        raise _LineError("report_quantity_malformed", "return-quantity")
    item = get("merchant-sku") or get("asin")
    rma, currency = get("amazon-rma-id"), get("currency-code", 3).upper()
    identity = f"{rma}/{item}" if rma else f"{number}/{item}/{requested_on.isoformat()}"
    repeated[identity] += 1
    in_policy = get("in-policy").lower()
    return ReturnLine(
        identity=identity if repeated[identity] == 1 else f"{identity}#{repeated[identity]}",
        order_number=number,
        sku=get("merchant-sku"),
        asin=get("asin", 20),
        title=get("item-name", 500),
        quantity=int(text),
        requested_on=requested_on,
        delivered_on=_parse_date(row, "return-delivery-date"),
        status=get("return-request-status", 60),
        reason=get("return-reason", 100),
        resolution=get("resolution", 60),
        rma=rma,
        label_type=get("label-type", 60),
        label_paid_by=get("label-to-be-paid-by", 60),
        label_cost=_parse_amount(row, "label-cost", currency),
        refunded=_parse_amount(row, "refunded-amount", currency),
        currency=currency,
        carrier=get("return-carrier", 60),
        tracking_number=get("tracking-id", 100),
        is_in_policy=in_policy in _YES if in_policy else None,
        is_a_to_z=get("a-to-z-claim").lower() in _YES,
    )


def _parse_date(row: dict[str, str], name: str) -> date | None:
    text = row.get(name, "")
    if not text:
        return None
    written = _WRITTEN_DATE.match(text)
    try:
        if written:
            return date(int(written[3]), _MONTHS.index(written[2].lower()) + 1, int(written[1]))
        return date.fromisoformat(text[:10])
    except ValueError:
        raise _LineError("report_time_malformed", name) from None


def _parse_amount(row: dict[str, str], name: str, currency: str) -> int | None:
    """Return the amount in minor units. One that cannot be read is not worth losing the return for."""
    text = row.get(name, "").replace(",", ".")
    try:
        return Money.parse(text, currency).minor if text and currency else None
    except MoneyError:
        return None
