"""Who is there, and whether they may: Flask-Security wired to our tables, and one guard in front of every view.

Flask-Security hashes passwords and keeps `current_user`; its views are not registered, because a lock-out, one answer
for every wrong sign-in, and an end of a session that really ends it need our own (views/users/auth.py).
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
from webapp.models.users import User
from webapp.web import sessions
from webapp.web.sessions import DeskSession, SessionUser

View = TypeVar("View", bound=Callable[..., object])
# What OWASP asks of argon2id; eight sign-ins at once then need 150 MB less than with the library's defaults.
_ARGON2 = {"argon2__type": "ID", "argon2__memory_cost": 19_456, "argon2__time_cost": 2, "argon2__parallelism": 1}


class Person(flask_security.UserMixin):
    """The one who is signed in, as read with their session. `by` is how events name them."""

    def __init__(self, user: SessionUser) -> None:
        self.id, self.email, self.role, self.fs_uniquifier = user
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
    # In front of what extensions have put there: whether somebody may comes before whether their form is genuine.
    app.before_request_funcs.setdefault(None, []).insert(0, _guard)
    app.jinja_env.globals["can"] = has_permission


def requires(permission: str, *, by_itself: bool = False) -> Callable[[View], View]:
    """Declare the one permission a view needs. The guard refuses every view that declares nothing.

    `by_itself`: a page asks for it again and again without being told to, so it must not lead away from that page.
    """
    if permission not in PERMISSIONS:
        raise ValueError(f"There is no permission {permission!r}.")

    def declare(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        view.by_itself = by_itself  # type: ignore[attr-defined]
        return view

    return declare


def public(view: View) -> View:
    """Declare a view that everybody may ask for: signing in, and what says the desk is alive."""
    view.permission = ""  # type: ignore[attr-defined]
    return view


def has_permission(permission: str) -> bool:
    """Whether the person who asks holds the permission; nobody does who is not signed in. Also for templates."""
    return bool(current_user.is_authenticated) and allows(current_user.role, permission)


def sign_in(user: User) -> None:
    """Begin a session for this user, under a new id."""
    known = SessionUser(user.id, user.email, user.role, user.fs_uniquifier)
    _session().begin(known)
    flask_security.login_user(Person(known), remember=False)


def sign_out() -> None:
    """End the session; a copy of its cookie opens nothing any more."""
    flask_security.logout_user()
    _session().end()


def open_sessions(now: datetime) -> tuple[datetime, datetime]:
    """(when an open session was seen at the earliest, when it was created at the earliest)."""
    return now - sessions.IDLE, now - sessions.LONGEST


def hash_password(password: str) -> str:
    """An argon2id hash."""
    security = current_app.extensions["security"]
    hashed: str = flask_security.hash_password(security.password_util.normalize(password))
    return hashed


def verify_password(password: str, stored: str | None) -> tuple[bool, str | None]:
    """(whether it is right, a better hash to store or None). Takes as long when there is nothing to compare with."""
    security = current_app.extensions["security"]
    if stored is None:
        hash_password(password)
        return False, None
    right = flask_security.verify_password(security.password_util.normalize(password), stored)
    return right, hash_password(password) if right and security.pwd_context.needs_update(stored) else None


def local_target(target: str | None) -> str:
    """`target` when it is a path of this desk, else the start page: nobody is sent to another site."""
    if not target or not target.startswith("/") or not target.isprintable():
        return "/"
    # Browsers read a backslash as a slash, and two slashes as the beginning of a host.
    if target.startswith("//") or "\\" in target or urlsplit(target).netloc:
        return "/"
    return target


def _wire_flask_security(app: Flask) -> None:
    security = flask_security.Security()
    # It only has to be there: people are read with their session, and roles are a table in the code.
    users = flask_security.SQLAlchemyUserDatastore(extensions.db, cast("Any", User), flask_security.RoleMixin)
    security.init_app(app, users, register_blueprint=False)
    security.login_manager.user_loader(_load_person)
    # Tokens in headers and addresses are not a way in.
    security.login_manager.request_loader(lambda _request: None)
    # It would ask who is there before every request, static files too; permissions are asked of `allows` alone.
    security.principal.identity_loaders.clear()


def _load_person(uniquifier: str) -> Person | None:
    user = _session().user
    return Person(user) if user is not None and user.fs_uniquifier == uniquifier else None


def _session() -> DeskSession:
    return cast("DeskSession", session)


def _guard() -> AnyResponse | None:
    """Let the request pass, send a stranger to the sign-in page, or refuse who lacks the permission."""
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
    """For htmx as a header, since it would put a redirect's page into a corner of the page that is open.

    A form that htmx sends stays where it is, with all that was typed in it: signing in is done beside it.
    """
    here = request.full_path.rstrip("?")
    reading = request.method in {"GET", "HEAD"}
    if request.headers.get("HX-Request") == "true":
        if not reading:
            kept = _(
                "Nothing was sent, and what you typed is still here. Sign in beside this page, then send it again."
            )
            abort(401, kept)
        if by_itself:
            return Response(status=204)
        response = Response(status=401)
        response.headers["HX-Redirect"] = _sign_in_address(_path_of(request.headers.get("HX-Current-URL", "")))
        return response
    return redirect(_sign_in_address(here if reading else _path_of(request.referrer or "")), code=303)


def _sign_in_address(target: str) -> str:
    target = local_target(target)
    return url_for("auth.sign_in_page") + (f"?next={quote(target, safe='/')}" if target != "/" else "")


def came_from() -> str:
    """The path of the page of this desk that the request came from, empty where it came from elsewhere."""
    return _path_of(request.referrer or "")


def _path_of(address: str) -> str:
    """The path of an address of this desk, empty for any other."""
    parts = urlsplit(address)
    if parts.netloc != request.host:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")
