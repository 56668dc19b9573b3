"""The own profile: preferences, password and open sessions of the signed-in user."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from webapp.core.extensions import db
from webapp.core.i18n import locale
from webapp.domain.errors import InvalidError, NotFoundError, RefusedError
from webapp.domain.users.credentials import SHORTEST_PASSWORD, check_password
from webapp.forms.users import ROLE_NAMES, ChangePasswordForm, PreferencesForm
from webapp.messages import text_for
from webapp.models.users import User
from webapp.queries import users as user_queries
from webapp.services.users import logins, users
from webapp.web import auth, preferences
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import see_other

bp = Blueprint("profile", __name__, url_prefix="/profile")


@bp.get("")
@requires("profile.read")
def show() -> Response:
    return make_response(_render_page())


@bp.post("/preferences")
@requires("profile.write")
def save_preferences() -> Response:
    form = _build_preferences_form()
    try:
        if not form.validate():
            return make_response(_render_page(form=form), 422)
        saved = users.save_preferences(db.session(), current_user.id, form.entered)
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return make_response(_render_page(form=form), 422)
    preferences.use(saved)
    flash(_("Preferences saved."), "good")
    response = see_other(request, url_for("profile.show"))
    preferences.set_cookies(response, saved)
    return response


@bp.post("/password")
@requires("profile.write")
def change_password() -> Response:
    """Change the password after checking the current one, which counts as a sign-in attempt."""
    form = ChangePasswordForm()
    if not form.validate():
        return make_response(_render_page(password_form=form), 422)
    now, email, password = datetime.now(UTC), current_user.email, str(form.password.data)
    try:
        check_password(password, email)
        logins.sign_in(
            db.session(), email, str(form.current.data), request.remote_addr or "", auth.verify_password, now
        )
    except RefusedError as error:
        form.current.errors = [text_for(error.code, error.arguments)]
        return make_response(_render_page(password_form=form), 429)
    except InvalidError as error:
        if error.code == "sign_in_wrong":
            form.current.errors = [text_for("password_wrong")]
        else:
            add_error(form, error)
        return make_response(_render_page(password_form=form), 422)
    db.session.rollback()
    hashed = auth.hash_password(password)
    users.change_password(db.session(), current_user.id, hashed, kept=auth.session_key(), now=now)
    flash(_("Password changed. Other sessions were signed out."), "good")
    return see_other(request, url_for("profile.show"))


@bp.post("/sessions/<key>/end")
@requires("profile.write")
def end_session(key: str) -> Response:
    try:
        users.end_session(db.session(), current_user.id, _parse_key(key), now=datetime.now(UTC))
    except NotFoundError as error:
        flash(text_for(error.code, error.arguments), "warn")
    else:
        flash(_("The session was signed out."), "good")
    return see_other(request, url_for("profile.show"))


@bp.post("/sessions/end-others")
@requires("profile.write")
def end_other_sessions() -> Response:
    count = users.end_other_sessions(db.session(), current_user.id, auth.session_key(), now=datetime.now(UTC))
    flash(ngettext("%(num)s other session was signed out.", "%(num)s other sessions were signed out.", count), "good")
    return see_other(request, url_for("profile.show"))


def _parse_key(text: str) -> bytes:
    """Return the key of a session. Raises NotFoundError for text that is none."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise NotFoundError("session_unknown") from None


def _build_preferences_form(**values: Any) -> PreferencesForm:
    form = PreferencesForm(**values)
    languages = [
        (str(language), (language.display_name or str(language)).capitalize()) for language in locale.available()
    ]
    form.language.choices = [("", _("The browser's language")), *languages]
    zones = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    form.time_zone.choices = [("", _("The store's time zone")), ("UTC", "UTC"), *((name, name) for name in zones)]
    return form


def _render_page(form: PreferencesForm | None = None, password_form: ChangePasswordForm | None = None) -> str:
    session = db.session()
    seen_after, created_after = auth.open_sessions(datetime.now(UTC))
    user = session.get_one(User, current_user.id)
    stored = {name: getattr(current_user.preferences, name) for name in ("language", "time_zone", "clock", "theme")}
    stored["density"] = current_user.preferences.density
    return render_template(
        "profile/show.html",
        form=form or _build_preferences_form(formdata=None, data=stored),
        password_form=password_form or ChangePasswordForm(formdata=None),
        has_password=user.password is not None,
        least=SHORTEST_PASSWORD,
        role=ROLE_NAMES.get(user.role, user.role),
        sessions=user_queries.list_open_sessions(session, user.id, seen_after=seen_after, created_after=created_after),
        current_key=auth.session_key(),
    )
