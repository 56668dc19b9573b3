"""Many who write at the same moment: nothing is refused without a reason, nothing is lost, nothing is there twice."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.support.factories import NOW, a_package, an_account, an_order, shipped_fields
from webapp.db import leases, number_sequences
from webapp.domain.errors import AppError, BusyError
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderItem, AmazonOrderVersion
from webapp.models.audit_log import Event
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.orders import Order
from webapp.models.recurring_jobs import RecurringJob
from webapp.models.submissions import Feed, Submission
from webapp.services import audit_log, schedule
from webapp.services.accounts import locking
from webapp.services.submissions import cancellations, feeds
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.sync import manual_corrections
from webapp.services.sync.importing import order_decisions
from webapp.services.sync.importing.import_page import import_page

pytestmark = pytest.mark.both_databases

WRITERS = 8


@pytest.fixture
def account(session):
    return an_account(session)


def import_orders(session, account, *orders):
    import_page(session, account.id, orders, now=NOW, actor="test")
    session.commit()
    wanted = select(AmazonOrder.id).where(AmazonOrder.number.in_([order.number for order in orders]))
    ids = session.scalars(wanted.order_by(AmazonOrder.number)).all()
    session.commit()
    return ids


def test_no_number_and_no_change_is_lost(session, account, run_concurrently):
    (mirror,) = import_orders(session, account, an_order(1))
    account_id = account.id
    session.rollback()

    def work(session):
        for _ in range(50):
            locking.lock_orders(session, account_id)
            order = session.scalars(select(Order).where(Order.amazon_order_id == mirror)).one()
            order.total_refunded += 1
            number = number_sequences.next_numbers(session, "credit_memo")[0]
            audit_log.record_on_order(session, "credited_offline", order, now=NOW, actor="test", number=number)
            session.commit()

    run_concurrently(*[work] * WRITERS)

    assert session.scalars(select(Order.total_refunded)).one() == WRITERS * 50
    events = session.scalars(select(Event.args).where(Event.kind == "credited_offline")).all()
    assert sorted(args["number"] for args in events) == list(
        range(number_sequences.FIRST, number_sequences.FIRST + WRITERS * 50)
    )


def test_of_eight_concurrent_cancellations_one_succeeds(session, account, run_concurrently):
    (mirror,) = import_orders(session, account, an_order(1))

    def work(session):
        return cancellations.request(session, mirror, "NoInventory", undo_seconds=30, now=NOW, actor="test").state

    results = run_concurrently(*[work] * WRITERS)

    assert Counter(getattr(one, "code", one) for one in results) == {"queued": 1, "cancel_requested_already": 7}
    assert session.scalar(select(func.count()).select_from(Submission)) == 1
    assert session.scalar(select(func.count()).where(Event.kind == "cancellation_requested")) == 1


@pytest.mark.parametrize("before", [False, True], ids=["new", "run out"])
def test_a_lease_has_one_owner(session, account, run_concurrently, before):
    if before:
        leases.acquire(session, "sync-1", NOW - timedelta(hours=1))

    results = run_concurrently(*[lambda session: leases.acquire(session, "sync-1", NOW, "sync_running")] * WRITERS)

    refused = [one.code for one in results if isinstance(one, BusyError)]
    assert refused == ["sync_running"] * 7
    (owner,) = (one for one in results if isinstance(one, str))
    leases.renew(session, "sync-1", owner, NOW)


def test_pages_that_overlap_leave_every_order_once(session, account, run_concurrently):
    account_id = account.id
    import_orders(session, account, *(an_order(n) for n in range(1, 11)))
    events = session.scalar(select(func.count()).select_from(Event))
    session.commit()

    def pages(first):
        """Two pages of twenty: what is known has changed, and two of three pages bring the same."""
        return [
            [an_order(n, updated=first, **shipped_fields(an_order(n), packages=(a_package(),))) for n in range(1, 11)],
            [an_order(n) for n in range(11 + first * 10, 31 + first * 10)],
        ]

    def work(first):
        def imported(session):
            created = 0
            for page in pages(first):
                created += import_page(session, account_id, page, now=NOW, actor="test").orders_created
                session.commit()
            return created

        return imported

    created = run_concurrently(*(work(first) for first in range(4)))

    assert sum(created) == 50
    numbers = [f"303-0000000-{n:07}" for n in range(1, 61)]
    assert sorted(session.scalars(select(AmazonOrder.number))) == numbers
    assert session.scalar(select(func.count()).select_from(AmazonOrderItem)) == 60
    assert Counter(session.scalars(select(Order.amazon_order_id))).most_common(1)[0][1] == 1
    assert sorted(map(int, session.scalars(select(Order.number)))) == list(range(100001, 100061))
    assert sorted(map(int, session.scalars(select(Invoice.number)))) == list(range(100001, 100061))
    assert set(session.scalars(select(Order.state).where(Order.id <= 10))) == {"complete"}
    shipped_once = session.scalar(select(func.count()).where(Event.kind == "shipped_at_amazon"))
    assert shipped_once == 10
    # A version for each time Amazon said something newer, and no more.
    versions = session.scalar(select(func.count()).select_from(AmazonOrderVersion))
    changed = session.scalar(select(func.sum(AmazonOrder.version)))
    assert versions == changed
    assert session.scalar(select(func.count()).select_from(Event)) > events


def test_accounts_that_create_and_cancel_orders_do_not_deadlock(session, account, run_concurrently):
    other = an_account(session, name="Other", seller_id="A2SELLER")
    ids = (account.id, other.id)
    for one in (account, other):
        import_orders(session, one, *(an_order(n) for n in range(1, 31)))

    def work(turn):
        def imported(session):
            for n in range(1, 16):
                number = n if turn % 4 < 2 else 31 - n
                page = [an_order(number, "CANCELLED", updated=1), an_order(100 + turn * 20 + n)]
                import_page(session, ids[turn % 2], page if turn % 4 < 2 else page[::-1], now=NOW, actor="test")
                order_decisions.retry_blocked(session, ids[turn % 2], now=NOW, actor="test")
                session.commit()

        return imported

    run_concurrently(*(work(turn) for turn in range(WRITERS)))

    assert Counter(session.scalars(select(Order.state))) == {"canceled": 60, "processing": 120}
    memos = sorted(map(int, session.scalars(select(CreditMemo.number))))
    assert memos == list(range(number_sequences.FIRST, number_sequences.FIRST + 60))


def test_an_order_created_by_a_user_and_by_a_sync_is_created_once(session, account, run_concurrently):
    (mirror,) = import_orders(session, account, an_order(1, "PENDING"))
    account_id = account.id
    session.rollback()

    def by_hand(session):
        return manual_corrections.create_order(session, mirror, now=NOW, actor="test")

    def by_sync(session):
        made = import_page(session, account_id, [an_order(1, updated=1)], now=NOW, actor="test").orders_created
        session.commit()
        return made

    results = run_concurrently(by_hand, by_sync, by_hand, by_sync, by_hand, by_sync)

    assert session.scalars(select(Order.number)).all() == ["100001"]
    refused = {one.code for one in results if isinstance(one, AppError)}
    assert refused <= {"order_exists", "order_waits_unshipped"}


def test_an_undone_submission_is_never_sent(session, account, run_concurrently):
    mirrors = import_orders(session, account, *(an_order(n) for n in range(1, 9)))
    asked = [
        cancellations.request(session, mirror, "NoInventory", undo_seconds=0, now=NOW, actor="test").id
        for mirror in mirrors
    ]
    account_id = account.id
    session.rollback()

    def gather(session):
        waiting = session.scalars(select(Submission).order_by(Submission.id)).all()
        session.commit()
        feed = feeds.create_batch(session, account_id, cancellations.CancellationHandler(), waiting, NOW)
        return feed.id if feed else None

    def undo(submission_id):
        return lambda session: submission_actions.undo(session, submission_id, now=NOW, actor="test").id

    results = run_concurrently(gather, *(undo(id_) for id_ in asked[:7]))

    sent = set(session.scalars(select(Submission.id).where(Submission.state == "sending")))
    undone = set(session.scalars(select(Submission.id).where(Submission.state == "undone")))
    assert sent | undone == set(asked)
    assert asked[7] in sent
    assert {one for one in results[1:] if isinstance(one, int)} == undone
    assert {one.code for one in results[1:] if isinstance(one, AppError)} <= {"undo_too_late"}
    assert set(session.scalars(select(Submission.feed_id).where(Submission.id.in_(sent)))) == set(
        session.scalars(select(Feed.id))
    )


def test_a_run_is_claimed_once(session, run_concurrently):
    for n in range(5):
        schedule.ensure(session, f"send_submissions-{n}", "send_submissions", [n], 60, NOW)
    session.commit()

    claims = run_concurrently(*[lambda session: schedule.claim_due(session, NOW)] * WRITERS)

    assert sorted(claim.ids for some in claims for claim in some) == [(n,) for n in range(5)]


def test_a_job_is_scheduled_once(session, run_concurrently):
    def ensure(session):
        id_ = schedule.ensure(session, "maintenance", "maintenance", [], 60, NOW).id
        session.commit()
        return id_

    assert len(set(run_concurrently(*[ensure] * WRITERS))) == 1
    assert session.scalar(select(func.count()).select_from(RecurringJob)) == 1
