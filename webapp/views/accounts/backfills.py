"""The backfill of an account: progress, starting, pausing and resuming."""

from datetime import UTC, datetime
from typing import Any

from flask import Response, request, url_for
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.errors import InvalidError
from webapp.forms.accounts import BackfillForm
from webapp.queries.sync import backfills
from webapp.services.accounts import accounts
from webapp.services.sync import backfill as service
from webapp.views.accounts.accounts import bp
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

_BACKFILL = ("accounts/_backfill.html", "accounts/backfill.html")


@bp.get("/accounts/<int:account_id>/backfill")
@requires("stores.read")
def backfill(account_id: int) -> Response:
    return render_fragment_or_page(request, *_BACKFILL, **_context(account_id))


@bp.post("/accounts/<int:account_id>/backfill")
@requires("schedule.write")
def start_backfill(account_id: int) -> Response:
    form = BackfillForm()
    if form.validate():
        try:
            service.start(
                db.session(),
                account_id,
                form.days.data or 0,
                method=form.method.data,
                now=datetime.now(UTC),
                actor=current_user.actor,
            )
        except InvalidError as error:
            add_error(form, error)
        else:
            return _to_account(account_id)
    db.session.rollback()
    return render_invalid(request, *_BACKFILL, **_context(account_id, form))


@bp.post("/accounts/<int:account_id>/backfill/pause")
@requires("schedule.write")
def pause_backfill(account_id: int) -> Response:
    service.pause(db.session(), account_id, now=datetime.now(UTC), actor=current_user.actor)
    return _to_account(account_id)


@bp.post("/accounts/<int:account_id>/backfill/resume")
@requires("schedule.write")
def resume_backfill(account_id: int) -> Response:
    service.resume(db.session(), account_id, now=datetime.now(UTC), actor=current_user.actor)
    return _to_account(account_id)


def _to_account(account_id: int) -> Response:
    return see_other(request, url_for("accounts.show", account_id=account_id))


def _context(account_id: int, form: BackfillForm | None = None) -> dict[str, Any]:
    session = db.session()
    return {
        "account": accounts.find_by_id(session, account_id),
        "backfill": backfills.find_status(session, account_id, datetime.now(UTC)),
        "backfill_form": form or BackfillForm(formdata=None),
    }
