"""Authentication and permissions: Flask-Security on our tables, and a check before every view.

Flask-Security hashes passwords and provides `current_user`. Its views are not registered: lock-out, one response to
every failed sign-in, and server-side sign-out are in views/users/auth.py.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit

import flask_security
from flask import Flask, Response, abort, current_app, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from webapp.core import extensions
from webapp.core.settings import Settings
from webapp.domain.users.credentials import SHORTEST_PASSWORD
from webapp.domain.users.permissions import PERMISSIONS, allows
from webapp.domain.users.preferences import Preferences
from webapp.models.users import User
from webapp.web import preferences, sessions
from webapp.web.browsers import describe_browser
from webapp.web.sessions import DatabaseSession, SessionUser

View = TypeVar("View", bound=Callable[..., object])
# OWASP's recommendation for argon2id. Eight sign-ins at once need 150 MB less than with the library's defaults.
_ARGON2 = {"argon2__type": "ID", "argon2__memory_cost": 19_456, "argon2__time_cost": 2, "argon2__parallelism": 1}


class Person(flask_security.UserMixin):
    """The signed-in user, loaded with the session. `actor` is how events name the user."""

    def __init__(self, user: SessionUser) -> None:
        self.id, self.email, self.role, self.fs_uniquifier, self.preferences, self.is_fenced = user
        self.active = True

    @property
    def actor(self) -> str:
        return f"user:{self.id}"

    def has_permission(self, permission: str) -> bool:
        return allows(self.role, permission)


def init_app(app: Flask, settings: Settings) -> None:
    app.config.update(
        PROVIDE_AUTOMATIC_OPTIONS=False,
        WTF_CSRF_TIME_LIMIT=None,  # A token lives as long as its session; a page left open overnight still works.
        SESSION_PROTECTION=None,  # It writes into the session whenever a phone changes its network.
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH={"argon2"},  # A second key in front would be lost when keys rotate.
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=_ARGON2,
        SECURITY_PASSWORD_LENGTH_MIN=SHORTEST_PASSWORD,
        SECURITY_CLI_USERS_NAME=None,
        SECURITY_CLI_ROLES_NAME=None,
    )
    sessions.init_app(app, settings)
    _wire_flask_security(app)
    # Before the hooks of extensions: permissions are checked before CSRF tokens.
    app.before_request_funcs.setdefault(None, []).insert(0, _guard)
    app.jinja_env.globals["can"] = has_permission


def requires(permission: str, *, by_itself: bool = False) -> Callable[[View], View]:
    """Declare the permission a view needs. A view without a declaration is an error.

    `by_itself`: a page polls the view, so it must not redirect the page to the sign-in form.
    """
    if permission not in PERMISSIONS:
        raise ValueError(f"There is no permission {permission!r}.")

    def declare(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        view.by_itself = by_itself  # type: ignore[attr-defined]
        return view

    return declare


def public(view: View) -> View:
    """Declare a view without a permission, such as the sign-in page."""
    view.permission = ""  # type: ignore[attr-defined]
    return view


def has_permission(permission: str) -> bool:
    """Return whether the signed-in user holds the permission. Templates call it `can`."""
    # An anonymous user has no role, and each look at `current_user` resolves it again.
    return allows(getattr(current_user, "role", ""), permission)


def sign_in(user: User) -> None:
    """Start a session for this user, under a new id."""
    stored = Preferences.from_stored(user.preferences)
    session_user = SessionUser(user.id, user.email, user.role, user.fs_uniquifier, stored)
    _get_session().begin(session_user, describe_browser(request.user_agent.string))
    flask_security.login_user(Person(session_user), remember=False)


def sign_out() -> None:
    """End the session: copies of its cookie are invalid from now on."""
    flask_security.logout_user()
    _get_session().end()


def session_key() -> bytes | None:
    """Return the key of the session of this request."""
    return _get_session().key


def open_sessions(now: datetime) -> tuple[datetime, datetime]:
    """Return the earliest last use and the earliest creation of a session that is still open."""
    return now - sessions.IDLE, now - sessions.LONGEST


def hash_password(password: str) -> str:
    """Return an argon2id hash."""
    security = current_app.extensions["security"]
    hashed: str = flask_security.hash_password(security.password_util.normalize(password))
    return hashed


def verify_password(password: str, stored: str | None) -> tuple[bool, str | None]:
    """Return whether the password is right, and a better hash to store or None. Takes as long without `stored`."""
    security = current_app.extensions["security"]
    if stored is None:
        hash_password(password)
        return False, None
    right = flask_security.verify_password(security.password_util.normalize(password), stored)
    return right, hash_password(password) if right and security.pwd_context.needs_update(stored) else None


def find_local_target(target: str | None) -> str:
    """Return `target` if it is a path of this application, else the start page."""
    if not target or not target.startswith("/") or not target.isprintable():
        return "/"
    # Browsers treat a backslash as a slash, and two slashes as the start of a host.
    if target.startswith("//") or "\\" in target or urlsplit(target).netloc:
        return "/"
    return target


def _wire_flask_security(app: Flask) -> None:
    security = flask_security.Security()
    # Required, but unused: users are loaded with their session, and roles are a table in the code.
    users = flask_security.SQLAlchemyUserDatastore(extensions.db, cast("Any", User), flask_security.RoleMixin)
    security.init_app(app, users, register_blueprint=False)
    security.login_manager.user_loader(_load_person)
    # Tokens in headers and URLs do not authenticate.
    security.login_manager.request_loader(lambda _request: None)
    # They would load the user before every request, static files too; only `allows` decides about permissions.
    security.principal.identity_loaders.clear()


def _load_person(uniquifier: str) -> Person | None:
    user = _get_session().user
    if user is None or user.fs_uniquifier != uniquifier:
        return None
    preferences.use(user.preferences)
    return Person(user)


def _get_session() -> DatabaseSession:
    return cast("DatabaseSession", session)


def _guard() -> AnyResponse | None:
    """Check the permission of the view: redirect to the sign-in page, or abort with 403."""
    if request.endpoint is None or request.endpoint == "static":
        return None
    view = current_app.view_functions[request.endpoint]
    permission = getattr(view, "permission", None)
    if permission is None:
        raise LookupError(f"{request.endpoint} does not say which permission it needs.")
    if not permission or has_permission(permission):
        return None
    if current_user.is_authenticated:
        abort(403)
    return _to_sign_in(by_itself=getattr(view, "by_itself", False))


def _to_sign_in(*, by_itself: bool) -> AnyResponse:
    """Redirect to the sign-in page; for HTMX by a header, since it would swap the page into the target.

    A form sent by HTMX stays open with its input: the user signs in in another tab.
    """
    current_path = request.full_path.rstrip("?")
    reading = request.method in {"GET", "HEAD"}
    if request.headers.get("HX-Request") == "true":
        if not reading:
            message = _("Nothing was sent, and your entries are still here. Sign in in another tab, then submit again.")
            abort(401, message)
        if by_itself:
            return Response(status=204)
        response = Response(status=401)
        response.headers["HX-Redirect"] = _sign_in_address(_get_path(request.headers.get("HX-Current-URL", "")))
        return response
    return redirect(_sign_in_address(current_path if reading else _get_path(request.referrer or "")), code=303)


def _sign_in_address(target: str) -> str:
    target = find_local_target(target)
    return url_for("auth.sign_in_page") + (f"?next={quote(target, safe='/')}" if target != "/" else "")


def find_referring_page() -> str:
    """Return the path of our page that the request came from, or an empty string."""
    return _get_path(request.referrer or "")


def _get_path(address: str) -> str:
    """Return the path of a URL of this application, or an empty string."""
    parts = urlsplit(address)
    if parts.netloc != request.host:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")
