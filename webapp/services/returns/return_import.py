"""Store the returns of a report, and the files of returns that a person downloaded in Seller Central."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.common import text_decoding
from webapp.domain.common.batches import batched
from webapp.domain.errors import InvalidError
from webapp.domain.returns import report as returns_report
from webapp.domain.returns import states
from webapp.domain.returns.report import ReturnLine, ReturnsReport
from webapp.domain.sync.order_report import HeaderError
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.returns import OrderReturn
from webapp.models.stores import Store
from webapp.services import audit_log

BATCH = 500
_COPIED = (
    *("order_number", "sku", "asin", "title", "quantity", "delivered_on", "status", "reason", "resolution", "rma"),
    *("label_type", "label_paid_by", "label_cost", "refunded", "currency", "carrier", "tracking_number"),
    *("is_in_policy", "is_a_to_z"),
)


@dataclass(frozen=True, slots=True)
class ReturnCounts:
    """How many returns were `new`, `changed` or the `same`."""

    new: int
    changed: int
    same: int


def import_lines(session: Session, store_id: int, lines: Sequence[ReturnLine], *, now: datetime) -> ReturnCounts:
    """Insert new returns and update known ones; what was done about them here stays. Does not commit."""
    new = changed = 0
    for batch in batched(list(lines), BATCH):
        known = {
            row.identity: row
            for row in session.scalars(
                select(OrderReturn).where(
                    OrderReturn.store_id == store_id, OrderReturn.identity.in_([line.identity for line in batch])
                )
            )
        }
        order_ids = _find_orders(session, store_id, [line.order_number for line in batch])
        for line in batch:
            row = known.get(line.identity)
            is_new = row is None
            if row is None:
                row = OrderReturn(store_id=store_id, identity=line.identity, state=states.OPEN)
                session.add(row)
            before = {name: getattr(row, name) for name in (*_COPIED, "requested_at")}
            for name in _COPIED:
                setattr(row, name, getattr(line, name))
            row.requested_at = datetime.combine(line.requested_on, time(), UTC)
            row.amazon_order_id, row.read_at = order_ids.get(line.order_number), now
            if row.refunded and row.state == states.OPEN:
                # Refunded in Seller Central.
                row.state = states.REFUNDED
            if is_new:
                new += 1
                _record(session, row, now)
            elif before != {name: getattr(row, name) for name in before}:
                changed += 1
    session.flush()
    return ReturnCounts(new, changed, len(lines) - new - changed)


def import_file(
    session: Session, store: Store, name: str, content: bytes, *, now: datetime
) -> tuple[ReturnCounts, ReturnsReport]:
    """Import a file that was downloaded in Seller Central. Commits. Raises InvalidError for any other file."""
    try:
        report = returns_report.parse(text_decoding.decode(content))
    except text_decoding.UnknownEncodingError:
        raise InvalidError("report_encoding_unknown", field="file", name=name) from None
    except HeaderError as error:
        raise InvalidError("report_columns_missing", field="file", name=name, columns=str(error)) from None
    counts = import_lines(session, store.id, report.lines, now=now)
    session.commit()
    return counts, report


def _find_orders(session: Session, store_id: int, numbers: Sequence[str]) -> dict[str, int]:
    found = select(AmazonOrder.number, AmazonOrder.id).where(
        AmazonOrder.store_id == store_id, AmazonOrder.number.in_(sorted(set(numbers)))
    )
    return {row.number: row.id for row in session.execute(found)}


def _record(session: Session, row: OrderReturn, now: datetime) -> None:
    if row.amazon_order_id is None:
        return
    order = session.scalar(select(Order).where(Order.amazon_order_id == row.amazon_order_id))
    if order is not None:
        args = {"quantity": row.quantity, "item": row.sku or row.asin, "reason": row.reason}
        audit_log.record_on_order(session, "return_requested", order, now=now, actor="amazon", **args)
