"""Recurring jobs: intervals, last results, running one now, pausing and resuming."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from babel import units
from flask import Blueprint, Response, flash, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain import schedule as domain
from webapp.domain.errors import InvalidError
from webapp.forms.schedule import IntervalForm
from webapp.models.recurring_jobs import RecurringJob
from webapp.queries import schedule
from webapp.services import schedule as schedule_service
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("schedule", __name__, url_prefix="/schedule")

UNITS = (("hour", 3600), ("minute", 60), ("second", 1))
_INTERVAL = ("schedule/_interval.html", "schedule/interval.html")


class JobRow(NamedTuple):
    """A recurring job. `state`: running, waiting, done, failed or paused."""

    job: RecurringJob
    name: str
    says: str
    account_id: int | None
    state: str
    never_rests: bool


@bp.get("")
@requires("schedule.read")
def index() -> Response:
    return render_fragment_or_page(
        request, "schedule/_list.html", "schedule/index.html", rows=_build_rows(), interval=interval
    )


@bp.get("/<key>/interval")
@requires("schedule.read")
def interval_page(key: str) -> Response:
    row = _build_row(key)
    return render_fragment_or_page(
        request, *_INTERVAL, row=row, form=IntervalForm.from_seconds(row.job.interval_seconds), **_build_bounds(row)
    )


@bp.post("/<key>/interval")
@requires("schedule.write")
def change_interval(key: str) -> Response:
    form, row = IntervalForm(), _build_row(key)
    if form.validate():
        try:
            schedule_service.change_interval(
                db.session(), key, form.seconds, now=datetime.now(UTC), actor=current_user.actor
            )
        except InvalidError as error:
            add_error(form, error)
        else:
            flash(_("%(job)s now runs %(interval)s.", job=row.name, interval=interval(form.seconds)), "good")
            return see_other(request, url_for("schedule.index"))
    return render_invalid(request, *_INTERVAL, row=_build_row(key), form=form, **_build_bounds(row))


@bp.post("/<key>/runs")
@requires("schedule.write")
def run_now(key: str) -> Response:
    return _run(schedule_service.run_now, key)


@bp.post("/<key>/pause")
@requires("schedule.write")
def pause(key: str) -> Response:
    return _run(schedule_service.pause, key)


@bp.post("/<key>/resume")
@requires("schedule.write")
def resume(key: str) -> Response:
    return _run(schedule_service.resume, key)


def interval(seconds: int) -> str:
    """Format an interval: `every 3 minutes`."""
    return _("every %(interval)s", interval=_format_span(seconds))


def _format_span(seconds: int) -> str:
    """Format seconds in the largest unit that needs no fraction: `3 minutes`."""
    name, size = next(unit for unit in UNITS if seconds % unit[1] == 0)
    text: str = units.format_unit(seconds // size, f"duration-{name}", locale=get_locale())
    return text


def _run(action: Callable[..., RecurringJob], key: str) -> Response:
    action(db.session(), key, now=datetime.now(UTC), actor=current_user.actor)
    return see_other(request, url_for("schedule.index"))


def _build_rows() -> list[JobRow]:
    jobs = schedule.list_jobs(db.session())
    accounts = schedule.find_account_names(db.session(), jobs)
    return [_build_job_row(job, accounts) for job in jobs]


def _build_row(key: str) -> JobRow:
    job = schedule.find(db.session(), key)
    return _build_job_row(job, schedule.find_account_names(db.session(), [job]))


def _build_job_row(job: RecurringJob, accounts: dict[int, str]) -> JobRow:
    words: dict[str, tuple[str, str]] = {
        "sync_account": (_("Sync"), _("Fetches changed orders from Amazon and imports them.")),
        "check_refunds": (
            _("Refund check"),
            _("Reads the refunds in Amazon's payments and compares them with the credit memos."),
        ),
        "housekeeping": (_("Housekeeping"), _("Deletes each night what is older than it is to be kept.")),
        "make_backup": (_("Backup"), _("Copies the database, encrypted, and deletes expired copies.")),
        "maintenance": (
            _("Maintenance"),
            _("Restarts stuck jobs, releases expired holds and deletes expired files."),
        ),
    }
    name, says = words.get(job.name, (job.name, ""))
    account_id = job.ids[0] if job.name == "sync_account" and job.ids else None
    if account_id is not None:
        name = f"{name} {accounts.get(account_id, job.key)}"
    return JobRow(job, name, says, account_id, _describe_state(job), job.name in domain.NEVER_RESTS)


def _describe_state(job: RecurringJob) -> str:
    is_running = job.enqueued_at is not None and (job.finished_at is None or job.finished_at < job.enqueued_at)
    if is_running:
        return "running"
    if not job.enabled:
        return "paused"
    if job.last_outcome is None:
        return "waiting"
    return "done" if job.last_outcome == "ok" else "failed"


def _build_bounds(row: JobRow) -> dict[str, str]:
    minimum, maximum = domain.get_bounds(row.job.name)
    return {"least": _format_span(minimum), "most": _format_span(maximum)}
