"""`/healthz` for supervisors and monitoring, `/metrics` for Prometheus, and the health page."""

import hmac
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request
from flask_babel import gettext as _
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from webapp.core import queue
from webapp.core.database_problems import ADVICE
from webapp.core.extensions import db, settings
from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.db.database_errors import Cause
from webapp.db.engine import read_only
from webapp.domain.health import FAIL, OK, UNKNOWN, WARN, Check, by_name, worst
from webapp.health import checks, metrics, monitor
from webapp.messages import text_for
from webapp.web.auth import has_permission, public, requires
from webapp.web.responses import render_fragment_or_page
from webapp.web.trusted_hosts import LOOPBACK, name_of

bp = Blueprint("health", __name__)

LABELS = {
    "database": _l("Database"),
    "keys": _l("Keys"),
    "disk": _l("Disk space"),
    "redis": _l("Redis"),
    "scheduler": _l("Scheduler"),
    "processes": _l("Processes"),
    "queues": _l("Job queues"),
    "credentials": _l("Amazon credentials"),
    "secrets": _l("Client secrets"),
    "clock": _l("Clock"),
    "sync": _l("Order sync"),
    "submissions": _l("Submissions"),
    "mails": _l("Messages"),
    "jobs": _l("Recurring jobs"),
    "backlog": _l("Backlog"),
    "fence": _l("Sending"),
    "backup": _l("Backups"),
    "completeness": _l("Completeness"),
}
_DATABASE_CAUSE = "health_database_"
_PROXY_HEADERS = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
)


class CheckRow(NamedTuple):
    """A check for the page. `texts`: its problems, in sentences."""

    label: str
    level: str
    texts: list[str]


@bp.get("/healthz")
@public
def healthz() -> tuple[Response, int]:
    """Return the state as JSON with 200, or 503 when a check fails. No names of accounts, no texts with data.

    `status`: ok, warn or fail; `checks`: the level of each check, where `unknown` follows from another one that fails.
    `scheduler_tick_age` (seconds) and `clock_offset` (seconds ahead of Amazon's clock) are null where they are unknown.
    Where the database has a problem, `database_problem` is its cause and `advice` what to do.
    `redis_files_set_aside_at`: when the embedded Valkey was last started without its files.
    """
    results = checks.latest()
    levels, cause = by_name(results), _database_cause(results)
    set_aside_at = queue.set_aside_at(settings())
    body = {
        "status": worst(results),
        "checks": levels,
        "web": True,
        "database": cause is None,
        "database_problem": cause,
        "redis": levels["redis"] == OK,
        "scheduler_tick_age": _scheduler_age(),
        "clock_offset": _clock_offset() if cause is None else None,
        "redis_files_set_aside_at": set_aside_at.isoformat() if set_aside_at is not None else None,
        "advice": None if cause is None else ADVICE[cause],
    }
    return jsonify(body), 503 if body["status"] == FAIL else 200


def _database_cause(results: list[Check]) -> Cause | None:
    for check in results:
        if check.name == "keys" and check.level == FAIL:
            return Cause.KEYS
        if check.name == "database" and check.cause.startswith(_DATABASE_CAUSE):
            return Cause(check.cause.removeprefix(_DATABASE_CAUSE))
    return None


def _scheduler_age() -> float | None:
    try:
        return checks.scheduler_age(queue.redis())
    except RedisError:
        return None


def _clock_offset() -> int | None:
    try:
        with read_only():
            return checks.clock_offset(db.session(), datetime.now(UTC))
    except SQLAlchemyError:
        return None


@bp.get("/metrics")
@public
def show_metrics() -> Response:
    """Return the metrics in Prometheus' text format, to a bearer of the token, or without one to this machine only."""
    _require_metrics_access()
    body, content_type = metrics.render(current_app)
    return Response(body, content_type=content_type)


def _require_metrics_access() -> None:
    token = settings().metrics_token
    if token:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            abort(403)
    elif (
        request.remote_addr not in {"127.0.0.1", "::1"}
        # A proxy on this machine forwards a request from elsewhere. One that adds no header may keep the host.
        or any(name in request.headers for name in _PROXY_HEADERS)
        or name_of(request.host) not in LOOPBACK
    ):
        abort(403)


@bp.get("/health")
@requires("logs.read")
def show() -> Response:
    """Render every check with its problems."""
    results = checks.latest()
    return render_fragment_or_page(
        request,
        "health/_checks.html",
        "health/show.html",
        rows=_rows(results),
        level=worst(results),
        deliveries=_deliveries() if has_permission("alarms.write") else [],
    )


def _deliveries() -> list[dict[str, Any]]:
    """Return the last deliveries of alarms, of the monitor that uses this data folder."""
    log = monitor.read_state(settings().data_dir).log
    return [entry | {"at": datetime.fromtimestamp(entry["at"], UTC)} for entry in log]


@bp.get("/health/banner")
@requires("stores.read", by_itself=True)
def banner() -> str:
    """Render the problems for the dashboard; nothing when there are none."""
    rows = [row for row in _rows(checks.latest()) if row.level in {FAIL, WARN}]
    return render_template("health/_banner.html", rows=rows)


def _rows(results: list[Check]) -> list[CheckRow]:
    return [
        CheckRow(
            str(LABELS.get(name, name)),
            level,
            [text_for(check.cause, dict(check.arguments)) for check in results if check.name == name and check.cause]
            or ([_("Not known while another check fails.")] if level == UNKNOWN else []),
        )
        for name, level in by_name(results).items()
    ]
