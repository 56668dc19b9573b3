"""What needs a person, over all stores: the alerts of `alerts.py`, each once, and the submissions grouped by cause."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.submissions import state_machine as submission_states
from webapp.models.amazon_orders import AmazonOrder, QuarantinedOrder
from webapp.models.attention import AttentionMark
from webapp.models.stores import Store
from webapp.models.submissions import Submission
from webapp.queries.accounts import alerts as accounts_alerts
from webapp.queries.accounts.alerts import Alert

# Alerts of an account, which are listed for each of its stores.
_OF_ACCOUNT = frozenset(
    {
        accounts_alerts.TROUBLE,
        accounts_alerts.QUARANTINED,
        accounts_alerts.OVERSOLD,
        accounts_alerts.FLAGGED,
    }
)
# Alerts whose texts and links name the account or the store.
_NAMED = frozenset({accounts_alerts.TROUBLE, accounts_alerts.SELLER_DATA, accounts_alerts.REFUNDS})
# More submissions than these are not grouped: the list says that there are more.
MOST_SUBMISSIONS = 2_000
# A group names this many of its orders.
ORDERS_SHOWN = 8
_STATES = (
    submission_states.CONFLICT,
    submission_states.REJECTED,
    submission_states.UNPROVED,
    submission_states.UNDONE,
)


@dataclass(frozen=True, slots=True)
class Cause:
    """`alert` with the count over all its stores. `stores`: those that have it; of an account with the alert, one."""

    alert: Alert
    stores: tuple[Store, ...]

    @property
    def key(self) -> str:
        """Return the key of its mark: the account or store is a part of it where the cause is about one."""
        scope = f":{self.stores[0].account_id}" if self.is_named else ""
        return f"{self.alert.kind}:{self.alert.cause}{scope}"[:120]

    @property
    def is_named(self) -> bool:
        """Return whether it is about one account or store, which a text has to name."""
        return self.alert.kind in _NAMED


def load_causes(session: Session, stores: Collection[Store], now: datetime) -> list[Cause]:
    """Load what needs a person in one query, the worst first. Stores with the same cause are one."""
    return merge_alerts(stores, accounts_alerts.load_alerts(session, stores, now))


def merge_alerts(stores: Collection[Store], alerts: Mapping[int, list[Alert]]) -> list[Cause]:
    """Merge the alerts of all stores. An alert of an account counts once, however many stores it has."""
    merged: dict[tuple[object, ...], Cause] = {}
    accounts: set[tuple[str, str, int]] = set()
    for store in stores:
        for alert in alerts.get(store.id, ()):
            of_account = (alert.kind, alert.cause, store.account_id)
            if alert.kind in _OF_ACCOUNT:
                if of_account in accounts:
                    continue
                accounts.add(of_account)
            scope: tuple[object, ...] = ()
            if alert.kind in _NAMED:
                scope = (store.account_id,) if alert.kind != accounts_alerts.SELLER_DATA else (store.id,)
            key = (alert.kind, alert.cause, *scope)
            before = merged.get(key)
            if before is None:
                merged[key] = Cause(alert, (store,))
            else:
                total = Alert(alert.kind, alert.cause, before.alert.count + alert.count)
                merged[key] = Cause(total, (*before.stores, store))
    return sorted(merged.values(), key=lambda cause: accounts_alerts.ORDER.index(cause.alert.kind))


@dataclass(frozen=True, slots=True)
class Group:
    """A cause with what it affects. `key` identifies it in `AttentionMark`; `newest` grows with each new case.

    `numbers`: of the first affected Amazon orders. `submission_ids`: of a group of submissions, of one `kind` in one
    `state` with one `message` of Amazon's or one `code` of ours; `cause` of every other group.
    """

    key: str
    count: int
    newest: int
    numbers: tuple[str, ...] = ()
    cause: Cause | None = None
    kind: str = ""
    state: str = ""
    message: str = ""
    code: str = ""
    submission_ids: tuple[int, ...] = ()
    mark: AttentionMark | None = None

    def is_open(self, now: datetime) -> bool:
        """Return whether it is neither snoozed nor done."""
        if self.mark is None:
            return True
        return self.mark.until <= now if self.mark.until is not None else self.newest > self.mark.seen


def load_groups(session: Session, stores: Collection[Store], now: datetime) -> list[Group]:
    """Load everything that needs a person, grouped by cause, the worst first; the marked ones too."""
    causes = [cause for cause in load_causes(session, stores, now) if cause.alert.kind != accounts_alerts.REFUSED]
    numbers = _load_numbers(session, causes)
    marks = {mark.key: mark for mark in session.scalars(select(AttentionMark))}
    groups = [
        *_group_submissions(session, marks),
        *(
            Group(cause.key, cause.alert.count, cause.alert.count, numbers[cause.key], cause, mark=marks.get(cause.key))
            for cause in causes
        ),
    ]
    trouble = [group for group in groups if group.cause and group.cause.alert.kind == accounts_alerts.TROUBLE]
    return [*trouble, *(group for group in groups if group not in trouble)]


def _group_submissions(session: Session, marks: Mapping[str, AttentionMark]) -> Iterable[Group]:
    rows = session.execute(
        select(
            Submission.id, Submission.kind, Submission.state, Submission.message, Submission.cause, AmazonOrder.number
        )
        .join(AmazonOrder, AmazonOrder.id == Submission.amazon_order_id)
        .where(Submission.state.in_(_STATES), accounts_alerts.is_unsettled())
        .order_by(Submission.id.desc())
        .limit(MOST_SUBMISSIONS)
    ).all()
    grouped: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[_build_key(row)].append(row)
    for key, members in sorted(grouped.items(), key=lambda item: (_STATES.index(item[1][0].state), -len(item[1]))):
        first = members[0]
        yield Group(
            key=key,
            count=len(members),
            newest=first.id,
            numbers=tuple(dict.fromkeys(row.number for row in members))[:ORDERS_SHOWN],
            kind=first.kind,
            state=first.state,
            message=first.message or "",
            code=first.cause or "",
            submission_ids=tuple(row.id for row in members),
            mark=marks.get(key),
        )


def _build_key(row: Any) -> str:
    """Return the key of a submission's cause: messages that differ in numbers only are the same cause."""
    words = re.sub(r"[A-Z0-9]*\d[A-Z0-9-]*", "#", row.message) if row.message else row.cause or ""
    digest = hashlib.sha256(words.encode()).hexdigest()[:16]
    return f"refused:{row.kind}:{row.state}:{digest}"


def _load_numbers(session: Session, causes: Sequence[Cause]) -> Mapping[str, tuple[str, ...]]:
    """Load the numbers of some orders of each cause that is about orders."""
    numbers: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for cause in causes:
        if cause.alert.kind == accounts_alerts.BLOCKED:
            orders = select(AmazonOrder.number).where(AmazonOrder.blocked == cause.alert.cause)
            found = session.scalars(orders.order_by(AmazonOrder.id.desc()).limit(ORDERS_SHOWN))
            numbers[cause.key] = tuple(found)
        elif cause.alert.kind == accounts_alerts.QUARANTINED:
            unread = select(QuarantinedOrder.number).where(QuarantinedOrder.resolved_at.is_(None))
            found = session.scalars(unread.order_by(QuarantinedOrder.id.desc()).limit(ORDERS_SHOWN))
            numbers[cause.key] = tuple(number for number in found if number)
    return numbers
