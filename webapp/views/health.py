"""`/healthz`: whether the parts of the desk answer. For the supervisor and for people's own monitoring."""

import time

from flask import Blueprint, Response, jsonify
from redis.exceptions import RedisError

from webapp import database_problems, queue
from webapp.database_problems import ADVICE
from webapp.extensions import db, settings
from webapp.models.database_errors import Cause
from webapp.security import open_to_all

bp = Blueprint("health", __name__)

# The scheduler looks at the schedule each second.
SILENT_AFTER = 30.0


@bp.get("/healthz")
@open_to_all
def healthz() -> tuple[Response, int]:
    """JSON: `web`, `database`, `redis` (true or false), `scheduler_tick_age` (seconds or null). 200, or 503.

    Where the database has a problem, `database_problem` is its cause and `advice` what to do, else both are null.
    `redis_files_set_aside_at`: when the embedded Valkey did not start on its files and was started without them; null
    where it never was.
    """
    redis, age, met = _redis()
    found = database_problems.find(db.engine)
    if found is not None:
        database_problems.report_problem(found, queue.redis() if redis else None)
    aside = queue.set_aside_at(settings())
    cause = found.cause if found is not None else met
    said = {
        "web": True,
        "database": cause is None,
        "database_problem": cause,
        "redis": redis,
        "scheduler_tick_age": age,
        "redis_files_set_aside_at": aside.isoformat() if aside is not None else None,
        "advice": None if cause is None else ADVICE[cause],
    }
    well = cause is None and redis and age is not None and age < SILENT_AFTER
    return jsonify(said), 200 if well else 503


def _redis() -> tuple[bool, float | None, Cause | None]:
    """Whether it answers, when the scheduler last noted that it lives, and what others met in the database."""
    client = queue.redis()
    try:
        tick, met = queue.last_tick(client), database_problems.reported(client)
    except RedisError:
        return False, None, None
    return True, None if tick is None else round(max(0.0, time.time() - tick), 1), met
