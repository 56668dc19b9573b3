"""Orders that were read without some datasets because Amazon refused them, and when to read them again."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from webapp.db.any_of import any_of
from webapp.db.bulk_write import insert_many
from webapp.domain.amazon import statuses
from webapp.domain.amazon.types import PERSONAL_DATASETS
from webapp.models.amazon_orders import AmazonOrder, IncompleteOrder

# Personal data may be kept for this long after delivery, so older orders are not read again for it.
PERSONAL_DATA_RETENTION = timedelta(days=30)
_FIRST_DELAY = timedelta(minutes=5)
_MAX_DELAY = timedelta(days=1)
# About a week of attempts.
MAX_ATTEMPTS = 16

_RECORDED = select(IncompleteOrder.amazon_order_id, IncompleteOrder.dataset).where(
    any_of(IncompleteOrder.amazon_order_id, "ids")
)
_COMPLETED = delete(IncompleteOrder).where(
    any_of(IncompleteOrder.amazon_order_id, "ids"), IncompleteOrder.dataset == bindparam("completed_dataset")
)


def record(
    session: Session,
    account_id: int,
    missing: Mapping[int, frozenset[str]],
    *,
    unchanged: Collection[int] = (),
    now: datetime,
) -> None:
    """Store which datasets these Amazon orders, by id, were just read without. Does not commit.

    `unchanged`: those whose body is the stored one. A body without a status stays incomplete although Amazon returned
    the dataset.
    """
    if not missing:
        return
    session.flush()
    recorded: dict[int, set[str]] = {}
    for id_, dataset in session.connection().execute(_RECORDED, {"ids": list(missing)}):
        recorded.setdefault(id_, set()).add(dataset)
    added: list[tuple[int, str]] = []
    completed: dict[str, list[int]] = {}
    for id_, datasets in missing.items():
        before = recorded.get(id_, set())
        lacking = datasets | (before & {"FULFILLMENT"} if id_ in unchanged else set())
        added += [(id_, dataset) for dataset in sorted(lacking - before)]
        for dataset in before - lacking:
            completed.setdefault(dataset, []).append(id_)
    for dataset, ids in completed.items():
        session.connection().execute(_COMPLETED, {"ids": ids, "completed_dataset": dataset})
    rows = [{"amazon_order_id": id_, "dataset": dataset} for id_, dataset in added]
    shared = {"account_id": account_id, "since": now, "tries": 0, "next_try_at": now}
    insert_many(session, IncompleteOrder, [row | shared for row in rows])


def list_due(session: Session, account_id: int, available: Iterable[str], now: datetime, limit: int) -> dict[int, str]:
    """Return numbers by id of orders that lack an `available` dataset: open orders first, then the longest waiting."""
    first_try = func.min(IncompleteOrder.next_try_at)
    waiting = (
        select(AmazonOrder.id, AmazonOrder.number)
        .join(IncompleteOrder, IncompleteOrder.amazon_order_id == AmazonOrder.id)
        .where(
            IncompleteOrder.account_id == account_id,
            IncompleteOrder.dataset.in_(sorted(available)),
            IncompleteOrder.next_try_at <= now,
        )
        # An order may lack several datasets.
        .group_by(AmazonOrder.id, AmazonOrder.number)
    )
    is_open = AmazonOrder.status.in_(statuses.OPEN)
    numbers: dict[int, str] = {}
    for condition in (is_open, ~is_open):
        remaining = limit - len(numbers)
        if remaining > 0:
            query = waiting.where(condition).order_by(first_try, AmazonOrder.id).limit(remaining)
            numbers.update((row.id, row.number) for row in session.execute(query))
    return numbers


def postpone(session: Session, amazon_order_id: int, now: datetime) -> None:
    """Wait longer for datasets still missing after the order was read again; give up in the end. Does not commit."""
    for row in session.scalars(select(IncompleteOrder).where(IncompleteOrder.amazon_order_id == amazon_order_id)):
        row.tries += 1
        row.next_try_at = now + min(_MAX_DELAY, _FIRST_DELAY * 2 ** min(row.tries, 10))
        if row.tries >= MAX_ATTEMPTS:
            session.delete(row)


def restart(session: Session, account_id: int, datasets: Collection[str], now: datetime) -> None:
    """Read the orders that lack these datasets at once: Amazon returns them again. Does not commit."""
    if datasets:
        waiting = update(IncompleteOrder).where(IncompleteOrder.account_id == account_id)
        session.execute(waiting.where(IncompleteOrder.dataset.in_(sorted(datasets))).values(next_try_at=now, tries=0))


def delete_expired(session: Session, account_id: int, now: datetime) -> None:
    """Stop waiting for personal data of orders that are finished and old. Does not commit."""
    finished = select(AmazonOrder.id).where(
        AmazonOrder.id == IncompleteOrder.amazon_order_id, AmazonOrder.status.not_in(statuses.OPEN)
    )
    session.execute(
        delete(IncompleteOrder).where(
            IncompleteOrder.account_id == account_id,
            IncompleteOrder.dataset.in_(PERSONAL_DATASETS),
            IncompleteOrder.since < now - PERSONAL_DATA_RETENTION,
            finished.exists(),
        ),
        execution_options={"synchronize_session": False},
    )
