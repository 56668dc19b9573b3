"""One sync of one account: page after page, each its own transaction, never two at a time."""

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
from webapp.domain.errors import NotFoundError, RefusedError
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder as Mirror
from webapp.models.amazon_orders import QuarantinedOrder
from webapp.models.stores import Store
from webapp.models.sync_runs import SyncRun
from webapp.services import clock_corrections
from webapp.services.accounts import accounts
from webapp.services.sync import (
    import_page,
    incomplete_orders,
    order_decisions,
    quarantine,
    resume_point,
)
from webapp.services.sync.resume_point import SyncWindow

# Amazon shows a change up to some minutes late, and clocks differ: what was seen twice costs nothing.
OVERLAP = timedelta(minutes=5)
MOST_REPEATS = 3
# getOrder refills one call in two seconds, and people and submissions need it too.
MOST_REREAD = 10
# Orders read again in one sync because a dataset was refused before: 600 an hour at the usual interval.
MOST_COMPLETED = 30

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


def lease_name(account_id: int) -> str:
    return f"sync-{account_id}"


def sync_account(
    session: Session, port: AmazonGateway, account_id: int, *, clock: Clock, actor: str, since: datetime | None = None
) -> SyncRun:
    """Fetch everything that changed since the cursor (or `since`) and write it down.

    Answers the run, ended as `done`; or as `waiting` when Amazon's calls were used up on the way: the next sync goes on
    with the next page. Raises BusyError while another sync of the account is at work, and the AmazonError
    that ended the run, after it was written down; what was committed stays, and the next sync begins at the old cursor.
    """
    owner = leases.acquire(session, lease_name(account_id), clock(), "sync_running")
    try:
        run, window = _begin(session, account_id, clock(), actor, since)
        try:
            _read_pages(session, port, run, window, owner, clock, moves_cursor=since is None)
            _read_quarantined(session, port, run, owner, clock)
            _read_incomplete(session, port, run, owner, clock)
        except AmazonError as error:
            session.rollback()
            if isinstance(error, Throttled) and run.pages and since is None:
                _wait(session, run, error, clock())
                return run
            _fail(session, port, run, error, clock())
            raise
        return run
    finally:
        session.rollback()
        leases.release(session, lease_name(account_id), owner)


def refresh_order(session: Session, port: AmazonGateway, mirror: Mirror, *, now: datetime, actor: str) -> AmazonOrder:
    """Read one order again and write down what it says, and that it was asked. Commits."""
    account = session.get_one(Account, mirror.account_id)
    missing = accounts.unavailable_datasets(account, now)
    number, account_id, mirror_id = mirror.number, account.id, mirror.id
    session.commit()
    said = port.get_order(number, missing)
    import_page.import_page(session, account_id, [said], now=now, actor=actor)
    session.execute(update(Mirror).where(Mirror.id == mirror_id).values(read_at=now))
    session.commit()
    return said


def read_quarantined(session: Session, port: AmazonGateway, kept_id: int, *, now: datetime, actor: str) -> AmazonOrder:
    """Ask Amazon again for an order that could not be read; it leaves quarantine when it can be. Commits.

    Raises NotFoundError, RefusedError where its number is not known, and Unintelligible when it still cannot be read.
    """
    kept = session.get(QuarantinedOrder, kept_id)
    if kept is None:
        raise NotFoundError("quarantined_unknown", name=kept_id)
    if kept.number is None:
        raise RefusedError("quarantine_without_number")
    account = session.get_one(Account, kept.account_id)
    missing = accounts.unavailable_datasets(account, now)
    number, account_id = kept.number, account.id
    session.commit()
    said = port.get_order(number, missing)
    import_page.import_page(session, account_id, [said], now=now, actor=actor)
    session.commit()
    return said


def _begin(
    session: Session, account_id: int, now: datetime, actor: str, since: datetime | None
) -> tuple[SyncRun, SyncWindow]:
    account = accounts.find(session, account_id)
    died = update(SyncRun).where(SyncRun.account_id == account_id, SyncRun.state == "running")
    session.execute(died.values(state="lost", ended_at=now))
    _pull_back_first_orders(session, account_id, now)
    marketplaces = sorted(session.scalars(select(Store.marketplace_id).where(Store.account_id == account_id)))
    window = resume_point.load(account, marketplaces, now) if since is None else None
    if window is None:
        window = SyncWindow(since or _cursor(session, account, now), now, marketplaces, accounts.left_out(account, now))
    run = SyncRun(account_id=account_id, actor=actor, started_at=now, updated_after=window.after)
    session.add(run)
    session.commit()
    return run, window


def _pull_back_first_orders(session: Session, account_id: int, now: datetime) -> None:
    """Correct the stores of an account that was connected while the clock was ahead. Does not commit.

    No Order would be made of what is placed until then. They go back as far as a person asked for, as `_cursor` does.
    """
    ahead = select(Store).where(Store.account_id == account_id, Store.orders_from > now + clocks.TOLERANCE)
    for store in session.scalars(ahead):
        store.orders_from = now - max(store.created_at - store.orders_from, timedelta())
        store.created_at = min(store.created_at, now)


def _cursor(session: Session, account: Account, now: datetime) -> datetime:
    """Where to go on.

    A cursor that a clock running ahead has put into the future would leave out what comes until then: the window of the
    last run that began before now is read once more, or what was asked for when the account was connected.
    """
    if not clocks.is_ahead(account.cursor, now):
        return account.cursor
    done = select(func.max(SyncRun.updated_after)).where(
        SyncRun.account_id == account.id, SyncRun.state == "done", SyncRun.updated_after <= now
    )
    return session.scalar(done) or now - max(account.created_at - account.cursor, timedelta())


def _read_pages(
    session: Session,
    port: AmazonGateway,
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
            page = port.search_orders(
                updated_after=window.after,
                marketplace_ids=window.marketplaces,
                token=window.token,
                missing=window.missing,
                refused=refused,
            )
        except InvalidRequest:
            if window.token is None or run.pages:
                raise
            # The page kept from an earlier run is no longer to be had: the window is read from its beginning.
            window = replace(window, token=None, began=clock())
            continue
        window = replace(window, token=page.next_token, missing=page.missing)
        fault_points.crash("sync.page_received")
        # A page that a power cut takes away is read again, because the cursor went with it.
        with losable_commits():
            _write_page(session, port, run, page, window, owner, clock(), left_out, moves_cursor=moves_cursor)
        fault_points.crash("sync.page_committed")
        if page.next_token is None:
            return
        _watch_for_a_circle(page, seen)


def _read_quarantined(session: Session, port: AmazonGateway, run: SyncRun, owner: str, clock: Clock) -> None:
    """Ask once more for the orders that could not be read: Amazon may have sent a broken body only once."""
    missing = accounts.unavailable_datasets(session.get_one(Account, run.account_id), clock())
    numbers = quarantine.due(session, run.account_id, clock(), MOST_REREAD)
    session.commit()
    for number in numbers:
        try:
            said = port.get_order(number, missing)
        except InvalidResponse:
            leases.renew(session, lease_name(run.account_id), owner, clock())
            quarantine.still_unreadable(session, run.account_id, number, clock())
        except AmazonError as error:
            # They stay where they are, and the next sync asks again; the run itself has come through.
            log.info("quarantined orders are read later: %s", error.cause)
            return
        else:
            _write_one(session, run, said, owner, clock())
        session.commit()


def _read_incomplete(session: Session, port: AmazonGateway, run: SyncRun, owner: str, clock: Clock) -> None:
    """Read again the orders that were read without a dataset Amazon gives now."""
    account = session.get_one(Account, run.account_id)
    missing = frozenset(account.missing_datasets)
    incomplete_orders.forget_old(session, run.account_id, clock())
    orders = incomplete_orders.due(session, run.account_id, frozenset(DATASETS) - missing, clock(), MOST_COMPLETED)
    session.commit()
    if not orders:
        return
    for id_, number in orders.items():
        said = None
        try:
            said = port.get_order(number, missing)
        except (ResourceNotFound, InvalidResponse) as error:
            log.info("an incomplete order is read later: %s", error.cause)
        except AmazonError as error:
            # They stay where they are, and the next sync asks again; the run itself has come through.
            log.info("incomplete orders are read later: %s", error.cause)
            break
        leases.renew(session, lease_name(run.account_id), owner, clock())
        if said is not None:
            _write_one(session, run, said, owner, clock())
        incomplete_orders.postpone(session, id_, clock())
        session.commit()
    # Amazon may have given an order as it was before, though with all datasets: then it has no amounts.
    leases.renew(session, lease_name(run.account_id), owner, clock())
    run.orders_created += order_decisions.retry_blocked(session, run.account_id, now=clock(), actor=run.actor)
    session.commit()


def _write_one(session: Session, run: SyncRun, said: AmazonOrder, owner: str, now: datetime) -> None:
    leases.renew(session, lease_name(run.account_id), owner, now)
    counts = import_page.import_page(session, run.account_id, [said], now=now, actor=run.actor)
    run.new += counts.new
    run.orders_created += counts.orders_created


def _watch_for_a_circle(page: OrderPage, seen: Counter[int]) -> None:
    """A page may come twice; one that comes again and again never leads to the last. An empty one says nothing."""
    if not page.orders:
        return
    content = hash(tuple(order.number for order in page.orders))
    seen[content] += 1
    if seen[content] > MOST_REPEATS:
        raise InvalidResponse(
            "Amazon answered with the same page again and again instead of the next one.",
            operation="searchOrders",
            request_id=page.request_id,
        )


def _write_page(
    session: Session,
    port: AmazonGateway,
    run: SyncRun,
    page: OrderPage,
    window: SyncWindow,
    owner: str,
    now: datetime,
    left_out: frozenset[str],
    *,
    moves_cursor: bool,
) -> None:
    """The page and where to go on or, with the last one, the cursor and the end of the run: together or not at all."""
    leases.renew(session, lease_name(run.account_id), owner, now)
    last = page.next_token is None
    retried = order_decisions.retry_blocked(session, run.account_id, now=now, actor=run.actor) if last else 0
    counts = import_page.import_page(session, run.account_id, page.orders, now=now, actor=run.actor)
    counts.orders_created += retried
    run.pages += 1
    for name, value in asdict(counts).items():
        setattr(run, name, getattr(run, name) + value)
    run.request_id = page.request_id
    if moves_cursor:
        resume_point.save(session.get_one(Account, run.account_id), window)
    if last:
        _end(session, port, run, page, window, now, left_out, moves_cursor=moves_cursor)
    fault_points.crash("sync.before_commit")
    session.commit()


def _end(
    session: Session,
    port: AmazonGateway,
    run: SyncRun,
    page: OrderPage,
    window: SyncWindow,
    now: datetime,
    left_out: frozenset[str],
    *,
    moves_cursor: bool,
) -> None:
    """`left_out`: the datasets that were not asked for in this window."""
    account = session.get_one(Account, run.account_id)
    bound = page.updated_before or run.started_at - timedelta(minutes=2)
    held = quarantine.holds_cursor(session, run.account_id, window.began, now)
    if moves_cursor and not held:
        # Backwards never: a desk whose clock was wrong once would read the same weeks again and again.
        reached = bound - OVERLAP
        account.cursor = reached if clocks.is_ahead(account.cursor, now) else max(account.cursor, reached)
    account.last_synced_at = now
    incomplete_orders.restart(session, account.id, frozenset(account.missing_datasets) - page.missing, now)
    accounts.record_success(account, page.missing, now, left_out=left_out)
    clock_corrections.note_difference(account, port, now)
    session.execute(update(Store).where(Store.account_id == account.id).values(last_synced_at=now))
    run.state, run.ended_at, run.updated_before = "done", now, bound


def _wait(session: Session, run: SyncRun, error: AmazonError, now: datetime) -> None:
    """Nothing is wrong: what was read is written, and Amazon lets us read on a little later."""
    run.state, run.ended_at = "waiting", now
    run.cause, run.message = error.cause, error.message[:1000]
    session.commit()


def _fail(session: Session, port: AmazonGateway, run: SyncRun, error: AmazonError, now: datetime) -> None:
    run.state, run.ended_at = "failed", now
    run.cause, run.message, run.request_id = error.cause, error.message[:1000], error.request_id
    account = session.get_one(Account, run.account_id)
    accounts.record_failure(account, error, now)
    clock_corrections.note_difference(account, port, now)
    session.commit()
