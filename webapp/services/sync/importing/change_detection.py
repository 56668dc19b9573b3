"""Find the orders of a page that are stored unchanged, by the digest of their bodies, before they are parsed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from webapp.db import compressed_json
from webapp.db.any_of import any_of
from webapp.domain.amazon.types import AmazonOrder, RawOrder, UnparseableOrder
from webapp.domain.sync import import_rules
from webapp.models import amazon_orders as rows
from webapp.models.submissions import Submission

_STORED = select(
    *(rows.AmazonOrder.number, rows.AmazonOrder.last_updated_at, rows.AmazonOrder.digest, rows.AmazonOrder.id),
    exists().where(Submission.amazon_order_id == rows.AmazonOrder.id, Submission.open),
    exists().where(rows.IncompleteOrder.amazon_order_id == rows.AmazonOrder.id),
).where(rows.AmazonOrder.account_id == bindparam("account_id"), any_of(rows.AmazonOrder.number, "numbers"))


def load_stored(session: Session, account_id: int, numbers: Sequence[str]) -> dict[str, import_rules.StoredOrder]:
    """Load the stored state of these Amazon orders, by number."""
    stored = session.connection().execute(_STORED, {"account_id": account_id, "numbers": numbers})
    return {row[0]: import_rules.StoredOrder(*row[1:]) for row in stored}


def split_unchanged(
    page: Sequence[RawOrder | AmazonOrder | UnparseableOrder], stored: Mapping[str, import_rules.StoredOrder]
) -> tuple[list[str], list[AmazonOrder | UnparseableOrder]]:
    """Return the numbers of the orders stored with the same body, and all other orders, parsed."""
    times = Counter(order.number for order in page)
    unchanged, others = [], []
    for order in page:
        if not isinstance(order, RawOrder):
            others.append(order)
            continue
        stored_order = stored.get(order.number) if order.number and times[order.number] == 1 else None
        if order.number and stored_order and compressed_json.digest(order.raw) == stored_order.digest:
            unchanged.append(order.number)
        else:
            others.append(order.read())
    return unchanged, others


def select_latest(orders: Iterable[AmazonOrder]) -> list[AmazonOrder]:
    """Return the latest order of each number: a page may contain an order twice, in any order of its updates."""
    latest: dict[str, AmazonOrder] = {}
    for order in orders:
        other = latest.get(order.number)
        if other is None or order.last_updated_at >= other.last_updated_at:
            latest[order.number] = order
    return list(latest.values())
