"""`/healthz`: the state of the database, Redis and the scheduler, for the supervisor and for monitoring."""

import time

from flask import Blueprint, Response, jsonify
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from webapp.core import database_problems, queue
from webapp.core.database_problems import ADVICE
from webapp.core.extensions import db, settings
from webapp.db.database_errors import Cause
from webapp.db.engine import read_only
from webapp.domain.common import clocks
from webapp.models.accounts import Account
from webapp.web.auth import public

bp = Blueprint("health", __name__)

# The scheduler runs each second.
SILENT_AFTER = 30.0


@bp.get("/healthz")
@public
def healthz() -> tuple[Response, int]:
    """JSON: `web`, `database`, `redis` (true or false), `scheduler_tick_age` (seconds or null). 200, or 503.

    Where the database has a problem, `database_problem` is its cause and `advice` what to do, else both are null.
    `redis_files_set_aside_at`: when the embedded Valkey did not start on its files and was started without them; null
    where it never was. `clock_offset`: seconds by which the clock here was ahead of Amazon's, or null; it does not
    decide the status.
    """
    redis, age, reported_cause = _redis()
    problem = database_problems.find(db.engine)
    if problem is not None:
        database_problems.report_problem(problem, queue.redis() if redis else None)
    set_aside_at = queue.set_aside_at(settings())
    cause = problem.cause if problem is not None else reported_cause
    body = {
        "web": True,
        "database": cause is None,
        "database_problem": cause,
        "redis": redis,
        "scheduler_tick_age": age,
        "clock_offset": _clock_ahead() if problem is None else None,
        "redis_files_set_aside_at": set_aside_at.isoformat() if set_aside_at is not None else None,
        "advice": None if cause is None else ADVICE[cause],
    }
    healthy = cause is None and redis and age is not None and age < SILENT_AFTER
    return jsonify(body), 200 if healthy else 503


def _clock_ahead() -> int | None:
    """Return the largest clock difference among the last measurements of the accounts."""
    try:
        with read_only():
            measured = db.session.scalars(select(Account.clock_offset).where(Account.clock_offset.is_not(None))).all()
    except SQLAlchemyError:
        return None
    return max((ahead for ahead in measured if ahead is not None), key=abs, default=None)


def _redis() -> tuple[bool, float | None, Cause | None]:
    """Return whether Redis answers, the age of the scheduler's heartbeat, and the database problem others reported."""
    client = queue.redis()
    try:
        heartbeat, cause = queue.last_heartbeat(client), database_problems.reported(client)
    except RedisError:
        return False, None, None
    return True, None if heartbeat is None else _age(heartbeat), cause


def _age(heartbeat: float) -> float:
    age = time.time() - heartbeat
    # Further in the future than clocks differ: it was written before the clock was set back.
    return round(abs(age) if -age > clocks.TOLERANCE.total_seconds() else max(0.0, age), 1)
