"""Backfill: read past orders apart from the live sync, in slices of time and at a lower priority.

A page token of Amazon's is valid for a day, and a search returns about 480 pages a day. A slice is therefore limited:
one that has too many pages is cut in half and read again, and the next one is longer when it had few.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.core import fault_points
from webapp.db import leases
from webapp.domain.amazon.errors import AmazonError, InvalidRequest, InvalidResponse, Throttled
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import OrderPage
from webapp.domain.common import clocks
from webapp.domain.errors import InvalidError, RefusedError
from webapp.models.accounts import Account
from webapp.models.backfills import DONE, PAUSED, REPORT, RUNNING, SEARCH, Backfill
from webapp.models.stores import Store
from webapp.queries.sync import backfills
from webapp.services import audit_log, clock_corrections
from webapp.services.accounts import accounts
from webapp.services.sync.importing import import_page
from webapp.services.sync.reports import report_windows

# While a backfill runs, the live sync searches at this interval, and the backfill uses the calls it saves. Amazon shows
# a change after two minutes, so an order is here after nine at the latest.
LIVE_INTERVAL = timedelta(minutes=7)
# Half of what Amazon's limits allow within the life of a page token.
MAX_SLICE_PAGES = 240
# A slice of fewer pages makes the next one twice as long.
FEW_PAGES = 60
FIRST_SLICE, MIN_SLICE, MAX_SLICE = timedelta(hours=1), timedelta(minutes=1), timedelta(days=60)
MAX_TOKEN_AGE = timedelta(hours=20)
MAX_REPEATS = 3
METHODS = (REPORT, SEARCH)
# Amazon shows changes only after two minutes.
UPDATE_DELAY = timedelta(minutes=2)
RETRY_DELAY = timedelta(minutes=5)

log = logging.getLogger(__name__)


def start(session: Session, account_id: int, days: int, *, method: str = REPORT, now: datetime, actor: str) -> Backfill:
    """Start to read the orders of the last `days`. Commits.

    `method`: REPORT selects by the time of purchase and stores orders without personal data; open and recent ones are
    then read one by one. SEARCH selects by the time of the last change and reads everything. Raises InvalidError, and
    RefusedError while another backfill of the account has not ended.
    """
    account = accounts.find_by_id(session, account_id)
    if not 1 <= days <= accounts.MAX_BACKFILL_DAYS:
        raise InvalidError("backfill_days_out_of_range", field="days", most=accounts.MAX_BACKFILL_DAYS)
    if list_unfinished(session, account_id):
        raise RefusedError("backfill_unfinished")
    if method not in METHODS:
        raise InvalidError("backfill_method_unknown", field="method", method=method)
    ends_at = clock_corrections.amazon_time(session, account_id, now) - UPDATE_DELAY
    starts_at = now - timedelta(days=days)
    row = add(session, account, starts_at, ends_at, method=method, now=now, actor=actor)
    session.commit()
    return row


def add(
    session: Session,
    account: Account,
    starts_at: datetime,
    ends_at: datetime,
    *,
    method: str,
    now: datetime,
    actor: str,
) -> Backfill:
    """Add a range to read. Does not commit."""
    row = Backfill(
        account_id=account.id,
        method=method,
        actor=actor,
        starts_at=starts_at,
        ends_at=ends_at,
        reached_at=ends_at,
        slice_seconds=int(FIRST_SLICE.total_seconds()),
        created_at=now,
        resumed_at=now,
        next_try_at=now,
    )
    session.add(row)
    args = {"from": f"{starts_at:%Y-%m-%d}", "to": f"{ends_at:%Y-%m-%d}"}
    audit_log.record(session, "backfill_started", now=now, actor=actor, account_id=account.id, args=args)
    return row


def pause(session: Session, account_id: int, *, now: datetime, actor: str) -> None:
    """Pause the account's backfill after the page that is being read. Commits. Raises RefusedError when none runs."""
    rows = [row for row in list_unfinished(session, account_id) if row.state == RUNNING]
    if not rows:
        raise RefusedError("backfill_not_running")
    for row in rows:
        row.seconds_before += _seconds_since(row.resumed_at, now)
        row.state = PAUSED
    audit_log.record(session, "backfill_paused", now=now, actor=actor, account_id=account_id)
    session.commit()


def resume(session: Session, account_id: int, *, now: datetime, actor: str) -> None:
    """Resume the account's backfill where it was paused. Commits. Raises RefusedError when none is paused."""
    rows = [row for row in list_unfinished(session, account_id) if row.state == PAUSED]
    if not rows:
        raise RefusedError("backfill_not_paused")
    for row in rows:
        row.state, row.resumed_at, row.next_try_at = RUNNING, now, now
    audit_log.record(session, "backfill_resumed", now=now, actor=actor, account_id=account_id)
    session.commit()


def list_unfinished(session: Session, account_id: int) -> Sequence[Backfill]:
    """Return the account's ranges that have not been read, the newest first."""
    unfinished = select(Backfill).where(Backfill.account_id == account_id, Backfill.state.in_((RUNNING, PAUSED)))
    return session.scalars(unfinished.order_by(Backfill.ends_at.desc(), Backfill.id)).all()


def is_searching(session: Session, account_id: int) -> bool:
    """Return whether a range of the account is being read by searches, which the live sync needs as well."""
    searching = select(Backfill.id).where(
        Backfill.account_id == account_id, Backfill.state == RUNNING, Backfill.method == SEARCH
    )
    return session.scalar(searching.limit(1)) is not None


def run(
    session: Session, gateway: AmazonGateway, account_id: int, *, clock: Callable[[], datetime], max_pages: int = 50
) -> int:
    """Read up to `max_pages` pages of the account's ranges. Commits each page. Returns how many were read.

    Ends early when Amazon's rate limit is reached; `next_try_at` says when to go on. Raises BusyError while another
    process reads, and the AmazonError that ended the run, which is stored on the range.
    """
    name = leases.build_lease_name("backfill", account_id)
    owner = leases.acquire(session, name, clock(), "backfill_running")
    pages = 0
    try:
        while pages < max_pages and (row := _next_due(session, account_id, clock())) is not None:
            row_id = row.id
            try:
                if row.method == REPORT:
                    report_windows.advance(session, gateway, row, (name, owner), clock)
                else:
                    _read_page(session, gateway, row, owner, clock)
                _end_if_read(session, row_id, clock())
            except AmazonError as error:
                session.rollback()
                _postpone(session, row_id, error, clock())
                if isinstance(error, Throttled):
                    break
                raise
            pages += 1
    finally:
        session.rollback()
        leases.release(session, name, owner)
    return pages


def _next_due(session: Session, account_id: int, now: datetime) -> Backfill | None:
    due = select(Backfill).where(Backfill.account_id == account_id, backfills.is_due(now))
    return session.scalar(due.order_by(Backfill.ends_at.desc(), Backfill.id).limit(1))


def _read_page(
    session: Session, gateway: AmazonGateway, row: Backfill, owner: str, clock: Callable[[], datetime]
) -> None:
    """Read the next page of the range and store it with the position. Commits."""
    account = session.get_one(Account, row.account_id)
    part = _current_slice(session, row, account, clock())
    refused, row_id = frozenset(account.missing_datasets), row.id
    session.commit()
    page = _search(gateway, part, refused, clock)
    leases.renew(session, leases.build_lease_name("backfill", account.id), owner, clock())
    # A person may have paused it meanwhile; the page counts all the same.
    row = session.get_one(Backfill, row_id, populate_existing=True, with_for_update=True)
    counts = import_page.import_page(session, account.id, page.orders, now=clock(), actor="backfill")
    row.pages += 1
    row.received += counts.received
    row.new += counts.new
    row.changed += counts.changed
    row.cause = row.message = None
    _advance(row, part, page)
    fault_points.crash("backfill.before_commit")
    session.commit()


def _current_slice(session: Session, row: Backfill, account: Account, now: datetime) -> dict[str, Any]:
    """Return the slice being read, or the next one. One whose page token has expired is read again, cut in half."""
    if row.slice is not None:
        if clocks.is_within(datetime.fromisoformat(row.slice["began"]), MAX_TOKEN_AGE, now):
            return row.slice
        _cut(row)
    length = timedelta(seconds=row.slice_seconds)
    marketplaces = session.scalars(select(Store.marketplace_id).where(Store.account_id == account.id))
    return {
        "after": max(row.starts_at, row.reached_at - length).isoformat(),
        "before": row.reached_at.isoformat(),
        "began": now.isoformat(),
        "marketplaces": sorted(marketplaces),
        "missing": sorted(accounts.list_datasets_to_skip(account, now)),
        "token": None,
        "pages": 0,
        "last": "",
        "repeats": 0,
    }


def _search(
    gateway: AmazonGateway, part: dict[str, Any], refused: frozenset[str], clock: Callable[[], datetime]
) -> OrderPage:
    def search(token: str | None) -> OrderPage:
        return gateway.search_orders(
            updated_after=datetime.fromisoformat(part["after"]),
            updated_before=datetime.fromisoformat(part["before"]),
            marketplace_ids=part["marketplaces"],
            token=token,
            missing=frozenset(part["missing"]),
            refused=refused,
        )

    try:
        return search(part["token"])
    except InvalidRequest:
        if part["token"] is None:
            raise
    # The page token is no longer valid: read the slice from its beginning.
    part.update(token=None, pages=0, began=clock().isoformat())
    return search(None)


def _advance(row: Backfill, part: dict[str, Any], page: OrderPage) -> None:
    """Store the position after a page: within the slice, at its end, or before a shorter one."""
    part = {**part, "token": page.next_token, "missing": sorted(page.missing), "pages": part["pages"] + 1}
    if page.next_token is not None:
        _check_repeats(part, page)
        row.slice = part
        if part["pages"] >= MAX_SLICE_PAGES and row.slice_seconds > MIN_SLICE.total_seconds():
            _cut(row)
        return
    row.slice = None
    row.reached_at = datetime.fromisoformat(part["after"])
    if part["pages"] < FEW_PAGES:
        row.slice_seconds = min(row.slice_seconds * 2, int(MAX_SLICE.total_seconds()))


def _cut(row: Backfill) -> None:
    """Give up the slice; the next one is half as long."""
    row.slice = None
    row.slice_seconds = max(row.slice_seconds // 2, int(MIN_SLICE.total_seconds()))


def _check_repeats(part: dict[str, Any], page: OrderPage) -> None:
    """Raise InvalidResponse for a page that is returned again and again."""
    content = hashlib.sha256(" ".join(order.number or "" for order in page.orders).encode()).hexdigest()
    part["repeats"] = part["repeats"] + 1 if page.orders and content == part["last"] else 0
    part["last"] = content
    if part["repeats"] > MAX_REPEATS:
        raise InvalidResponse(
            "Amazon answered with the same page again and again instead of the next one.",
            operation="searchOrders",
            request_id=page.request_id,
        )


def _end_if_read(session: Session, row_id: int, now: datetime) -> None:
    """End the range when all of it has been read. Commits."""
    row = session.get_one(Backfill, row_id, populate_existing=True, with_for_update=True)
    if row.reached_at > row.starts_at:
        session.rollback()
        return
    row.seconds_before += _seconds_since(row.resumed_at, now) if row.state == RUNNING else 0
    row.state, row.ended_at = DONE, now
    args = {"count": row.received, "new": row.new}
    audit_log.record(session, "backfill_done", now=now, actor="backfill", account_id=row.account_id, args=args)
    session.commit()


def _postpone(session: Session, row_id: int, error: AmazonError, now: datetime) -> None:
    """Store when to go on, and the error unless it is the rate limit's. Commits."""
    row = session.get_one(Backfill, row_id, populate_existing=True)
    if isinstance(error, Throttled):
        wait = timedelta(seconds=error.wait) if error.wait else RETRY_DELAY
        row.next_try_at = now + min(wait, backfills.MAX_WAIT)
    else:
        row.next_try_at = now + RETRY_DELAY
        row.cause, row.message = error.cause, error.message[:1000]
    session.commit()


def _seconds_since(instant: datetime, now: datetime) -> int:
    return max(int((now - instant).total_seconds()), 0)
