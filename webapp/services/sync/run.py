"""Sync one account: import the changed orders page by page, each page in its own transaction."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webapp.core import fault_points
from webapp.db import leases
from webapp.db.engine import losable_commits
from webapp.domain.amazon.errors import (
    AmazonError,
    InvalidRequest,
    InvalidResponse,
    ResourceNotFound,
    Throttled,
)
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import DATASETS, AmazonOrder, OrderPage
from webapp.domain.common import clocks
from webapp.domain.errors import RefusedError, require
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder as AmazonOrderRow
from webapp.models.amazon_orders import QuarantinedOrder
from webapp.models.stores import Store
from webapp.models.sync_runs import SyncRun
from webapp.services import clock_corrections
from webapp.services.accounts import accounts
from webapp.services.sync import backfill, incomplete_orders, quarantine, resume_point
from webapp.services.sync.importing import import_page, order_decisions
from webapp.services.sync.resume_point import SyncWindow

# Amazon shows a change up to some minutes late, and clocks differ. Reading an order twice does no harm.
OVERLAP = timedelta(minutes=5)
MAX_REPEATS = 3
# A window with more pages is a backlog. The live sync leaves it to the backfill and continues with new orders.
LIVE_PAGES = 10
# Quarantined orders read again in one sync. getOrder refills one call in two seconds, which others need too.
QUARANTINE_REREAD_LIMIT = 10
# Orders read again in one sync because a dataset was refused before: 600 an hour at the usual interval.
INCOMPLETE_REREAD_LIMIT = 30

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


def sync_account(
    session: Session,
    gateway: AmazonGateway,
    account_id: int,
    *,
    clock: Clock,
    actor: str,
    since: datetime | None = None,
) -> SyncRun:
    """Import the orders that changed since the cursor, or since `since`. Commits each page.

    A window of more than LIVE_PAGES pages is left to the backfill, unless `since` is given.
    Returns the run in state `done`, or `waiting` when Amazon's rate limit was reached after some pages: the next sync
    continues with the next page. Raises BusyError while another sync of the account is running, and the AmazonError
    that ended the run, which is stored on it. Committed pages stay, and the next sync starts at the old cursor.
    """
    owner = leases.acquire(session, leases.build_lease_name("sync", account_id), clock(), "sync_running")
    try:
        run, window = _begin(session, account_id, clock(), actor, since)
        try:
            _read_pages(session, gateway, run, window, owner, clock, moves_cursor=since is None)
            _read_quarantined(session, gateway, run, owner, clock)
            _read_incomplete(session, gateway, run, owner, clock)
        except AmazonError as error:
            session.rollback()
            if isinstance(error, Throttled) and run.pages and since is None:
                _end_waiting(session, run, error, clock())
                return run
            _end_failed(session, gateway, run, error, clock())
            raise
        return run
    finally:
        session.rollback()
        leases.release(session, leases.build_lease_name("sync", account_id), owner)


def refresh_order(
    session: Session, gateway: AmazonGateway, row: AmazonOrderRow, *, now: datetime, actor: str
) -> AmazonOrder:
    """Read one order again and store it and the time of reading. Commits."""
    account = session.get_one(Account, row.account_id)
    missing = accounts.list_unavailable_datasets(account, now)
    number, account_id, row_id = row.number, account.id, row.id
    session.commit()
    order = gateway.get_order(number, missing)
    import_page.import_page(session, account_id, [order], now=now, actor=actor)
    session.execute(update(AmazonOrderRow).where(AmazonOrderRow.id == row_id).values(read_at=now))
    session.commit()
    return order


def read_quarantined(
    session: Session, gateway: AmazonGateway, quarantined_id: int, *, now: datetime, actor: str
) -> AmazonOrder:
    """Read a quarantined order again; it leaves quarantine when it can be parsed. Commits.

    Raises NotFoundError, RefusedError where its number is unknown, and InvalidResponse when it still cannot be parsed.
    """
    quarantined = require(session.get(QuarantinedOrder, quarantined_id), "quarantined_unknown", name=quarantined_id)
    if quarantined.number is None:
        raise RefusedError("quarantine_without_number")
    account = session.get_one(Account, quarantined.account_id)
    missing = accounts.list_unavailable_datasets(account, now)
    number, account_id = quarantined.number, account.id
    session.commit()
    order = gateway.get_order(number, missing)
    import_page.import_page(session, account_id, [order], now=now, actor=actor)
    session.commit()
    return order


def _begin(
    session: Session, account_id: int, now: datetime, actor: str, since: datetime | None
) -> tuple[SyncRun, SyncWindow]:
    account = accounts.find_by_id(session, account_id)
    killed = update(SyncRun).where(SyncRun.account_id == account_id, SyncRun.state == "running")
    session.execute(killed.values(state="lost", ended_at=now))
    _pull_back_first_orders(session, account_id, now)
    marketplaces = sorted(session.scalars(select(Store.marketplace_id).where(Store.account_id == account_id)))
    window = resume_point.load(account, marketplaces, now) if since is None else None
    if window is None:
        window = SyncWindow(
            since or _get_cursor(session, account, now), now, marketplaces, accounts.list_datasets_to_skip(account, now)
        )
    run = SyncRun(account_id=account_id, actor=actor, started_at=now, updated_after=window.after)
    session.add(run)
    session.commit()
    return run, window


def _pull_back_first_orders(session: Session, account_id: int, now: datetime) -> None:
    """Correct the stores of an account that was connected while the clock was ahead. Does not commit.

    Orders placed before that time would not be created. The start goes back as far as requested, as in `_get_cursor`.
    """
    ahead = select(Store).where(Store.account_id == account_id, Store.orders_from > now + clocks.TOLERANCE)
    for store in session.scalars(ahead):
        store.orders_from = now - max(store.created_at - store.orders_from, timedelta())
        store.created_at = min(store.created_at, now)


def _get_cursor(session: Session, account: Account, now: datetime) -> datetime:
    """Return the time to continue from.

    A cursor in the future, set by a clock that was ahead, would skip the changes until then. In its place this returns
    the start of the last run that lies before now, or the one requested when the account was connected.
    """
    if not clocks.is_ahead(account.cursor, now):
        return account.cursor
    done = select(func.max(SyncRun.updated_after)).where(
        SyncRun.account_id == account.id, SyncRun.state == "done", SyncRun.updated_after <= now
    )
    return session.scalar(done) or now - max(account.created_at - account.cursor, timedelta())


def _read_pages(
    session: Session,
    gateway: AmazonGateway,
    run: SyncRun,
    window: SyncWindow,
    owner: str,
    clock: Clock,
    *,
    moves_cursor: bool,
) -> None:
    seen: Counter[int] = Counter()
    left_out, refused = window.missing, frozenset(session.get_one(Account, run.account_id).missing_datasets)
    session.commit()
    while True:
        try:
            page = gateway.search_orders(
                updated_after=window.after,
                marketplace_ids=window.marketplaces,
                token=window.token,
                missing=window.missing,
                refused=refused,
            )
        except InvalidRequest:
            if window.token is None or run.pages:
                raise
            # The page token of an earlier run is no longer valid: read the window from its beginning.
            window = replace(window, token=None, began=clock(), pages=0)
            continue
        window = replace(window, token=page.next_token, missing=page.missing, pages=window.pages + 1)
        if moves_cursor and window.pages >= LIVE_PAGES:
            window = replace(window, token=None)
        fault_points.crash("sync.page_received")
        # A page lost in a power cut is read again, because the cursor is lost with it.
        with losable_commits():
            _write_page(session, gateway, run, page, window, owner, clock(), left_out, moves_cursor=moves_cursor)
        fault_points.crash("sync.page_committed")
        if window.token is None:
            return
        _check_repeats(page, seen)


def _read_quarantined(session: Session, gateway: AmazonGateway, run: SyncRun, owner: str, clock: Clock) -> None:
    """Read quarantined orders again: Amazon may have sent an invalid body only once."""
    missing = accounts.list_unavailable_datasets(session.get_one(Account, run.account_id), clock())
    numbers = quarantine.list_due(session, run.account_id, clock(), QUARANTINE_REREAD_LIMIT)
    session.commit()
    for number in numbers:
        try:
            order = gateway.get_order(number, missing)
        except InvalidResponse:
            leases.renew(session, leases.build_lease_name("sync", run.account_id), owner, clock())
            quarantine.still_unparseable(session, run.account_id, number, clock())
        except AmazonError as error:
            # The next sync reads them again; the run itself has succeeded.
            log.info("quarantined orders are read later: %s", error.cause)
            return
        else:
            _import_one(session, run, order, owner, clock())
        session.commit()


def _read_incomplete(session: Session, gateway: AmazonGateway, run: SyncRun, owner: str, clock: Clock) -> None:
    """Read orders again that were read without a dataset that Amazon returns now."""
    account = session.get_one(Account, run.account_id)
    missing = frozenset(account.missing_datasets)
    incomplete_orders.delete_expired(session, run.account_id, clock())
    orders = incomplete_orders.list_due(
        session, run.account_id, frozenset(DATASETS) - missing, clock(), INCOMPLETE_REREAD_LIMIT
    )
    session.commit()
    if not orders:
        return
    for id_, number in orders.items():
        order = None
        try:
            order = gateway.get_order(number, missing)
        except (ResourceNotFound, InvalidResponse) as error:
            log.info("an incomplete order is read later: %s", error.cause)
        except AmazonError as error:
            # The next sync reads them again; the run itself has succeeded.
            log.info("incomplete orders are read later: %s", error.cause)
            break
        leases.renew(session, leases.build_lease_name("sync", run.account_id), owner, clock())
        if order is not None:
            _import_one(session, run, order, owner, clock())
        incomplete_orders.postpone(session, id_, clock())
        session.commit()
    # An order may come back unchanged although all datasets were requested: then it has no amounts.
    leases.renew(session, leases.build_lease_name("sync", run.account_id), owner, clock())
    run.orders_created += order_decisions.retry_blocked(session, run.account_id, now=clock(), actor=run.actor)
    session.commit()


def _import_one(session: Session, run: SyncRun, order: AmazonOrder, owner: str, now: datetime) -> None:
    leases.renew(session, leases.build_lease_name("sync", run.account_id), owner, now)
    counts = import_page.import_page(session, run.account_id, [order], now=now, actor=run.actor)
    run.new += counts.new
    run.orders_created += counts.orders_created


def _check_repeats(page: OrderPage, seen: Counter[int]) -> None:
    """Raise InvalidResponse for a page that is returned again and again. Empty pages are not counted."""
    if not page.orders:
        return
    content = hash(tuple(order.number for order in page.orders))
    seen[content] += 1
    if seen[content] > MAX_REPEATS:
        raise InvalidResponse(
            "Amazon answered with the same page again and again instead of the next one.",
            operation="searchOrders",
            request_id=page.request_id,
        )


def _write_page(
    session: Session,
    gateway: AmazonGateway,
    run: SyncRun,
    page: OrderPage,
    window: SyncWindow,
    owner: str,
    now: datetime,
    left_out: frozenset[str],
    *,
    moves_cursor: bool,
) -> None:
    """Store a page with the resume point, and after the last page with the cursor and the end of the run. Commits."""
    leases.renew(session, leases.build_lease_name("sync", run.account_id), owner, now)
    is_last = window.token is None
    retried = order_decisions.retry_blocked(session, run.account_id, now=now, actor=run.actor) if is_last else 0
    counts = import_page.import_page(session, run.account_id, page.orders, now=now, actor=run.actor)
    counts.orders_created += retried
    run.pages += 1
    for name, value in asdict(counts).items():
        setattr(run, name, getattr(run, name) + value)
    run.request_id = page.request_id
    if moves_cursor:
        resume_point.save(session.get_one(Account, run.account_id), window)
    if is_last:
        _end_done(session, gateway, run, page, window, now, left_out, moves_cursor=moves_cursor)
    fault_points.crash("sync.before_commit")
    session.commit()


def _end_done(
    session: Session,
    gateway: AmazonGateway,
    run: SyncRun,
    page: OrderPage,
    window: SyncWindow,
    now: datetime,
    left_out: frozenset[str],
    *,
    moves_cursor: bool,
) -> None:
    """End the run. `left_out`: the datasets that were not requested in this window. Does not commit.

    The rest of a window after LIVE_PAGES pages is left to the backfill.
    """
    account = session.get_one(Account, run.account_id)
    bound = page.updated_before or run.started_at - timedelta(minutes=2)
    is_held = quarantine.holds_cursor(session, run.account_id, window.began, now)
    if page.next_token is not None:
        # The search does not promise an order, so the backfill reads the whole window.
        backfill.add(session, account, window.after, bound, method=backfill.SEARCH, now=now, actor=run.actor)
        is_held = False
    if moves_cursor and not is_held:
        # Never backwards: after a wrong clock the same weeks would be read again and again.
        reached = bound - OVERLAP
        account.cursor = reached if clocks.is_ahead(account.cursor, now) else max(account.cursor, reached)
    account.last_synced_at = now
    incomplete_orders.restart(session, account.id, frozenset(account.missing_datasets) - page.missing, now)
    accounts.record_success(account, page.missing, now, skipped=left_out)
    clock_corrections.record_clock_difference(account, gateway, now)
    session.execute(update(Store).where(Store.account_id == account.id).values(last_synced_at=now))
    run.state, run.ended_at, run.updated_before = "done", now, bound


def _end_waiting(session: Session, run: SyncRun, error: AmazonError, now: datetime) -> None:
    """End the run as waiting for Amazon's rate limit. Commits."""
    run.state, run.ended_at = "waiting", now
    run.cause, run.message = error.cause, error.message[:1000]
    session.commit()


def _end_failed(session: Session, gateway: AmazonGateway, run: SyncRun, error: AmazonError, now: datetime) -> None:
    run.state, run.ended_at = "failed", now
    run.cause, run.message, run.request_id = error.cause, error.message[:1000], error.request_id
    account = session.get_one(Account, run.account_id)
    accounts.record_failure(account, error, now)
    clock_corrections.record_clock_difference(account, gateway, now)
    session.commit()
