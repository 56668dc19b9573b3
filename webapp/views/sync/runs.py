"""Sync runs, the quarantine and the age of the data."""

import json
from datetime import UTC, datetime
from decimal import Decimal

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.amazon.errors import AmazonError
from webapp.forms.sync_runs import QuarantineFilters, SyncRunFilters
from webapp.messages import text_for
from webapp.models.sync_runs import SyncRun
from webapp.queries.accounts import stores
from webapp.queries.sync import data_age as sync_data_age
from webapp.queries.sync import runs as sync_runs
from webapp.services import schedule
from webapp.services.accounts import accounts
from webapp.services.sync import quarantine
from webapp.services.sync import run as sync_run
from webapp.views.listing import grid_page
from webapp.web import amazon_gateway
from webapp.web.auth import requires
from webapp.web.formatting import number
from webapp.web.input_validation import parse_id
from webapp.web.responses import render_fragment_or_page, see_other

bp = Blueprint("syncs", __name__, url_prefix="/syncs")

_QUARANTINED = ("sync_runs/_quarantined_order.html", "sync_runs/quarantined_order.html")
HEADS = {
    "started": (_l("Started"), False),
    "account": (_l("Account"), False),
    "outcome": (_l("Outcome"), False),
    "duration": (_l("Duration"), True),
    "window": (_l("Changes since"), False),
    "pages": (_l("Pages"), True),
    "received": (_l("Received"), True),
    "new": (_l("New"), True),
    "changed": (_l("Changed"), True),
    "same": (_l("Same"), True),
    "stale": (_l("Stale"), True),
    "blocked": (_l("Blocked"), True),
    "quarantined": (_l("Unreadable"), True),
    "orders_created": (_l("Orders"), True),
}
QUARANTINE_HEADS = {
    "last_seen": (_l("Last seen"), False),
    "first_seen": (_l("First seen"), False),
    "number": (_l("Amazon order number"), False),
    "account": (_l("Account"), False),
    "cause": (_l("Cause"), False),
    "times": (_l("Times"), True),
    "state": (_l("State"), False),
}


@bp.get("")
@requires("logs.read")
def index() -> Response:
    session = db.session()
    accounts_ = stores.list_accounts(session)
    form = SyncRunFilters(request.args, accounts=accounts_)
    shown = grid_page.show(session, sync_runs.RUNS, form, HEADS, request, _format_count)
    rows = shown.page.rows if shown.page else []
    return render_fragment_or_page(
        request,
        "sync_runs/_list.html",
        "sync_runs/index.html",
        shown=shown,
        rows=rows,
        here=grid_page.build_grid_url("syncs.index", form, request.args),
        pace=0 if shown.pager.previous else _poll_interval([row.SyncRun for row in rows]),
        accounts=accounts_,
        quarantined=sync_runs.count_quarantined(session),
        duration=duration,
    )


@bp.post("")
@requires("schedule.write")
def sync_now() -> Response:
    """Schedule a sync of the account now; the scheduler starts it within a second."""
    account_id = request.form.get("account", 0, type=parse_id)
    session = db.session()
    name = accounts.find_by_id(session, account_id).name
    schedule.run_now(session, f"sync_account-{account_id}", now=datetime.now(UTC), actor=current_user.actor)
    flash(_("Sync of %(account)s starts within seconds.", account=name), "good")
    return see_other(request, url_for("syncs.index", account=account_id))


@bp.get("/<int:run_id>")
@requires("logs.read")
def show(run_id: int) -> Response:
    session = db.session()
    run = sync_runs.find(session, run_id)
    return render_fragment_or_page(
        request,
        "sync_runs/_run.html",
        "sync_runs/show.html",
        run=run,
        pace=_poll_interval([run]) if run.state == "running" else 0,
        duration=duration,
        running=sync_runs.is_running(session, run.account_id),
    )


@bp.get("/quarantine")
@requires("logs.read")
def quarantine_list() -> Response:
    session = db.session()
    form = QuarantineFilters(request.args, accounts=stores.list_accounts(session))
    shown = grid_page.show(session, sync_runs.QUARANTINE, form, QUARANTINE_HEADS, request, grid_page.format_order_count)
    return render_fragment_or_page(
        request,
        "sync_runs/_quarantine.html",
        "sync_runs/quarantine.html",
        shown=shown,
        rows=shown.page.rows if shown.page else [],
    )


@bp.get("/quarantine/<int:quarantine_id>")
@requires("logs.read")
def quarantined_order(quarantine_id: int) -> Response:
    order, account = sync_runs.get_quarantined(db.session(), quarantine_id)
    return render_fragment_or_page(
        request,
        *_QUARANTINED,
        order=order,
        account=account,
        body=None,
    )


@bp.post("/quarantine/<int:quarantine_id>/reveals")
@requires("pii.read")
def reveal(quarantine_id: int) -> Response:
    """Show what Amazon sent; this is audited."""
    session = db.session()
    quarantine.reveal(session, quarantine_id, now=datetime.now(UTC), actor=current_user.actor)
    order, account = sync_runs.get_quarantined(session, quarantine_id)
    body = json.dumps(order.body, ensure_ascii=False, indent=2)
    return render_fragment_or_page(
        request,
        *_QUARANTINED,
        order=order,
        account=account,
        body=body,
    )


@bp.post("/quarantine/<int:quarantine_id>/reads")
@requires("schedule.write")
def read_again(quarantine_id: int) -> Response:
    """Read the order from Amazon during the request."""
    session = db.session()
    order, account = sync_runs.get_quarantined(session, quarantine_id)
    name, credentials = order.number, accounts.get_credentials(account)
    session.rollback()
    try:
        with amazon_gateway.open_gateway(credentials) as gateway:
            sync_run.read_quarantined(session, gateway, quarantine_id, now=datetime.now(UTC), actor=current_user.actor)
    except AmazonError as error:
        flash(_("Order %(number)s still cannot be read. %(why)s", number=name, why=_format_error(error)), "bad")
        return see_other(request, url_for("syncs.quarantined_order", quarantine_id=quarantine_id))
    flash(_("Order %(number)s can be read now.", number=name), "good")
    return see_other(request, url_for("syncs.quarantine_list"))


@bp.get("/data-age")
@requires("orders.read", by_itself=True)
def data_age() -> Response:
    """Render the age of the data for the top bar."""
    worst = sync_data_age.find_worst(db.session(), datetime.now(UTC))
    return render_fragment_or_page(request, "sync_runs/_data_age.html", "sync_runs/data_age.html", worst=worst)


def duration(run: SyncRun) -> str:
    """Format the duration of a run, so far while it runs: `under 0.1 s`, `1.4 s`, `3 min 5 s`."""
    seconds = ((run.ended_at or datetime.now(UTC)) - run.started_at).total_seconds()
    if seconds < 0.1:
        return _("under 0.1 s")
    if seconds < 60:
        tenths = Decimal(seconds).quantize(Decimal("1") if seconds >= 10 else Decimal("0.1"))
        return _("%(seconds)s s", seconds=number(tenths))
    minutes, left_seconds = divmod(round(seconds), 60)
    return _("%(minutes)s min %(seconds)s s", minutes=number(minutes), seconds=left_seconds)


def _format_error(error: AmazonError) -> str:
    """Return our text of the error, Amazon's message and its request id."""
    text = f"{text_for(error.cause)} {error.message}"
    return f"{text} ({_('request id %(id)s', id=error.request_id)})" if error.request_id else text


def _format_count(count: int) -> str:
    return str(ngettext("%(count)s run", "%(count)s runs", count, count=number(count)))


def _poll_interval(runs: list[SyncRun]) -> int:
    """Return the poll interval in seconds. It never stops, because new runs start by themselves."""
    return 2 if any(run.state == "running" for run in runs) else 10
