"""Settings of alarms, and a test message."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db, settings
from webapp.domain.errors import InvalidError
from webapp.forms.alarms import AlarmForm
from webapp.health import channels
from webapp.messages import text_for
from webapp.services import alarm_settings
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("alarms", __name__, url_prefix="/health/alarms")

_FORM = ("health/_alarm_form.html", "health/alarms.html")
_TEST = ("health/_alarm_test.html", "health/alarms.html")
_TEXTS = ("recipients", "webhook_url", "webhook_secret", "ping_url", "quiet_from", "quiet_until", "time_zone")


@bp.get("")
@requires("alarms.write")
def show() -> Response:
    return render_fragment_or_page(request, *_FORM, **_page())


@bp.post("")
@requires("alarms.write")
def save() -> Response:
    form = AlarmForm()
    fields = {name: form[name].data or "" for name in _TEXTS}
    fields["quiet_holds_failures"] = "yes" if form.quiet_holds_failures.data else ""
    try:
        alarm_settings.save(db.session(), fields, now=datetime.now(UTC), actor=current_user.actor)
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(request, *_FORM, **_page(form))
    flash(_("The settings were saved. Send a test to see whether alarms arrive."), "good")
    return see_other(request, url_for("alarms.show"))


@bp.post("/tests")
@requires("alarms.write")
def test() -> Response:
    """Send a test message on every channel, and show the result of each."""
    loaded = channels.load(db.session(), settings().address)
    db.session.rollback()
    results = channels.send_test(loaded, datetime.now(UTC))
    problem = "" if results else text_for("alarm_nowhere")
    respond = render_fragment_or_page if results and not any(error for _name, error in results) else render_invalid
    return respond(request, *_TEST, **_page(results=results, problem=problem))


def _page(form: AlarmForm | None = None, **more: Any) -> dict[str, Any]:
    if form is None:
        row = alarm_settings.find(db.session())
        data: dict[str, Any] = {"time_zone": "UTC"}
        if row is not None:
            data = {name: getattr(row, name) for name in (*_TEXTS, "quiet_holds_failures")}
        form = AlarmForm(formdata=None, data=data)
    return {"form": form, "results": [], "problem": ""} | more
