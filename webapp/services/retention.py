"""Delete what is older than its retention, in small batches, and give the freed space of SQLite back."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from webapp.db.base import Base
from webapp.db.engine import read_only
from webapp.domain import bulk_states, retention
from webapp.domain.errors import InvalidError, require
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrderVersion, QuarantinedOrder
from webapp.models.audit_log import Event
from webapp.models.backfills import DONE, Backfill
from webapp.models.bulk_actions import BulkAction, BulkRow
from webapp.models.completeness import CompletenessDay
from webapp.models.fences import Fence
from webapp.models.mails import Mail
from webapp.models.order_transactions import OrderTransaction
from webapp.models.printed_files import PrintedFile, PrintedPart
from webapp.models.refund_transactions import RefundFinding, RefundTransaction
from webapp.models.reported_orders import OrderRead
from webapp.models.retention import RetentionSetting
from webapp.models.shipping_labels import ShippingLabel
from webapp.models.submissions import Feed, Submission
from webapp.models.sync_runs import SyncRun
from webapp.models.users import SignInAttempt
from webapp.services import audit_log

# Rows deleted in one transaction: others wait for it a few milliseconds.
BATCH = 500
# Pages that SQLite gives back in one transaction, 4 KiB each.
VACUUM_PAGES = 2_000
# Less free space than this is left for the next rows.
MIN_FREE_PAGES = 1_000
UPGRADE_COPIES = "upgrade_copies"

Clock = Callable[[], datetime]


def change(session: Session, name: str, days: int, *, now: datetime, actor: str) -> RetentionSetting:
    """Change how long one kind of data is kept; 0 keeps it forever. Commits. Raises NotFoundError, InvalidError."""
    rule = require(retention.BY_NAME.get(name), "retention_unknown", name=name)
    if not retention.is_allowed(rule, days):
        raise InvalidError("retention_out_of_range", field="days", least=rule.least, most=retention.MAX_DAYS)
    setting = _load(session, rule)
    before, setting.days = setting.days, days
    if before != days:
        args = {"data": name, "before": before, "after": days}
        audit_log.record(session, "retention_changed", now=now, actor=actor, args=args)
    session.commit()
    return setting


def run(session: Session, data_dir: Path, *, clock: Clock, time_limit: timedelta) -> dict[str, int]:
    """Delete expired data; return the number of deleted rows or files of each rule. Commits.

    Stops after `time_limit`; the next run continues. Rows that are still needed are kept.
    """
    started = clock()
    # A clock that is ahead must not make data look old.
    seconds_ahead = session.scalar(select(func.max(Account.clock_offset))) or 0
    now = started - timedelta(seconds=max(0, seconds_ahead))
    counts = {}
    for rule in retention.RULES:
        setting = _load(session, rule)
        days = setting.days
        session.rollback()
        deleted = 0
        if days != retention.FOREVER:
            cutoff = now - timedelta(days=days)
            if rule.name == UPGRADE_COPIES:
                deleted = _delete_upgrade_copies(data_dir, cutoff)
            else:
                deleted = _delete_rows(session, rule.name, cutoff, lambda: clock() - started < time_limit)
        counts[rule.name] = deleted
        setting = _load(session, rule)
        setting.deleted, setting.run_at = deleted, clock()
        session.commit()
    vacuum(session)
    return counts


def vacuum(session: Session) -> int:
    """Return free pages of the SQLite file to the disk, in small steps; return their number. Commits.

    PostgreSQL's autovacuum makes the space of deleted rows usable again without this.
    """
    if session.get_bind().dialect.name != "sqlite":
        return 0
    session.rollback()
    freed = 0
    # Another connection than the session's: SQLite frees pages outside of a transaction only.
    engine: Any = session.get_bind()
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        while (free := driver.execute("PRAGMA freelist_count").fetchone()[0]) > MIN_FREE_PAGES:
            driver.execute(f"PRAGMA incremental_vacuum({min(VACUUM_PAGES, free - MIN_FREE_PAGES)})").fetchall()
            remaining = driver.execute("PRAGMA freelist_count").fetchone()[0]
            if remaining >= free:
                # The file was created without incremental vacuum.
                break
            freed += free - remaining
    return freed


def _load(session: Session, rule: retention.RetentionRule) -> RetentionSetting:
    setting = session.get(RetentionSetting, rule.name)
    if setting is None:
        setting = RetentionSetting(name=rule.name, days=rule.days)
        session.add(setting)
    return setting


def _delete_rows(session: Session, name: str, cutoff: datetime, has_time: Callable[[], bool]) -> int:
    select_old, delete_batch = _TABLES[name]
    deleted = 0
    while has_time():
        with read_only():
            ids = session.scalars(select_old(cutoff).limit(BATCH)).all()
            session.rollback()
        if not ids:
            break
        delete_batch(session, ids)
        session.commit()
        deleted += len(ids)
    return deleted


def _delete_upgrade_copies(data_dir: Path, cutoff: datetime) -> int:
    """Delete the copies of the database from before upgrades, but never the latest."""
    copies = sorted((data_dir / "backups").glob("channeldesk-*.db"), key=lambda path: path.stat().st_mtime)
    old = [path for path in copies[:-1] if path.stat().st_mtime < cutoff.timestamp()]
    for path in old:
        path.unlink()
    return len(old)


def _select_events(cutoff: datetime) -> Select[int]:
    return select(Event.id).where(Event.at < cutoff).order_by(Event.id)


def _select_versions(cutoff: datetime) -> Select[int]:
    """Select all versions but the latest of each order."""
    later = aliased(AmazonOrderVersion)
    has_later = exists().where(
        later.amazon_order_id == AmazonOrderVersion.amazon_order_id, later.id > AmazonOrderVersion.id
    )
    statement = select(AmazonOrderVersion.id).where(AmazonOrderVersion.received_at < cutoff, has_later)
    return statement.order_by(AmazonOrderVersion.id)


def _select_quarantined(cutoff: datetime) -> Select[int]:
    """Select entries parsed since; unparseable ones are kept."""
    return select(QuarantinedOrder.id).where(QuarantinedOrder.resolved_at < cutoff)


def _select_sync_runs(cutoff: datetime) -> Select[int]:
    """Select ended runs but the latest of each account."""
    latest = select(func.max(SyncRun.id)).group_by(SyncRun.account_id)
    return select(SyncRun.id).where(SyncRun.ended_at < cutoff, SyncRun.id.not_in(latest)).order_by(SyncRun.id)


def _select_order_reads(cutoff: datetime) -> Select[int]:
    """Select orders that were read, and those that were given up."""
    return select(OrderRead.id).where(OrderRead.requested_at < cutoff, OrderRead.next_try_at.is_(None))


def _select_completeness_days(cutoff: datetime) -> Select[date]:
    """Select the days themselves: the counts of all stores of a day are deleted together."""
    return select(CompletenessDay.day).where(CompletenessDay.day < cutoff.date()).distinct()


def _select_backfills(cutoff: datetime) -> Select[int]:
    """Select ended backfills but, of each account, the latest and the one that reached back furthest.

    Completeness checks expect orders from the start of the latter on.
    """
    latest = select(func.max(Backfill.id)).group_by(Backfill.account_id)
    other = aliased(Backfill)
    reached_further = exists().where(
        other.account_id == Backfill.account_id,
        other.state == DONE,
        or_(other.starts_at < Backfill.starts_at, and_(other.starts_at == Backfill.starts_at, other.id > Backfill.id)),
    )
    return select(Backfill.id).where(Backfill.ended_at < cutoff, Backfill.id.not_in(latest), reached_further)


def _select_fences(cutoff: datetime) -> Select[int]:
    return select(Fence.id).where(Fence.ended_at < cutoff)


def _delete_completeness_days(session: Session, days: Sequence[date]) -> None:
    session.execute(
        delete(CompletenessDay).where(CompletenessDay.day.in_(days)), execution_options={"synchronize_session": False}
    )


def _select_submissions(cutoff: datetime) -> Select[int]:
    """Select submissions without an effect. The others document parcels and documents at Amazon."""
    ended = (submission_states.REJECTED, submission_states.UNDONE)
    return select(Submission.id).where(~Submission.open, Submission.state.in_(ended), Submission.changed_at < cutoff)


def _select_feeds(cutoff: datetime) -> Select[int]:
    """Select ended feeds with no open submission."""
    is_open = exists().where(Submission.feed_id == Feed.id, Submission.open)
    return select(Feed.id).where(Feed.ended_at < cutoff, ~is_open).order_by(Feed.id)


def _select_mails(cutoff: datetime) -> Select[int]:
    return select(Mail.id).where(Mail.created_at < cutoff, Mail.due_at.is_(None)).order_by(Mail.created_at)


def _select_bulk_actions(cutoff: datetime) -> Select[int]:
    ended = (bulk_states.ENDED, bulk_states.STOPPED)
    return select(BulkAction.id).where(BulkAction.ended_at < cutoff, BulkAction.state.in_(ended))


def _select_sign_in_attempts(cutoff: datetime) -> Select[int]:
    return select(SignInAttempt.id).where(SignInAttempt.at < cutoff)


def _select_refund_transactions(cutoff: datetime) -> Select[int]:
    """Select transactions that no unresolved finding is about."""
    unresolved = exists().where(
        RefundFinding.refund_transaction_id == RefundTransaction.id, RefundFinding.resolved_at.is_(None)
    )
    return select(RefundTransaction.id).where(RefundTransaction.posted_at < cutoff, ~unresolved)


def _select_order_transactions(cutoff: datetime) -> Select[int]:
    return select(OrderTransaction.id).where(OrderTransaction.posted_at < cutoff).order_by(OrderTransaction.posted_at)


def _select_label_documents(cutoff: datetime) -> Select[int]:
    """Select labels with a document. Its row, with the cost, is kept with the order."""
    has_document = ShippingLabel.document.is_not(None)
    return select(ShippingLabel.id).where(ShippingLabel.bought_at < cutoff, has_document).order_by(ShippingLabel.id)


def _delete_plain(model: type[Base]) -> Callable[[Session, Sequence[int]], None]:
    table: Any = model

    def delete_batch(session: Session, ids: Sequence[int]) -> None:
        session.execute(delete(model).where(table.id.in_(ids)), execution_options={"synchronize_session": False})

    return delete_batch


def _delete_submissions(session: Session, ids: Sequence[int]) -> None:
    options = {"synchronize_session": False}
    session.execute(
        update(Event).where(Event.submission_id.in_(ids)).values(submission_id=None), execution_options=options
    )
    _delete_plain(Submission)(session, ids)


def _delete_feeds(session: Session, ids: Sequence[int]) -> None:
    options = {"synchronize_session": False}
    session.execute(
        update(Submission).where(Submission.feed_id.in_(ids)).values(feed_id=None), execution_options=options
    )
    _delete_plain(Feed)(session, ids)


def _delete_bulk_actions(session: Session, ids: Sequence[int]) -> None:
    files = select(PrintedFile.id).where(PrintedFile.bulk_action_id.in_(ids))
    for statement in (
        delete(PrintedPart).where(PrintedPart.file_id.in_(files)),
        delete(PrintedFile).where(PrintedFile.bulk_action_id.in_(ids)),
        delete(BulkRow).where(BulkRow.action_id.in_(ids)),
    ):
        session.execute(statement, execution_options={"synchronize_session": False})
    _delete_plain(BulkAction)(session, ids)


def _delete_label_documents(session: Session, ids: Sequence[int]) -> None:
    statement = update(ShippingLabel).where(ShippingLabel.id.in_(ids)).values(document=None)
    session.execute(statement, execution_options={"synchronize_session": False})


def _delete_refund_transactions(session: Session, ids: Sequence[int]) -> None:
    findings = delete(RefundFinding).where(RefundFinding.refund_transaction_id.in_(ids))
    session.execute(findings, execution_options={"synchronize_session": False})
    _delete_plain(RefundTransaction)(session, ids)


# Rule → the ids of its rows that are older than a time (for counts of completeness checks: the days), and how to
# delete some of them.
_TABLES: dict[str, tuple[Callable[[datetime], Select[Any]], Callable[[Session, Sequence[Any]], None]]] = {
    "events": (_select_events, _delete_plain(Event)),
    "sign_in_attempts": (_select_sign_in_attempts, _delete_plain(SignInAttempt)),
    "versions": (_select_versions, _delete_plain(AmazonOrderVersion)),
    "quarantine": (_select_quarantined, _delete_plain(QuarantinedOrder)),
    "sync_runs": (_select_sync_runs, _delete_plain(SyncRun)),
    "order_reads": (_select_order_reads, _delete_plain(OrderRead)),
    "completeness_days": (_select_completeness_days, _delete_completeness_days),
    "backfills": (_select_backfills, _delete_plain(Backfill)),
    "fences": (_select_fences, _delete_plain(Fence)),
    "submissions": (_select_submissions, _delete_submissions),
    "feeds": (_select_feeds, _delete_feeds),
    "mails": (_select_mails, _delete_plain(Mail)),
    "bulk_actions": (_select_bulk_actions, _delete_bulk_actions),
    "label_documents": (_select_label_documents, _delete_label_documents),
    "refund_transactions": (_select_refund_transactions, _delete_refund_transactions),
    "order_transactions": (_select_order_transactions, _delete_plain(OrderTransaction)),
}
