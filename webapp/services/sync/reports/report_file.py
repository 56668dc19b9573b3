"""Import a report of all orders that a person downloaded in Seller Central."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.domain.common import text_decoding
from webapp.domain.errors import InvalidError
from webapp.domain.sync import order_report
from webapp.domain.sync.order_report import OrderReport
from webapp.services.sync.reports import report_windows
from webapp.services.sync.reports.report_import import ReportCounts


def import_file(
    session: Session, account_id: int, name: str, content: bytes, *, clock: Callable[[], datetime], actor: str
) -> tuple[ReportCounts, OrderReport]:
    """Store the orders of a file and return the counts and what was read. Commits in batches.

    `name`: the name of the file, for messages. Raises InvalidError for a file that is no such report.
    """
    try:
        report = order_report.parse(text_decoding.decode(content, order_report.STORED.__contains__))
    except text_decoding.UnknownEncodingError:
        raise InvalidError("report_encoding_unknown", field="file", name=name) from None
    except order_report.HeaderError as error:
        raise InvalidError("report_columns_missing", field="file", name=name, columns=str(error)) from None
    counts = report_windows.import_orders(session, account_id, report.orders, clock=clock, actor=actor)
    return counts, report
