"""Doing one thing to many, row by row: asked for once, done by a job, exactly once each.

A row's verb runs in a savepoint of the transaction that writes its outcome. Whatever kills the worker, either both
happened or neither, and the next worker goes on with the rows that still wait.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from webapp.core.fault_points import crash
from webapp.db.bulk_write import insert_many
from webapp.db.database_errors import concerns_the_database
from webapp.db.engine import read_only
from webapp.domain import bulk_states
from webapp.domain.errors import DeskError, InvalidError, NotFoundError, RefusedError
from webapp.models.bulk_actions import BulkAction, BulkRow
from webapp.services import audit_log
from webapp.services.bulk import registry as bulk_registry
from webapp.services.bulk.handlers import BulkHandler, Outcome, Task

log = logging.getLogger(__name__)

# A job goes on this long, then lets the next in its queue have a turn.
TURN = timedelta(seconds=10)
# Nobody comes back to a confirmation after this.
DRAFTS_STAY = timedelta(days=1)

# An id, or an id with what is this row's alone.
Row = int | tuple[int, dict[str, Any]]


def draft(session: Session, kind: str, rows: Sequence[Row], *, now: datetime, actor: str) -> BulkAction:
    """Freeze what is to be done to which rows, and wait for `begin`. Commits. Raises InvalidError, NotFoundError."""
    action = _write(session, bulk_registry.find(kind), rows, {}, now=now, actor=actor)
    session.commit()
    return action


def begin(session: Session, action_id: int, args: Mapping[str, Any], *, now: datetime, actor: str) -> BulkAction:
    """Let a draft run, in the name of who says so. Commits; the caller rings `run_bulk_action`.

    Raises NotFoundError, RefusedError for one that has begun.
    """
    action = _locked(session, action_id)
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
    rows: Sequence[Row],
    args: Mapping[str, Any] | None = None,
    *,
    now: datetime,
    actor: str,
) -> BulkAction:
    """Draft and begin in one. Commits; the caller rings `run_bulk_action`.

    `rows`: ids of the kind's subject, or (id, args of this row). Raises InvalidError for none or too many.
    """
    action = add(session, kind, rows, args, now=now, actor=actor)
    session.commit()
    return action


def add(
    session: Session,
    kind: str,
    rows: Sequence[Row],
    args: Mapping[str, Any] | None = None,
    *,
    now: datetime,
    actor: str,
) -> BulkAction:
    """As `start`, for a verb that writes more in the same transaction. Does not commit."""
    action = _write(session, bulk_registry.find(kind), rows, {}, now=now, actor=actor)
    _begin(session, action, args or {}, now=now)
    return action


def step(session: Session, action_id: int, clock: Callable[[], datetime], *, turn: timedelta = TURN) -> bool:
    """Do rows until none waits or the turn is over; answers whether there is more to do. Rolls back first.

    Any number of workers may be at it, and any may be killed.
    """
    session.rollback()
    until = clock() + turn
    while clock() < until:
        if not _do_next(session, action_id, clock()):
            return _finish(session, action_id, clock())
    return True


def retry_failed(session: Session, action_id: int, *, now: datetime, actor: str) -> BulkAction:
    """Let the failed rows wait again. Commits; the caller rings. Raises RefusedError where none has failed."""
    action = _locked(session, action_id, quiet=False)
    changed = update(BulkRow).where(BulkRow.action_id == action_id, BulkRow.state == bulk_states.FAILED)
    count = _count(session, changed.values(state=bulk_states.WAITING, outcome=None, outcome_args={}, ended_at=None))
    if not count:
        session.rollback()
        raise RefusedError("bulk_nothing_failed")
    action.failed -= count
    action.state, action.ended_at = bulk_states.RUNNING, None
    audit_log.record(session, "bulk_retried", now=now, actor=actor, args={"bulk": action.id, "count": count})
    session.commit()
    return action


def cancel(session: Session, action_id: int, *, now: datetime, actor: str) -> BulkAction:
    """Leave the rows that still wait; what is done stays done. Commits. Raises RefusedError when it has ended."""
    waiting = update(BulkRow).where(BulkRow.action_id == action_id, BulkRow.state == bulk_states.WAITING)
    # Rows before the whole, in the order a worker takes them.
    count = _count(session, waiting.values(state=bulk_states.SKIPPED, outcome="bulk_stopped", ended_at=now))
    action = _locked(session, action_id)
    if action.state not in {bulk_states.DRAFT, bulk_states.RUNNING}:
        session.rollback()
        raise RefusedError("bulk_ended")
    action.skipped += count
    action.state, action.ended_at = bulk_states.STOPPED, now
    audit_log.record(session, "bulk_stopped", now=now, actor=actor, args={"bulk": action.id, "count": count})
    session.commit()
    return action


def forget_drafts(session: Session, *, now: datetime) -> None:
    """Take away what nobody confirmed. Rolls back first, commits."""
    old = select(BulkAction.id).where(BulkAction.state == bulk_states.DRAFT, BulkAction.created_at < now - DRAFTS_STAY)
    with read_only():
        ids = session.scalars(old).all()
        session.rollback()
    if ids:
        # One that is begun just now is a draft no more.
        still = select(BulkAction.id).where(BulkAction.id.in_(ids), BulkAction.state == bulk_states.DRAFT)
        gone = session.scalars(still.with_for_update()).all()
        session.execute(delete(BulkRow).where(BulkRow.action_id.in_(gone)))
        session.execute(delete(BulkAction).where(BulkAction.id.in_(gone)))
        session.commit()


def _write(
    session: Session, kind: BulkHandler, rows: Sequence[Row], args: Mapping[str, Any], *, now: datetime, actor: str
) -> BulkAction:
    if not rows:
        raise InvalidError("bulk_none")
    if len(rows) > bulk_states.MOST_ROWS:
        raise InvalidError("bulk_too_many", count=len(rows), most=bulk_states.MOST_ROWS)
    action = BulkAction(
        kind=kind.name,
        subject=kind.subject,
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
        [{"action_id": action.id, "subject_id": id_, "args": own, "state": bulk_states.WAITING} for id_, own in pairs],
    )
    return action


def _begin(session: Session, action: BulkAction, args: Mapping[str, Any], *, now: datetime) -> None:
    action.args = dict(args)
    action.state = bulk_states.RUNNING
    about = {"bulk": action.id, "name": action.kind, "count": action.total}
    audit_log.record(session, "bulk_started", now=now, actor=action.actor, args=about)


def _do_next(session: Session, action_id: int, now: datetime) -> bool:
    """Take a row that waits and do it, in one transaction. False when none waits or it may not go on."""
    with Session(session.get_bind()) as outer, outer.begin():
        action = outer.get(BulkAction, action_id)
        if action is None or action.state != bulk_states.RUNNING:
            return False
        waiting = select(BulkRow).where(BulkRow.action_id == action_id, BulkRow.state == bulk_states.WAITING)
        # On PostgreSQL a second worker takes the next row; on SQLite this transaction is alone anyway.
        row = outer.scalar(waiting.order_by(BulkRow.id).limit(1).with_for_update(skip_locked=True))
        if row is None:
            return False
        task = Task(action.id, row.id, row.subject_id, {**action.args, **(row.args or {})}, now, action.actor)
        outcome = _do(outer, bulk_registry.find(action.kind), task)
        crash("bulk.row_done")
        row.state, row.outcome, row.outcome_args = outcome.state, outcome.code, outcome.args
        row.tries += 1
        row.ended_at = now
        # A plain sum in the database: another worker may be counting a row of its own.
        column = getattr(BulkAction, outcome.state)
        outer.flush()
        outer.execute(
            update(BulkAction).where(BulkAction.id == action_id).values({column: column + 1}),
            execution_options={"synchronize_session": False},
        )
    crash("bulk.row_committed")
    return True


def _do(outer: Session, kind: BulkHandler, task: Task) -> Outcome:
    """The verb, however often it commits, as a savepoint of the outer transaction: all of it or nothing."""
    connection = outer.connection()
    savepoint = connection.begin_nested()
    try:
        with Session(connection, join_transaction_mode="create_savepoint") as inner:
            outcome = kind.do(inner, task)
            inner.commit()
    except DeskError as error:
        savepoint.rollback()
        return Outcome(error.code, error.arguments, bulk_states.FAILED)
    except Exception as error:
        if concerns_the_database(error):
            # The database is away or somebody else was quicker: nothing is wrong with the row.
            raise
        log.exception("Row %s of bulk action %s broke", task.row_id, task.action_id)
        savepoint.rollback()
        return Outcome("bulk_row_broke", {}, bulk_states.FAILED)
    savepoint.commit()
    return outcome


def _finish(session: Session, action_id: int, now: datetime) -> bool:
    """End it when no row is left. Answers whether there is more to do: rows that another worker holds."""
    action = session.get(BulkAction, action_id, populate_existing=True)
    if action is None or action.state != bulk_states.RUNNING:
        session.rollback()
        return False
    kind, left = bulk_registry.find(action.kind), action.waiting
    session.rollback()
    if left:
        # What was taken back by hand between two looks, or is in the hands of another.
        return _waiting(session, action_id)
    broken = _last_step(session, kind, action_id, now)
    action = _locked(session, action_id)
    if action.state == bulk_states.RUNNING and not action.waiting:
        if broken is not None:
            # So that they can be tried again, and nobody takes them for done.
            done = update(BulkRow).where(BulkRow.action_id == action_id, BulkRow.state == bulk_states.DONE)
            spoilt = {"state": bulk_states.FAILED, "outcome": broken.code, "outcome_args": broken.args}
            action.failed += _count(session, done.values(spoilt))
            action.done = 0
        action.state, action.ended_at = bulk_states.ENDED, now
        about = {"bulk": action.id, "done": action.done, "failed": action.failed, "skipped": action.skipped}
        audit_log.record(session, "bulk_finished", now=now, actor=action.actor, args=about)
    session.commit()
    return False


def _last_step(session: Session, kind: BulkHandler, action_id: int, now: datetime) -> Outcome | None:
    """What the kind does when no row is left; how that failed, None where it did not."""
    if kind.finish is None:
        return None
    try:
        kind.finish(session, action_id, now)
    except DeskError as error:
        outcome = Outcome(error.code, error.arguments, bulk_states.FAILED)
    except Exception as error:
        if concerns_the_database(error):
            raise
        # It would break the next time as well, and this is rung for every second until it has ended.
        log.exception("The end of bulk action %s broke", action_id)
        outcome = Outcome("bulk_row_broke", {}, bulk_states.FAILED)
    else:
        return None
    session.rollback()
    return outcome


def _waiting(session: Session, action_id: int) -> bool:
    one = select(BulkRow.id).where(BulkRow.action_id == action_id, BulkRow.state == bulk_states.WAITING).limit(1)
    found = session.scalar(one) is not None
    session.rollback()
    return found


def _locked(session: Session, action_id: int, *, quiet: bool = True) -> BulkAction:
    """Raises NotFoundError; without `quiet` RefusedError too, for one that is still a draft."""
    action = session.get(BulkAction, action_id, with_for_update=True, populate_existing=True)
    if action is None:
        session.rollback()
        raise NotFoundError("bulk_unknown", name=action_id)
    if not quiet and action.state == bulk_states.DRAFT:
        session.rollback()
        raise RefusedError("bulk_not_begun")
    return action


def _count(session: Session, statement: Any) -> int:
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)  # type: ignore[attr-defined]
