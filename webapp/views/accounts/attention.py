"""The attention list: what needs a person, grouped by cause, with retry, snooze and done."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db, settings
from webapp.domain.submissions import state_machine as submission_states
from webapp.messages import text_for
from webapp.messages.status_labels import label
from webapp.queries.accounts import alerts as accounts_alerts
from webapp.queries.accounts import attention, stores
from webapp.queries.accounts.alerts import Alert
from webapp.queries.accounts.attention import Cause, Group
from webapp.services.accounts import attention as attention_service
from webapp.services.bulk import runner as bulk_runner
from webapp.views import bulk
from webapp.views.accounts import alert_texts
from webapp.views.accounts.alert_texts import Notice
from webapp.web.auth import has_permission, requires
from webapp.web.formatting.actors import names
from webapp.web.responses import render_fragment_or_page, see_other

bp = Blueprint("attention", __name__, url_prefix="/attention")

SNOOZES = {"tomorrow": timedelta(days=1), "week": timedelta(days=7)}
_RETRYABLE = (submission_states.REJECTED, submission_states.UNDONE)
# States that last until somebody corrects them; they can be snoozed only.
_LASTING = (accounts_alerts.TROUBLE, accounts_alerts.SELLER_DATA)


class Row(NamedTuple):
    """A group as displayed. `reason`: the cause in words; `retries`: whether its submissions can be requested again."""

    group: Group
    notice: Notice
    reason: str
    retries: bool
    ends: bool
    marked_by: str


@bp.get("")
@requires("orders.read")
def index() -> Response:
    session, now = db.session(), datetime.now(UTC)
    groups = _load_visible(now)
    people = names(session, [group.mark.actor for group in groups if group.mark is not None])
    rows = [(_build_row(group, people), group.is_open(now)) for group in groups]
    return render_fragment_or_page(
        request,
        "attention/_list.html",
        "attention/index.html",
        rows=[row for row, is_open in rows if is_open],
        marked=[row for row, is_open in rows if not is_open],
        most=attention.MOST_SUBMISSIONS,
    )


@bp.get("/count")
@requires("orders.read", by_itself=True)
def count() -> str:
    """Return the number of open causes for the navigation; nothing when there are none."""
    now = datetime.now(UTC)
    many = sum(group.is_open(now) for group in _load_visible(now))
    return str(many) if many else ""


@bp.post("/retries")
@requires("submissions.write")
def retry() -> Response:
    """Request all submissions of a cause again, as a bulk action."""
    group = _get_group()
    if not group.submission_ids or group.state not in _RETRYABLE:
        abort(400)
    action = bulk_runner.start(
        db.session(),
        "retry_submissions",
        list(group.submission_ids),
        {"undo_seconds": settings().undo_seconds},
        now=datetime.now(UTC),
        actor=current_user.actor,
    )
    bulk.enqueue(action.id)
    return see_other(request, url_for("bulk.show", action_id=action.id))


@bp.post("/snoozes")
@requires("submissions.write")
def snooze() -> Response:
    group, now = _get_group(), datetime.now(UTC)
    duration = SNOOZES.get(request.form.get("until", "")) or abort(400)
    attention_service.mark(
        db.session(), group.key, group.newest, until=now + duration, now=now, actor=current_user.actor
    )
    flash(_("Snoozed. It is listed again when the time is over."), "good")
    return see_other(request, url_for("attention.index"))


@bp.post("/done")
@requires("submissions.write")
def finish() -> Response:
    group = _get_group()
    if group.cause is not None and group.cause.alert.kind in _LASTING:
        abort(400)
    attention_service.mark(
        db.session(), group.key, group.newest, until=None, now=datetime.now(UTC), actor=current_user.actor
    )
    flash(_("Marked as done. It is listed again when it happens to more orders."), "good")
    return see_other(request, url_for("attention.index"))


@bp.post("/reopenings")
@requires("submissions.write")
def reopen() -> Response:
    attention_service.unmark(db.session(), _get_group().key, now=datetime.now(UTC), actor=current_user.actor)
    return see_other(request, url_for("attention.index"))


def _load_visible(now: datetime) -> list[Group]:
    """Load the groups that the user may see."""
    groups = attention.load_groups(db.session(), stores.list_stores(db.session()), now)
    return [
        group
        for group in groups
        if has_permission(
            alert_texts.READERS.get(group.cause.alert.kind if group.cause else accounts_alerts.REFUSED, "orders.read")
        )
    ]


def _get_group() -> Group:
    key = request.form.get("key", "")
    group = next((group for group in _load_visible(datetime.now(UTC)) if group.key == key), None)
    # Somebody else has settled it since the page was loaded.
    return group if group is not None else abort(404)


def _build_row(group: Group, people: dict[str, str]) -> Row:
    marked_by = people[group.mark.actor] if group.mark is not None else ""
    cause = group.cause
    if cause is not None:
        notice = alert_texts.build_cause_notice(cause)
        return Row(group, notice, "", False, cause.alert.kind not in _LASTING, marked_by)
    notice = alert_texts.build_cause_notice(Cause(Alert(accounts_alerts.REFUSED, group.state, group.count), _NO_STORE))
    kind = str(label("submission_kind", group.kind).text)
    words = group.message or (text_for(group.code) if group.code else _("Amazon gave no reason."))
    url = url_for("submissions.index", state=group.state, kind=group.kind)
    return Row(
        group,
        notice._replace(title=f"{kind}: {notice.title}", url=url),
        words,
        group.state in _RETRYABLE,
        True,
        marked_by,
    )


_NO_STORE: Any = (None,)
