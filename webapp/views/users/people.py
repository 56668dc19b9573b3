"""Users: roles, activation, sign-in links and sessions."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db, settings
from webapp.domain.errors import InvalidError, RefusedError, require
from webapp.domain.users.permissions import ROLES
from webapp.forms.users import ROLE_NAMES, InviteForm, RoleForm
from webapp.messages import text_for
from webapp.models.audit_log import Event
from webapp.models.users import User
from webapp.queries import users as user_queries
from webapp.services.users import users
from webapp.views.orders.event_lines import HistoryEntry
from webapp.web import auth
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.formatting import actors
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("people", __name__, url_prefix="/people")

_INVITE = ("users/_invite.html", "users/invite.html")
_ROLE = ("users/_role.html", "users/role.html")
_HISTORY = 30
_ICONS = {
    "user_was_disabled": ("ban", "warn"),
    "user_signed_out": ("logout", "wait"),
    "user_role_changed": ("shield-check", "work"),
    "link_made": ("mail", "wait"),
}


@bp.get("")
@requires("users.write")
def index() -> Response:
    return make_response(_render_page())


@bp.get("/invite")
@requires("users.write")
def invite_page() -> Response:
    return render_fragment_or_page(request, *_INVITE, form=InviteForm(formdata=None))


@bp.post("/invite")
@requires("users.write")
def invite() -> Response:
    """Create a user and show the link with which they set their password."""
    form = InviteForm()
    if not form.validate():
        return render_invalid(request, *_INVITE, form=form)
    now = datetime.now(UTC)
    try:
        user = users.create_user(
            db.session(), form.email.data or "", form.role.data or "", None, now, actor=current_user.actor
        )
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(request, *_INVITE, form=form)
    return _show_link(user.email, now)


@bp.post("/<int:user_id>/link")
@requires("users.write")
def link(user_id: int) -> Response:
    """Show a new sign-in link of a user."""
    return _show_link(_get_user(user_id).email, datetime.now(UTC))


@bp.get("/<int:user_id>/role")
@requires("users.write")
def role_page(user_id: int) -> Response:
    user = _get_user(user_id)
    return render_fragment_or_page(request, *_ROLE, form=RoleForm(formdata=None, data={"role": user.role}), user=user)


@bp.post("/<int:user_id>/role")
@requires("users.write")
def change_role(user_id: int) -> Response:
    form = RoleForm()
    try:
        user = users.change_role(
            db.session(), user_id, form.role.data or "", now=datetime.now(UTC), actor=current_user.actor
        )
    except (InvalidError, RefusedError) as error:
        form.role.errors = [text_for(error.code, error.arguments)]
        return render_invalid(request, *_ROLE, form=form, user=_get_user(user_id))
    flash(_("%(email)s now has the role %(role)s.", email=user.email, role=ROLE_NAMES[user.role]), "good")
    return see_other(request, _build_home_url())


@bp.post("/<int:user_id>/disable")
@requires("users.write")
def disable(user_id: int) -> Response:
    return _change(users.disable, user_id, lambda user: _("%(email)s is disabled and signed out.", email=user.email))


@bp.post("/<int:user_id>/enable")
@requires("users.write")
def enable(user_id: int) -> Response:
    return _change(users.enable, user_id, lambda user: _("%(email)s can sign in again.", email=user.email))


@bp.post("/<int:user_id>/sign-out")
@requires("users.write")
def sign_out(user_id: int) -> Response:
    users.sign_out_everywhere(db.session(), user_id, now=datetime.now(UTC), actor=current_user.actor)
    flash(_("%(email)s is signed out everywhere.", email=_get_user(user_id).email), "good")
    return see_other(request, _build_home_url())


def _change(action: Callable[..., User], user_id: int, say: Callable[[User], str]) -> Response:
    try:
        user = action(db.session(), user_id, now=datetime.now(UTC), actor=current_user.actor)
    except RefusedError as error:
        flash(text_for(error.code, error.arguments), "bad")
    else:
        flash(say(user), "good")
    return see_other(request, _build_home_url())


def _build_home_url() -> str:
    """Return the URL of the user list."""
    return url_for("people.index")


def _get_user(user_id: int) -> User:
    return require(db.session.get(User, user_id), "user_unknown")


def _show_link(email: str, now: datetime) -> Response:
    """Render the page with a sign-in link, which is not stored and cannot be shown again."""
    try:
        link_ = users.make_sign_in_link(db.session(), settings(), now, email, actor=current_user.actor)
    except RefusedError as error:
        flash(text_for(error.code, error.arguments), "bad")
        return see_other(request, _build_home_url())
    return make_response(_render_page(link=link_, link_for=email))


def _render_page(**more: Any) -> str:
    now, session = datetime.now(UTC), db.session()
    seen_after, created_after = auth.open_sessions(now)
    members = user_queries.list_members(session, seen_after=seen_after, created_after=created_after)
    emails = {member.id: member.email for member in members}
    history = [_build_entry(event, emails) for event in user_queries.list_recent_events(session, _HISTORY)]
    context: dict[str, Any] = {"members": members, "roles": ROLE_NAMES, "history": history, "link": ""}
    return render_template("users/index.html", **(context | more))


def _build_entry(event: Event, emails: dict[int, str]) -> HistoryEntry:
    args = event.args | {
        "user": emails.get(event.args.get("user", 0), event.args.get("user")),
        **{name: ROLE_NAMES[event.args[name]] for name in ("role", "before") if event.args.get(name) in ROLES},
    }
    kind, _colon, number = event.actor.partition(":")
    actor = actors.name(event.actor, emails.get(int(number)) if kind == "user" else None)
    icon, tone = _ICONS.get(event.kind, ("user", "good"))
    return HistoryEntry(event.at, "UTC", tone, icon, text_for(event.kind, args), "", actor)
