"""Housekeeping deletes what is old and keeps what is needed."""

import os
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from tests.support.factories import NOW, an_order
from tests.support.order_processing import create_processing_order
from webapp.domain import retention as rules
from webapp.domain.errors import InvalidError, NotFoundError
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderVersion, QuarantinedOrder
from webapp.models.audit_log import Event
from webapp.models.backfills import Backfill
from webapp.models.bulk_actions import BulkAction, BulkRow
from webapp.models.completeness import CompletenessDay
from webapp.models.fences import Fence
from webapp.models.mails import Mail
from webapp.models.reported_orders import OrderRead
from webapp.models.submissions import Feed, Submission
from webapp.models.sync_runs import SyncRun
from webapp.models.users import SignInAttempt
from webapp.services import retention
from webapp.services.sync.importing.import_page import import_page

pytestmark = pytest.mark.both_databases

LATER = NOW + timedelta(days=2000)
FOREVER = {rule.name: 0 for rule in rules.RULES}


@pytest.fixture
def order(session):
    return create_processing_order(session)


@pytest.fixture
def keep(session):
    """Keep everything forever but these."""

    def set_days(**days):
        for name, count in (FOREVER | days).items():
            retention.change(session, name, count, now=NOW, actor="test")

    return set_days


def run(session, tmp_path, now=LATER):
    session.commit()
    return retention.run(session, tmp_path, clock=lambda: now, time_limit=timedelta(minutes=5))


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def test_nothing_is_deleted_that_is_kept_forever(session, order, keep, tmp_path):
    keep()
    before = count(session, Event)
    assert set(run(session, tmp_path).values()) == {0}
    assert count(session, Event) == before


def test_the_latest_version_of_each_order_is_kept(session, order, keep, tmp_path):
    keep(versions=30)
    import_page(session, 1, [an_order(1, updated=10), an_order(2)], now=NOW + timedelta(days=1), actor="test")
    session.commit()
    numbers = select(AmazonOrder.number).join(AmazonOrderVersion, AmazonOrderVersion.amazon_order_id == AmazonOrder.id)
    assert sorted(session.scalars(numbers)) == [f"303-0000000-{n:07}" for n in (1, 1, 2)]
    assert run(session, tmp_path, NOW + timedelta(days=29))["versions"] == 0
    assert run(session, tmp_path)["versions"] == 1
    assert sorted(session.scalars(numbers)) == [f"303-0000000-{n:07}" for n in (1, 2)]


def test_old_events_go_in_batches(session, order, keep, tmp_path, monkeypatch):
    keep(events=365)
    monkeypatch.setattr(retention, "BATCH", 2)
    before = count(session, Event)
    assert before > 4
    assert run(session, tmp_path)["events"] == before
    assert count(session, Event) == 0


def test_it_stops_when_its_time_is_over_and_the_next_run_continues(session, order, keep, tmp_path, monkeypatch):
    keep(events=365)
    monkeypatch.setattr(retention, "BATCH", 1)
    before = count(session, Event)
    times = iter([LATER, LATER, *[LATER + timedelta(hours=1)] * 100])
    counts = retention.run(session, tmp_path, clock=lambda: next(times), time_limit=timedelta(minutes=5))
    assert counts["events"] == 1
    assert run(session, tmp_path)["events"] == before - 1


def test_a_clock_that_is_ahead_deletes_nothing_early(session, order, keep, tmp_path):
    keep(events=365)
    session.get_one(Account, 1).clock_offset = round((LATER - NOW).total_seconds())
    assert run(session, tmp_path)["events"] == 0


def a_submission(session, order, state, feed=None, *, is_open=False):
    submission = Submission(
        kind="refund",
        account_id=1,
        amazon_order_id=order.amazon_order_id,
        subject=f"{state}-{is_open}",
        state=state,
        open=is_open,
        requested_by="test",
        requested_at=NOW,
        undo_until=NOW,
        due_at=NOW,
        changed_at=NOW,
        feed=feed,
    )
    session.add(submission)
    session.flush()
    session.add(Event(kind="refund_rejected", at=LATER, actor="test", submission_id=submission.id))
    session.commit()
    return submission


def test_submissions_that_had_an_effect_and_feeds_of_open_ones_are_kept(session, order, keep, tmp_path):
    keep(submissions=60, feeds=100)
    feeds = [Feed(account_id=1, feed_type="T", state="done", created_at=NOW, ended_at=NOW) for _ in range(2)]
    for state in ("verified", "unproved", "rejected", "undone"):
        a_submission(session, order, state, feeds[0])
    a_submission(session, order, "accepted", feeds[1], is_open=True)
    feed_id = feeds[1].id
    counts = run(session, tmp_path)
    assert (counts["submissions"], counts["feeds"]) == (2, 1)
    session.expire_all()
    assert sorted(session.scalars(select(Submission.state))) == ["accepted", "unproved", "verified"]
    assert session.scalars(select(Feed.id)).all() == [feed_id]
    # The history stays.
    assert len(session.scalars(select(Event).where(Event.kind == "refund_rejected")).all()) == 5


def test_other_data_is_deleted_once_it_has_ended(session, order, keep, tmp_path):
    keep(quarantine=1, sync_runs=7, order_reads=60, mails=30, bulk_actions=7, sign_in_attempts=365)
    for resolved in (None, NOW):
        session.add(
            QuarantinedOrder(
                account_id=1,
                cause="x",
                digest=os.urandom(32),
                body={},
                first_seen_at=NOW,
                last_seen_at=NOW,
                resolved_at=resolved,
            )
        )
    for hours in (0, 1, 2):
        at = NOW + timedelta(hours=hours)
        session.add(SyncRun(account_id=1, actor="test", state="done", started_at=at, ended_at=at, updated_after=at))
    for due in (None, LATER):
        session.add(
            Mail(
                order_id=order.id,
                store_id=order.store_id,
                kind="free",
                state="queued" if due else "sent",
                due_at=due,
                actor="test",
                created_at=NOW,
                queued_at=NOW,
                changed_at=NOW,
            )
        )
    for state, ended in (("running", None), ("ended", NOW)):
        action = BulkAction(
            kind="hold", subject="orders", state=state, args={}, actor="test", created_at=NOW, ended_at=ended
        )
        session.add(action)
        session.flush()
        session.add(BulkRow(action_id=action.id, subject_id=1, state="done"))
    for next_try in (None, LATER):
        session.add(
            OrderRead(
                account_id=1,
                store_id=order.store_id,
                number="302-1",
                reason="missing",
                purchased_at=NOW,
                requested_at=NOW,
                next_try_at=next_try,
            )
        )
    session.add(SignInAttempt(at=NOW, account=b"a" * 16, address=b"b" * 16, outcome="failed"))
    counts = run(session, tmp_path)
    names = ("quarantine", "sync_runs", "mails", "bulk_actions", "sign_in_attempts", "order_reads")
    assert [counts[name] for name in names] == [1, 2, 1, 1, 1, 1]
    assert [count(session, model) for model in (QuarantinedOrder, SyncRun, Mail, BulkAction, BulkRow)] == [1] * 5
    assert session.scalars(select(BulkAction.state)).all() == ["running"]


def test_counts_backfills_and_fences_are_deleted_once_they_have_ended(session, order, keep, tmp_path):
    keep(completeness_days=60, backfills=60, fences=90)
    # The third reaches back furthest, and the last is the latest.
    for number, (state, days) in enumerate((("done", 40), ("paused", 400), ("done", 730), ("done", 30), ("done", 20))):
        session.add(
            Backfill(
                account_id=1,
                method="report",
                state=state,
                actor="test",
                starts_at=NOW - timedelta(days=days),
                ends_at=NOW,
                reached_at=NOW,
                slice_seconds=3600,
                created_at=NOW + timedelta(hours=number),
                resumed_at=NOW,
                ended_at=NOW if state == "done" else None,
                next_try_at=NOW,
            )
        )
        session.flush()
    counts = {"store_id": order.store_id, "at_amazon": 1, "here": 1, "missing": 0, "differing": 0, "checked_at": NOW}
    for at in (NOW, NOW + timedelta(days=1), LATER):
        session.add(CompletenessDay(day=at.date(), **counts))
    for ended in (NOW, None):
        session.add(Fence(reason="restored", started_at=NOW, ended_at=ended))
    deleted = run(session, tmp_path)
    assert [deleted[name] for name in ("completeness_days", "backfills", "fences")] == [2, 2, 1]
    assert session.scalars(select(CompletenessDay.day)).all() == [LATER.date()]
    kept = session.scalars(select(Backfill.starts_at).order_by(Backfill.id)).all()
    assert [(NOW - start).days for start in kept] == [400, 730, 20]
    assert session.scalars(select(Fence.ended_at)).all() == [None]


def test_the_latest_copy_from_before_an_upgrade_is_kept(session, keep, tmp_path):
    keep(upgrade_copies=1)
    folder = tmp_path / "backups"
    folder.mkdir()
    for name in ("channeldesk-0001-a.db", "channeldesk-0002-b.db", "channeldesk-0003-c.db", "mine.txt"):
        (folder / name).write_text("x")
        os.utime(folder / name, (NOW.timestamp(), NOW.timestamp() + int(name != "mine.txt") * len(name)))
    os.utime(folder / "channeldesk-0003-c.db", (NOW.timestamp() + 99, NOW.timestamp() + 99))
    assert run(session, tmp_path)["upgrade_copies"] == 2
    assert sorted(path.name for path in folder.iterdir()) == ["channeldesk-0003-c.db", "mine.txt"]


def test_a_time_that_is_too_short_is_refused(session, order):
    with pytest.raises(InvalidError) as error:
        retention.change(session, "events", 364, now=NOW, actor="test")
    assert error.value.code == "retention_out_of_range"
    session.rollback()
    with pytest.raises(NotFoundError):
        retention.change(session, "orders", 30, now=NOW, actor="test")


@pytest.mark.only_sqlite
def test_the_file_shrinks_after_much_was_deleted(session, app, keep, monkeypatch):
    monkeypatch.setattr(retention, "MIN_FREE_PAGES", 10)
    monkeypatch.setattr(retention, "VACUUM_PAGES", 100)
    assert session.scalar(text("PRAGMA auto_vacuum")) == 2
    row = {"at": datetime.now(NOW.tzinfo), "actor": "test", "kind": "x", "args": {"text": "y" * 2000}}
    session.execute(Event.__table__.insert(), [row] * 2000)
    session.commit()
    session.execute(Event.__table__.delete())
    session.commit()
    before = session.scalar(text("PRAGMA page_count"))
    session.rollback()
    assert retention.vacuum(session) > 500
    assert session.scalar(text("PRAGMA page_count")) < before - 500
    session.rollback()
