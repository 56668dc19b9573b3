"""Run bulk actions: a job processes the rows one by one, each exactly once.

A row is processed in a savepoint of the transaction that writes its outcome. If the worker is killed, both are kept or
neither, and the next worker continues with the waiting rows.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from webapp.core.fault_points import crash
from webapp.db.bulk_write import insert_many
from webapp.db.database_errors import is_database_failure
from webapp.db.engine import read_only
from webapp.db.session_hooks import OUTER_ACTIONS, run_after_commit
from webapp.domain import bulk_states
from webapp.domain.errors import AppError, InvalidError, NotFoundError, RefusedError
from webapp.models.bulk_actions import BulkAction, BulkRow
from webapp.services import audit_log
from webapp.services.bulk import registry as bulk_registry
from webapp.services.bulk.handlers import BulkHandler, Outcome, Task

log = logging.getLogger(__name__)

# A job runs this long, then goes to the end of the queue.
TIME_SLICE = timedelta(seconds=10)
# Drafts that are not confirmed within this time are deleted.
DRAFT_LIFETIME = timedelta(days=1)

# The id of a subject, or (id, args of this row).
RowSpec = int | tuple[int, dict[str, Any]]


def create_draft(session: Session, kind: str, rows: Sequence[RowSpec], *, now: datetime, actor: str) -> BulkAction:
    """Store a bulk action that waits for `begin`. Commits. Raises InvalidError, NotFoundError."""
    action = _create(session, bulk_registry.get_handler(kind), rows, {}, now=now, actor=actor)
    session.commit()
    return action


def begin(session: Session, action_id: int, args: Mapping[str, Any], *, now: datetime, actor: str) -> BulkAction:
    """Start a draft as `actor`. Commits; the caller enqueues `run_bulk_action`.

    Raises NotFoundError, and RefusedError if it has been started.
    """
    action = _load_locked(session, action_id)
    if action.state != bulk_states.DRAFT:
        session.rollback()
        raise RefusedError("bulk_begun")
    action.actor = actor
    _begin(session, action, args, now=now)
    session.commit()
    return action


def start(
    session: Session,
    kind: str,
    rows: Sequence[RowSpec],
    args: Mapping[str, Any] | None = None,
    *,
    now: datetime,
    actor: str,
) -> BulkAction:
    """Create and start a bulk action. Commits; the caller enqueues `run_bulk_action`.

    Raises InvalidError for no rows or too many.
    """
    action = add(session, kind, rows, args, now=now, actor=actor)
    session.commit()
    return action


def add(
    session: Session,
    kind: str,
    rows: Sequence[RowSpec],
    args: Mapping[str, Any] | None = None,
    *,
    now: datetime,
    actor: str,
) -> BulkAction:
    """Create and start a bulk action like `start`, without commit, for services that write more."""
    action = _create(session, bulk_registry.get_handler(kind), rows, {}, now=now, actor=actor)
    _begin(session, action, args or {}, now=now)
    return action


def process_rows(
    session: Session, action_id: int, clock: Callable[[], datetime], *, time_slice: timedelta = TIME_SLICE
) -> bool:
    """Process rows until none waits or the time slice is over; return whether there is more to do. Rolls back first.

    Any number of workers may run it at the same time, and any may be killed.
    """
    session.rollback()
    until = clock() + time_slice
    while clock() < until:
        if not _process_next(session, action_id, clock()):
            return _finish(session, action_id, clock())
    return True


def retry_failed(session: Session, action_id: int, *, now: datetime, actor: str) -> BulkAction:
    """Set the failed rows to waiting. Commits; the caller enqueues `run_bulk_action`. Raises RefusedError if none."""
    action = _load_locked(session, action_id, allow_draft=False)
    failed = update(BulkRow).where(BulkRow.action_id == action_id, BulkRow.state == bulk_states.FAILED)
    count = _execute_counted(
        session, failed.values(state=bulk_states.WAITING, outcome=None, outcome_args={}, ended_at=None)
    )
    if not count:
        session.rollback()
        raise RefusedError("bulk_nothing_failed")
    action.failed -= count
    action.state, action.ended_at = bulk_states.RUNNING, None
    audit_log.record(session, "bulk_retried", now=now, actor=actor, args={"bulk": action.id, "count": count})
    session.commit()
    return action


def cancel(session: Session, action_id: int, *, now: datetime, actor: str) -> BulkAction:
    """Skip the waiting rows. Completed rows are not changed. Commits. Raises RefusedError if it has ended."""
    waiting = update(BulkRow).where(BulkRow.action_id == action_id, BulkRow.state == bulk_states.WAITING)
    # Rows before the action: the order in which a worker locks them.
    count = _execute_counted(session, waiting.values(state=bulk_states.SKIPPED, outcome="bulk_stopped", ended_at=now))
    action = _load_locked(session, action_id)
    if action.state not in {bulk_states.DRAFT, bulk_states.RUNNING}:
        session.rollback()
        raise RefusedError("bulk_ended")
    action.skipped += count
    action.state, action.ended_at = bulk_states.STOPPED, now
    audit_log.record(session, "bulk_stopped", now=now, actor=actor, args={"bulk": action.id, "count": count})
    session.commit()
    return action


def delete_drafts(session: Session, *, now: datetime) -> None:
    """Delete drafts older than DRAFT_LIFETIME. Rolls back first; commits."""
    old = select(BulkAction.id).where(
        BulkAction.state == bulk_states.DRAFT, BulkAction.created_at < now - DRAFT_LIFETIME
    )
    with read_only():
        ids = session.scalars(old).all()
        session.rollback()
    if ids:
        # One of them may have been started meanwhile.
        still_drafts = select(BulkAction.id).where(BulkAction.id.in_(ids), BulkAction.state == bulk_states.DRAFT)
        deleted_ids = session.scalars(still_drafts.with_for_update()).all()
        session.execute(delete(BulkRow).where(BulkRow.action_id.in_(deleted_ids)))
        session.execute(delete(BulkAction).where(BulkAction.id.in_(deleted_ids)))
        session.commit()


def _create(
    session: Session,
    handler: BulkHandler,
    rows: Sequence[RowSpec],
    args: Mapping[str, Any],
    *,
    now: datetime,
    actor: str,
) -> BulkAction:
    if not rows:
        raise InvalidError("bulk_none")
    if len(rows) > bulk_states.MOST_ROWS:
        raise InvalidError("bulk_too_many", count=len(rows), most=bulk_states.MOST_ROWS)
    action = BulkAction(
        kind=handler.name,
        subject=handler.subject,
        state=bulk_states.DRAFT,
        args=dict(args),
        actor=actor,
        created_at=now,
        total=len(rows),
    )
    session.add(action)
    session.flush()
    pairs = [row if isinstance(row, tuple) else (row, None) for row in rows]
    insert_many(
        session,
        BulkRow,
        [
            {"action_id": action.id, "subject_id": id_, "args": row_args, "state": bulk_states.WAITING}
            for id_, row_args in pairs
        ],
    )
    return action


def _begin(session: Session, action: BulkAction, args: Mapping[str, Any], *, now: datetime) -> None:
    action.args = dict(args)
    action.state = bulk_states.RUNNING
    event_args = {"bulk": action.id, "name": action.kind, "count": action.total}
    audit_log.record(session, "bulk_started", now=now, actor=action.actor, args=event_args)


def _process_next(session: Session, action_id: int, now: datetime) -> bool:
    """Process the next waiting row in one transaction. Return False if there is none or the action is not running."""
    with Session(session.get_bind()) as outer, outer.begin():
        action = outer.get(BulkAction, action_id)
        if action is None or action.state != bulk_states.RUNNING:
            return False
        waiting = select(BulkRow).where(BulkRow.action_id == action_id, BulkRow.state == bulk_states.WAITING)
        # On PostgreSQL a second worker takes the next row; on SQLite there is only one write transaction.
        row = outer.scalar(waiting.order_by(BulkRow.id).limit(1).with_for_update(skip_locked=True))
        if row is None:
            return False
        task = Task(action.id, row.id, row.subject_id, {**action.args, **(row.args or {})}, now, action.actor)
        outcome = _process(outer, bulk_registry.get_handler(action.kind), task)
        crash("bulk.row_done")
        row.state, row.outcome, row.outcome_args = outcome.state, outcome.code, outcome.args
        row.tries += 1
        row.ended_at = now
        # Incremented in the database: another worker may do so for its row.
        column = getattr(BulkAction, outcome.state)
        outer.flush()
        outer.execute(
            update(BulkAction).where(BulkAction.id == action_id).values({column: column + 1}),
            execution_options={"synchronize_session": False},
        )
    crash("bulk.row_committed")
    return True


def _process(outer: Session, handler: BulkHandler, task: Task) -> Outcome:
    """Process a row in a savepoint of the outer transaction, which the handler's commits do not end."""
    connection = outer.connection()
    actions: list[Callable[[], None]] = []
    savepoint = connection.begin_nested()
    try:
        with Session(connection, join_transaction_mode="create_savepoint", info={OUTER_ACTIONS: actions}) as inner:
            outcome = handler.process(inner, task)
            inner.commit()
    except AppError as error:
        savepoint.rollback()
        return Outcome(error.code, error.arguments, bulk_states.FAILED)
    except Exception as error:
        if is_database_failure(error):
            # The database is unavailable or there was a conflict: the row itself is fine.
            raise
        log.exception("Row %s of bulk action %s failed", task.row_id, task.action_id)
        savepoint.rollback()
        return Outcome("bulk_row_broke", {}, bulk_states.FAILED)
    savepoint.commit()
    for action in actions:
        run_after_commit(outer, action)
    return outcome


def _finish(session: Session, action_id: int, now: datetime) -> bool:
    """End the action if no row is left; return whether there is more to do."""
    action = session.get(BulkAction, action_id, populate_existing=True)
    if action is None or action.state != bulk_states.RUNNING:
        session.rollback()
        return False
    handler, waiting = bulk_registry.get_handler(action.kind), action.waiting
    session.rollback()
    if waiting:
        # Rows that were set to waiting again, or that another worker is processing.
        return _has_waiting(session, action_id)
    failure = _run_finish(session, handler, action_id, now)
    action = _load_locked(session, action_id)
    if action.state == bulk_states.RUNNING and not action.waiting:
        if failure is not None:
            # Mark the rows as failed, so that they can be retried.
            done = update(BulkRow).where(BulkRow.action_id == action_id, BulkRow.state == bulk_states.DONE)
            failed_values = {"state": bulk_states.FAILED, "outcome": failure.code, "outcome_args": failure.args}
            action.failed += _execute_counted(session, done.values(failed_values))
            action.done = 0
        action.state, action.ended_at = bulk_states.ENDED, now
        event_args = {"bulk": action.id, "done": action.done, "failed": action.failed, "skipped": action.skipped}
        audit_log.record(session, "bulk_finished", now=now, actor=action.actor, args=event_args)
    session.commit()
    return False


def _run_finish(session: Session, handler: BulkHandler, action_id: int, now: datetime) -> Outcome | None:
    """Call the handler's `finish`; return its failure, or None."""
    if handler.finish is None:
        return None
    try:
        handler.finish(session, action_id, now)
    except AppError as error:
        outcome = Outcome(error.code, error.arguments, bulk_states.FAILED)
    except Exception as error:
        if is_database_failure(error):
            raise
        # It would fail again, and the job is enqueued every second until the action has ended.
        log.exception("Finishing bulk action %s failed", action_id)
        outcome = Outcome("bulk_row_broke", {}, bulk_states.FAILED)
    else:
        return None
    session.rollback()
    return outcome


def _has_waiting(session: Session, action_id: int) -> bool:
    waiting = select(BulkRow.id).where(BulkRow.action_id == action_id, BulkRow.state == bulk_states.WAITING).limit(1)
    has_waiting = session.scalar(waiting) is not None
    session.rollback()
    return has_waiting


def _load_locked(session: Session, action_id: int, *, allow_draft: bool = True) -> BulkAction:
    """Load and lock it. Raises NotFoundError, and RefusedError for a draft unless `allow_draft`."""
    action = session.get(BulkAction, action_id, with_for_update=True, populate_existing=True)
    if action is None:
        session.rollback()
        raise NotFoundError("bulk_unknown", name=action_id)
    if not allow_draft and action.state == bulk_states.DRAFT:
        session.rollback()
        raise RefusedError("bulk_not_begun")
    return action


def _execute_counted(session: Session, statement: Any) -> int:
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)  # type: ignore[attr-defined]
