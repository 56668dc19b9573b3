"""Orders to read through the Orders API one by one, within Amazon's rate limit."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.db import leases
from webapp.db.any_of import any_of
from webapp.db.bulk_write import insert_many
from webapp.domain.amazon.errors import AmazonError, InvalidResponse, ResourceNotFound, Throttled
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.errors import RefusedError
from webapp.domain.sync import order_report
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.reported_orders import OrderRead
from webapp.queries.sync import order_reads as queries
from webapp.services.accounts import accounts
from webapp.services.sync.importing import import_page

REPORTED, MISSING, DIFFERING = "reported", "missing", "differing"
GAPS = (MISSING, DIFFERING)
FIRST_DELAY, MAX_DELAY = timedelta(minutes=5), timedelta(hours=12)
# About three days of attempts.
MAX_TRIES = 12
# Reads in one job: two minutes at Amazon's rate.
LIMIT = 60

_WAITING = select(OrderRead.number).where(OrderRead.next_try_at.is_not(None), any_of(OrderRead.number, "numbers"))

log = logging.getLogger(__name__)


def request(
    session: Session, account_id: int, orders: Sequence[tuple[str, int, datetime]], reason: str, now: datetime
) -> int:
    """Request orders, given as (number, store id, time of purchase). Does not commit. Returns how many were added.

    An order that waits already is not requested again.
    """
    if not orders:
        return 0
    of_account = _WAITING.where(OrderRead.account_id == account_id)
    waiting = set(session.connection().execute(of_account, {"numbers": [number for number, _, _ in orders]}).scalars())
    rows = [
        {
            "account_id": account_id,
            "store_id": store_id,
            "number": number,
            "reason": reason,
            "purchased_at": purchased_at,
            "requested_at": now,
            "next_try_at": now,
        }
        for number, store_id, purchased_at in orders
        if number not in waiting
    ]
    insert_many(session, OrderRead, rows)
    return len(rows)


def fetch(session: Session, gateway: AmazonGateway, account_id: int, number: str, *, now: datetime, actor: str) -> None:
    """Read one order now and store it. Commits.

    Raises AmazonError, and RefusedError for a number that is none or an order that cannot be stored.
    """
    if not order_report.NUMBER.fullmatch(number):
        raise RefusedError("order_number_malformed", number=number[:60])
    missing = accounts.list_unavailable_datasets(accounts.find_by_id(session, account_id), now)
    session.commit()
    order = gateway.get_order(number, missing)
    import_page.import_page(session, account_id, [order], now=now, actor=actor)
    waiting = update(OrderRead).where(OrderRead.account_id == account_id, OrderRead.number == number)
    session.execute(waiting.where(OrderRead.read_at.is_(None)).values(next_try_at=None, cause=None, read_at=now))
    session.commit()
    stored = select(AmazonOrder.id).where(AmazonOrder.account_id == account_id, AmazonOrder.number == number)
    if session.scalar(stored) is None:
        raise RefusedError("fetched_order_quarantined", number=number)


def run(
    session: Session, gateway: AmazonGateway, account_id: int, *, clock: Callable[[], datetime], limit: int = LIMIT
) -> int:
    """Read due orders of the account, the newest first. Commits each. Returns how many were stored.

    Raises BusyError while another process reads. Ends early when Amazon cannot be called now.
    """
    name = leases.build_lease_name("order_reads", account_id)
    owner = leases.acquire(session, name, clock(), "order_reads_running")
    stored = 0
    try:
        numbers = queries.list_due(session, account_id, clock(), limit)
        missing = accounts.list_unavailable_datasets(session.get_one(Account, account_id), clock())
        session.commit()
        for id_, number in numbers:
            cause = None
            order = None
            try:
                order = gateway.get_order(number, missing)
            except (ResourceNotFound, InvalidResponse) as error:
                cause = error.cause
            except AmazonError as error:
                log.info("orders are read later: %s", error.cause)
                if not isinstance(error, Throttled):
                    _note_failure(session, id_, error.cause, clock())
                break
            leases.renew(session, name, owner, clock())
            if order is not None:
                import_page.import_page(session, account_id, [order], now=clock(), actor="backfill")
                row = session.get_one(OrderRead, id_)
                row.next_try_at, row.cause, row.read_at = None, None, clock()
                session.commit()
                stored += 1
            else:
                _note_failure(session, id_, cause, clock())
    finally:
        session.rollback()
        leases.release(session, name, owner)
    return stored


def _note_failure(session: Session, id_: int, cause: str | None, now: datetime) -> None:
    """Try again later; give up after MAX_TRIES. Commits."""
    row = session.get_one(OrderRead, id_)
    row.tries += 1
    row.cause = cause
    delay = min(MAX_DELAY, FIRST_DELAY * 2 ** min(row.tries - 1, 10))
    row.next_try_at = now + delay if row.tries < MAX_TRIES else None
    session.commit()
