"""Telling which orders of a page are here already just as they came, before anything of them is read."""

from collections import Counter
from collections.abc import Iterable, Sequence

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


def stored(session: Session, account_id: int, numbers: Sequence[str]) -> dict[str, import_rules.StoredOrder]:
    """What the mirror holds of these orders, by their numbers."""
    found = session.connection().execute(_STORED, {"account_id": account_id, "numbers": numbers})
    return {row[0]: import_rules.StoredOrder(*row[1:]) for row in found}


def split_unchanged(
    page: Sequence[RawOrder | AmazonOrder | UnparseableOrder], known: dict[str, import_rules.StoredOrder]
) -> tuple[list[str], list[AmazonOrder | UnparseableOrder]]:
    """The numbers of orders that are here just as they came, and all others, read.

    What was stored was read once, and nothing in it has changed: reading it again would tell nothing.
    """
    times = Counter(order.number for order in page)
    same, others = [], []
    for order in page:
        if isinstance(order, RawOrder):
            found = known.get(order.number) if order.number and times[order.number] == 1 else None
            if order.number and found and compressed_json.digest(order.raw) == found.digest:
                same.append(order.number)
            else:
                others.append(order.read())
        else:
            others.append(order)
    return same, others


def latest(orders: Iterable[AmazonOrder]) -> list[AmazonOrder]:
    """One of each number: a page may hold an order twice, and not in the order of its updates."""
    latest: dict[str, AmazonOrder] = {}
    for order in orders:
        known = latest.get(order.number)
        if known is None or order.last_updated_at >= known.last_updated_at:
            latest[order.number] = order
    return list(latest.values())
