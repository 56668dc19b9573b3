"""Retention settings: one table of all rules."""

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.errors import InvalidError
from webapp.forms.retention import RetentionForm
from webapp.messages import text_for
from webapp.queries import retention as queries
from webapp.services import retention
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("retention", __name__, url_prefix="/retention")

_TEMPLATES = ("retention/_table.html", "retention/index.html")


@bp.get("")
@requires("schedule.read")
def index() -> Response:
    return render_fragment_or_page(request, *_TEMPLATES, rows=queries.list_rules(db.session()), form=None, name="")


@bp.post("/<name>")
@requires("schedule.write")
def change(name: str) -> Response:
    """Change how long one kind of data is kept."""
    form = RetentionForm()
    if form.validate():
        try:
            retention.change(db.session(), name, form.days.data, now=datetime.now(UTC), actor=current_user.actor)
        except InvalidError as error:
            db.session.rollback()
            add_error(form, error)
        else:
            flash(_("Saved: %(data)s.", data=text_for(f"retained_{name}")), "good")
            return see_other(request, url_for("retention.index"))
    return render_invalid(request, *_TEMPLATES, rows=queries.list_rules(db.session()), form=form, name=name)
