"""Orders that were read without some datasets, because Amazon refused these, and when to read them again."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from webapp.db.any_of import any_of
from webapp.db.bulk_write import insert_many
from webapp.domain.amazon import statuses
from webapp.domain.amazon.types import PERSONAL_DATASETS
from webapp.models.amazon_orders import AmazonOrder, IncompleteOrder

# Personal data may be kept for so long after delivery, so older orders are not read again for it.
PERSONAL_DATA_LIFE = timedelta(days=30)
_FIRST_PAUSE = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(days=1)
# Longer than a week of attempts.
MOST_TRIES = 16

_KNOWN = select(IncompleteOrder.amazon_order_id, IncompleteOrder.dataset).where(
    any_of(IncompleteOrder.amazon_order_id, "ids")
)
_COMPLETED = delete(IncompleteOrder).where(
    any_of(IncompleteOrder.amazon_order_id, "ids"), IncompleteOrder.dataset == bindparam("gone")
)


def note(
    session: Session,
    account_id: int,
    missing: Mapping[int, frozenset[str]],
    *,
    unchanged: Collection[int] = (),
    now: datetime,
) -> None:
    """Record which datasets these orders were just read without, by their ids. Does not commit.

    `unchanged`: those whose body is the one stored. A body that lacked a part lacks it still, though Amazon gave the
    dataset.
    """
    if not missing:
        return
    session.flush()
    known: dict[int, set[str]] = {}
    for id_, dataset in session.connection().execute(_KNOWN, {"ids": list(missing)}):
        known.setdefault(id_, set()).add(dataset)
    absent: list[tuple[int, str]] = []
    completed: dict[str, list[int]] = {}
    for id_, datasets in missing.items():
        had = known.get(id_, set())
        lacking = datasets | (had & {"FULFILLMENT"} if id_ in unchanged else set())
        absent += [(id_, dataset) for dataset in sorted(lacking - had)]
        for dataset in had - lacking:
            completed.setdefault(dataset, []).append(id_)
    for dataset, ids in completed.items():
        session.connection().execute(_COMPLETED, {"ids": ids, "gone": dataset})
    rows = [{"amazon_order_id": id_, "dataset": dataset} for id_, dataset in absent]
    shared = {"account_id": account_id, "since": now, "tries": 0, "next_try_at": now}
    insert_many(session, IncompleteOrder, [row | shared for row in rows])


def due(session: Session, account_id: int, available: Iterable[str], now: datetime, most: int) -> dict[int, str]:
    """Numbers by id of orders that lack a dataset Amazon gives now: open orders first, then those that wait longest."""
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
    found: dict[int, str] = {}
    for condition in (is_open, ~is_open):
        left = most - len(found)
        if left > 0:
            some = waiting.where(condition).order_by(first_try, AmazonOrder.id).limit(left)
            found.update((row.id, row.number) for row in session.execute(some))
    return found


def postpone(session: Session, amazon_order_id: int, now: datetime) -> None:
    """Wait longer for what the order still lacks after it was read again, and give up in the end. Does not commit."""
    for row in session.scalars(select(IncompleteOrder).where(IncompleteOrder.amazon_order_id == amazon_order_id)):
        row.tries += 1
        row.next_try_at = now + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(row.tries, 10))
        if row.tries >= MOST_TRIES:
            session.delete(row)


def restart(session: Session, account_id: int, datasets: Collection[str], now: datetime) -> None:
    """Let the orders that lack these datasets be read at once: Amazon gives them again. Does not commit."""
    if datasets:
        waiting = update(IncompleteOrder).where(IncompleteOrder.account_id == account_id)
        session.execute(waiting.where(IncompleteOrder.dataset.in_(sorted(datasets))).values(next_try_at=now, tries=0))


def forget_old(session: Session, account_id: int, now: datetime) -> None:
    """Stop waiting for personal data of orders that are done and old. Does not commit."""
    done = select(AmazonOrder.id).where(
        AmazonOrder.id == IncompleteOrder.amazon_order_id, AmazonOrder.status.not_in(statuses.OPEN)
    )
    session.execute(
        delete(IncompleteOrder).where(
            IncompleteOrder.account_id == account_id,
            IncompleteOrder.dataset.in_(PERSONAL_DATASETS),
            IncompleteOrder.since < now - PERSONAL_DATA_LIFE,
            done.exists(),
        ),
        execution_options={"synchronize_session": False},
    )
