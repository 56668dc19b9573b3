"""Bulk actions: confirmation, progress and the result of each row; retry failed rows, stop the rest."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, request, stream_with_context, url_for
from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm

from webapp.core.extensions import db, settings
from webapp.domain import bulk_states
from webapp.domain.common.csv_cells import format_row
from webapp.domain.submissions import cancellation
from webapp.forms.amazon_orders import CancellationForm
from webapp.forms.bulk import HoldManyForm, NothingForm
from webapp.forms.filters import Filters
from webapp.forms.labels import BuyLabelsForm
from webapp.messages import text_for
from webapp.models.bulk_actions import BulkAction, BulkRow
from webapp.queries import bulk_actions as queries
from webapp.queries.shipping import labels as label_queries
from webapp.services.bulk import printing as bulk_printing
from webapp.services.bulk import registry as bulk_registry
from webapp.services.bulk import runner
from webapp.views.invoicing import printing
from webapp.views.listing import grid_page
from webapp.views.shipping import labels
from webapp.web import worker_notification
from webapp.web.auth import has_permission, requires
from webapp.web.formatting import number
from webapp.web.formatting.actors import names
from webapp.web.input_validation import parse_id
from webapp.web.responses import (
    render_fragment_or_page,
    render_invalid,
    see_other,
    stop_polling,
    wants_fragment,
)

bp = Blueprint("bulk", __name__, url_prefix="/bulk")

HEADS = {
    "started": (_l("Started"), False),
    "kind": (_l("What"), False),
    "state": (_l("State"), False),
    "total": (_l("Rows"), True),
    "done": (_l("Done"), True),
    "failed": (_l("Not done"), True),
    "skipped": (_l("Skipped"), True),
    "actor": (_l("Requested by"), False),
}
# Subject of a kind → endpoint of its list, endpoint of one by its number, title.
SUBJECTS: dict[str, tuple[str, str, str | LazyString]] = {
    "order": ("orders.index", "orders.show", _l("Orders")),
    "invoice": ("invoices.index", "invoices.show", _l("Invoices")),
    "shipment": ("shipments.index", "shipments.show", _l("Shipments")),
    "submission": ("attention.index", "amazon_orders.show", _l("Amazon orders")),
    "credit_memo": ("credit_memos.index", "credit_memos.show", _l("Credit memos")),
}
# Kind → its form, and a function that returns the arguments of its rows.
FORMS: dict[str, tuple[type[FlaskForm], Callable[[Any], dict[str, Any]]]] = {
    "cancel": (
        CancellationForm,
        lambda form: {"reason": form.reason.data, "undo_seconds": settings().undo_seconds},
    ),
    "buy_labels": (BuyLabelsForm, lambda form: form.args()),
    "hold": (HoldManyForm, lambda form: form.args()),
}
# Kind → a function that returns the text and URL of the link to its result, or None.
RESULTS: dict[str, Callable[[BulkAction], tuple[str, str] | None]] = {
    **dict.fromkeys((kind.name for kind in bulk_printing.HANDLERS), printing.result),
    "buy_labels": labels.result,
}


@bp.get("")
@requires("orders.read")
def index() -> Response:
    session = db.session()
    form = Filters(request.args)
    shown = grid_page.show(session, queries.GRID, form, HEADS, request, _format_count)
    rows = [row.BulkAction for row in shown.page.rows] if shown.page else []
    people = names(session, [row.actor for row in rows])
    return render_fragment_or_page(request, "bulk/_list.html", "bulk/index.html", grid=shown, rows=rows, people=people)


@bp.get("/<int:action_id>")
@requires("orders.read")
def show(action_id: int) -> Response:
    """Render the confirmation of a draft, else the progress, which polls while the action runs."""
    action = queries.find(db.session(), action_id)
    if action.state == bulk_states.DRAFT:
        return render_fragment_or_page(
            request, *_DRAFT, **_build_question(action, _get_form(action.kind)(formdata=None))
        )
    progress = _build_progress(action)
    if action.state != bulk_states.RUNNING and wants_fragment(request):
        return stop_polling("bulk/_action.html", **progress)
    return render_fragment_or_page(request, "bulk/_action.html", "bulk/show.html", **progress)


@bp.post("/<int:action_id>/starts")
@requires("bulk.write")
def start(action_id: int) -> Response:
    session = db.session()
    action = queries.find(session, action_id)
    _check(action)
    form = _get_form(action.kind)()
    if not form.validate():
        return render_invalid(request, *_DRAFT, **_build_question(action, form))
    _, args = FORMS.get(action.kind, (NothingForm, lambda form: form.args()))
    runner.begin(session, action_id, args(form), now=datetime.now(UTC), actor=current_user.actor)
    enqueue(action_id)
    return see_other(request, url_for("bulk.show", action_id=action_id))


@bp.post("/<int:action_id>/retries")
@requires("bulk.write")
def retry(action_id: int) -> Response:
    """Queue the failed rows again."""
    session = db.session()
    _check(queries.find(session, action_id))
    runner.retry_failed(session, action_id, now=datetime.now(UTC), actor=current_user.actor)
    enqueue(action_id)
    return see_other(request, url_for("bulk.show", action_id=action_id))


@bp.post("/<int:action_id>/stops")
@requires("bulk.write")
def stop(action_id: int) -> Response:
    """Skip the rows that are still waiting."""
    session = db.session()
    drafted = queries.find(session, action_id).state == bulk_states.DRAFT
    action = runner.cancel(session, action_id, now=datetime.now(UTC), actor=current_user.actor)
    if drafted:
        return see_other(request, url_for(SUBJECTS[action.subject][0]))
    return see_other(request, url_for("bulk.show", action_id=action_id))


@bp.get("/<int:action_id>/failed.csv")
@requires("orders.read")
def failed(action_id: int) -> Response:
    """Download the failed rows with their reasons as CSV."""
    action = queries.find(db.session(), action_id)
    headers = {"Content-Disposition": f'attachment; filename="bulk-{action_id}-not-done.csv"'}
    lines = stream_with_context(_iterate_failed_lines(action.id, action.subject))
    return Response(lines, mimetype="text/csv", headers=headers)


def enqueue(action_id: int) -> None:
    warning = _("Redis does not respond. The bulk action is stored and starts once Redis is back.")
    worker_notification.enqueue("run_bulk_action", action_id, warning)


_DRAFT = ("bulk/_question.html", "bulk/question.html")


def _get_form(kind: str) -> type[FlaskForm]:
    return FORMS[kind][0] if kind in FORMS else NothingForm


def _check(action: BulkAction) -> None:
    if not has_permission(bulk_registry.get_handler(action.kind).permission):
        abort(403)


def _build_question(action: BulkAction, form: FlaskForm) -> dict[str, Any]:
    if isinstance(form, BuyLabelsForm):
        form.fill_presets(label_queries.list_presets(db.session()))
    kind, session = bulk_registry.get_handler(action.kind), db.session()
    causes = (
        kind.find_skip_reasons(session, queries.list_subject_ids(session, action.id)) if kind.find_skip_reasons else []
    )
    impossible = sum(cause.count for cause in causes)
    hints = {row.code: _build_hint(row.code) for row in cancellation.REASONS} if action.kind == "cancel" else {}
    return {
        "action": action,
        "form": form,
        "causes": [(number(cause.count), text_for(cause.code, cause.args)) for cause in causes],
        "impossible": impossible,
        "possible": action.total - impossible,
        "hints": hints,
        "back": url_for(SUBJECTS[action.subject][0]),
        "allowed": has_permission("bulk.write") and has_permission(kind.permission),
    }


def _build_progress(action: BulkAction) -> dict[str, Any]:
    session = db.session()
    state = request.args.get("state", "")
    state = state if state in bulk_states.ROW_STATES else ""
    after = request.args.get("after", 0, type=parse_id)
    rows = queries.list_rows(session, action.id, state, after, queries.ROWS_SHOWN + 1)
    more, rows = len(rows) > queries.ROWS_SHOWN, rows[: queries.ROWS_SHOWN]
    counts = {
        "": action.total,
        bulk_states.DONE: action.done,
        bulk_states.FAILED: action.failed,
        bulk_states.SKIPPED: action.skipped,
        bulk_states.WAITING: action.waiting,
    }
    arguments: dict[str, Any] = {"action_id": action.id, "state": state or None}
    result = RESULTS.get(action.kind)
    return {
        "action": action,
        "counts": counts,
        "state": state,
        "rows": rows,
        "subjects": queries.find_subjects(session, action.subject, [row.subject_id for row in rows]),
        "subject": SUBJECTS[action.subject],
        "actor": names(session, [action.actor])[action.actor],
        "here": url_for("bulk.show", **arguments, after=after or None),
        "first": url_for("bulk.show", **arguments) if after else "",
        "next": url_for("bulk.show", **arguments, after=rows[-1].id) if more else "",
        "may": has_permission("bulk.write") and has_permission(bulk_registry.get_handler(action.kind).permission),
        "result": result(action) if result is not None and action.state == bulk_states.ENDED else None,
    }


def _build_hint(code: str) -> str:
    """Describe the effect of a reason on the cancellation rate, for orders with and without buyer requests."""
    if not cancellation.hurts_rate(code, buyer_asked=False):
        return text_for("reason_hurts_not")
    always = cancellation.hurts_rate(code, buyer_asked=True)
    return text_for("reason_hurts" if always else "reason_hurts_unless_asked")


def _iterate_failed_lines(action_id: int, subject: str) -> Iterator[str]:
    session = db.session()
    yield format_row([_("Number"), _("Order"), _("Code"), _("Why"), _("Attempts")])
    for rows in queries.iterate_rows(session, action_id, bulk_states.FAILED):
        subjects = queries.find_subjects(session, subject, [row.subject_id for row in rows])
        yield "".join(format_row(_list_failed_cells(row, subjects)) for row in rows)


def _list_failed_cells(row: BulkRow, subjects: dict[int, queries.Subject]) -> list[Any]:
    subject = subjects.get(row.subject_id)
    reason = text_for(row.outcome or "", row.outcome_args)
    numbers = [subject.number, subject.order] if subject else [row.subject_id, ""]
    return [*numbers, row.outcome, reason, row.tries]


def _format_count(count: int) -> str:
    return str(ngettext("%(count)s bulk action", "%(count)s bulk actions", count, count=number(count)))
