"""`/healthz`: whether the parts of the desk answer. For the supervisor and for people's own monitoring."""

import time

from flask import Blueprint, Response, jsonify
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webapp import queue
from webapp.extensions import db
from webapp.models.engine import only_reading
from webapp.security import open_to_all

bp = Blueprint("health", __name__)

# The scheduler looks at the schedule each second.
SILENT_AFTER = 30.0


@bp.get("/healthz")
@open_to_all
def healthz() -> tuple[Response, int]:
    """JSON: `web`, `database`, `redis` (true or false), `scheduler_tick_age` (seconds or null). 200, or 503."""
    redis, age = _redis()
    said = {"web": True, "database": _database(), "redis": redis, "scheduler_tick_age": age}
    well = said["database"] and redis and age is not None and age < SILENT_AFTER
    return jsonify(said), 200 if well else 503


def _database() -> bool:
    try:
        with only_reading():
            db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def _redis() -> tuple[bool, float | None]:
    try:
        tick = queue.last_tick(queue.redis())
    except RedisError:
        return False, None
    return True, None if tick is None else round(max(0.0, time.time() - tick), 1)
