"""Sessions in the database, so that signing out, or an owner, ends them.

Signed in: the cookie holds 256 random bits, the table `sessions` their hash; one indexed read loads session and user.
Not signed in: a signed cookie holds only the CSRF token, so that crawlers add no rows.
The row is read when the session is first used, which static files do not. A view that may write has its own
transaction, so the row is read on another connection; a view that only reads shares its connection.
"""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from flask import Flask, Request, Response, g, request
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Row, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import DBAPIError

from webapp.core import database_problems, queue
from webapp.core.extensions import db, read_connection
from webapp.core.settings import Settings
from webapp.db.database_errors import Cause, find_cause
from webapp.db.engine import is_only_reading, lock_wait, read_only
from webapp.domain.users.preferences import Preferences
from webapp.models.users import User, WebSession
from webapp.queries import fences

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)
# How long a sign-in page may stay open before its form is refused.
VISIT = timedelta(days=1)
# Milliseconds a page waits for the write lock, to note which messages it has shown.
_SHORT_WAIT = 500

# Built once: building it takes longer than executing it.
_READ = (
    select(
        WebSession.data,
        WebSession.seen_at,
        User.id,
        User.email,
        User.role,
        User.fs_uniquifier,
        User.preferences,
        fences.is_fenced().label("is_fenced"),
    )
    .join(User, User.id == WebSession.user_id)
    .where(
        WebSession.id_hash == bindparam("key"),
        WebSession.seen_at > bindparam("seen_after"),
        WebSession.created_at > bindparam("created_after"),
        User.active,
    )
)


class SessionUser(NamedTuple):
    """The user of a session, loaded with it."""

    id: int
    email: str
    role: str
    fs_uniquifier: str
    preferences: Preferences = Preferences()
    # Whether a fence is active, which every page shows.
    is_fenced: bool = False


class DatabaseSession(SessionMixin):
    """A dictionary that is loaded when first used. `user` is None when nobody is signed in."""

    def __init__(self, key: bytes | None, visit: dict[str, Any]) -> None:
        self._key = key
        self._data = visit
        self._user: SessionUser | None = None
        self._loaded = key is None
        # Reading it failed, so it must not be written either.
        self._unreadable = False
        # What `save_session` has to do to the table and the cookies.
        # Unlike Flask's `accessed`, which any look at the proxy sets.
        self.used = False
        self.modified = False
        self.new_id = ""
        self.ended: bytes | None = None
        self.seen_at: datetime | None = None

    @property
    def user(self) -> SessionUser | None:
        self._load()
        return self._user

    @property
    def key(self) -> bytes | None:
        """The primary key of its row, or None."""
        self._load()
        return self._key

    @property
    def unreadable(self) -> bool:
        """Whether reading it failed in this request."""
        return self._unreadable

    def begin(self, user: SessionUser, browser: str = "") -> None:
        """Sign in with a new id and a new CSRF token. `browser`: how the user recognizes this session in a list."""
        self.end()
        self.new_id = secrets.token_urlsafe(32)
        self._key, self._user, self.seen_at = _hash_token(self.new_id), user, datetime.now(UTC)
        # Created now, or the first page with a form would have to write it.
        self._data = {"csrf_token": secrets.token_hex(32), "browser": browser}

    def forget_changes(self) -> None:
        """Leave the table and the cookies as they are, for the response to a failed write."""
        self.modified, self.new_id, self.ended, self.seen_at = False, "", None, None

    def end(self) -> None:
        """Sign out."""
        self.ended = self.ended or self.key
        self._key, self._user, self._data, self.new_id, self.modified = None, None, {}, "", True
        g.pop("csrf_token", None)

    def _load(self) -> None:
        self.used = True
        if self._loaded or self._key is None:
            return
        self._loaded = True
        try:
            row = _read(self._key)
        except DBAPIError:
            self._unreadable = True
            raise
        if row is None:
            self.ended, self._key, self.modified = self._key, None, True
            return
        self._data, self.seen_at, self._user = (
            row.data,
            row.seen_at,
            SessionUser(
                row.id,
                row.email,
                row.role,
                row.fs_uniquifier,
                Preferences.from_stored(row.preferences),
                bool(row.is_fenced),
            ),
        )

    def __getitem__(self, name: str) -> Any:
        self._load()
        return self._data[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._load()
        self._data[name] = value
        self.modified = True

    def __delitem__(self, name: str) -> None:
        self._load()
        del self._data[name]
        self.modified = True

    def __contains__(self, name: object) -> bool:
        # Flask-Login looks for it after every response, static files too, and it is never set here: nothing is loaded.
        return name != "_remember" and super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(self._data)

    def __len__(self) -> int:
        self._load()
        return len(self._data)


class DatabaseSessionInterface(SessionInterface):
    """Opens a DatabaseSession for each request and saves its changes."""

    def __init__(self, settings: Settings, secret_keys: tuple[str, ...]) -> None:
        """Configure the cookies. `secret_keys`: newest first."""
        self._signer = URLSafeTimedSerializer(list(reversed(secret_keys)), salt="channeldesk visit")
        # Cookies ignore ports: two installations on one host would sign each other out.
        name = "channeldesk" if settings.public_url else f"channeldesk-{settings.port}"
        self.name = f"__Host-{name}" if settings.public_url.startswith("https://") else name
        self.visit_name = f"{self.name}-visit"

    def open_session(self, _app: Flask, request: Request) -> DatabaseSession:
        raw = request.cookies.get(self.name, "")
        return DatabaseSession(_hash_token(raw) if raw else None, {} if raw else self._read_visit(request))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, DatabaseSession) or not session.used:
            return
        response.vary.add("Cookie")
        if session.unreadable:
            return
        if session.modified:
            _write_if_possible(session)
            self._set_cookies(app, session, response)
        elif session.key and session.seen_at and datetime.now(UTC) - session.seen_at > SEEN_EVERY:
            _touch(session.key)

    def _read_visit(self, request: Request) -> dict[str, Any]:
        signed = request.cookies.get(self.visit_name, "")
        try:
            return dict(self._signer.loads(signed, max_age=int(VISIT.total_seconds()))) if signed else {}
        except BadSignature:
            return {}

    def _set_cookies(self, app: Flask, session: DatabaseSession, response: Response) -> None:
        if session.new_id:
            self._set(app, response, self.name, session.new_id)
        elif session.ended:
            self._drop(app, response, self.name)
        if session.key is None and session:
            self._set(app, response, self.visit_name, self._signer.dumps(dict(session)))
        elif session.new_id:
            self._drop(app, response, self.visit_name)

    def _set(self, app: Flask, response: Response, name: str, value: str) -> None:
        response.set_cookie(name, value, path="/", secure=self.get_cookie_secure(app), httponly=True, samesite="Lax")

    def _drop(self, app: Flask, response: Response, name: str) -> None:
        # A browser ignores a `__Host-` cookie without these attributes, even to delete it.
        response.delete_cookie(name, path="/", secure=self.get_cookie_secure(app), httponly=True, samesite="Lax")


def init_app(app: Flask, settings: Settings) -> None:
    app.config["SESSION_COOKIE_SECURE"] = settings.public_url.startswith("https://")
    keys = (app.config["SECRET_KEY"], *app.config["SECRET_KEY_FALLBACKS"])
    app.session_interface = DatabaseSessionInterface(settings, keys)


def _hash_token(raw: str) -> bytes:
    return hashlib.sha256(raw.encode()).digest()


def _read(key: bytes) -> Row[Any] | None:
    now = datetime.now(UTC)
    values = {"key": key, "seen_after": now - IDLE, "created_after": now - LONGEST}
    if is_only_reading():
        return read_connection().execute(_READ, values).one_or_none()
    with read_only(), db.engine.connect() as connection:
        return connection.execute(_READ, values).one_or_none()


def _write_if_possible(session: DatabaseSession) -> None:
    """Write the session; only signing in and out fail when the database cannot be written.

    The page is ready, or the change is committed: a message that is shown twice, or not at all, is no reason to
    respond with an error. Nor does a page wait long for the write lock.
    """
    reads = request.method in {"GET", "HEAD"}
    try:
        _write(session, wait=_SHORT_WAIT if reads else None)
    except DBAPIError as error:
        cause = find_cause(error)
        if cause is None or (not reads and (session.new_id or session.ended)):
            session.forget_changes()
            raise
        if not (reads and cause is Cause.LOCKED):
            database_problems.report(error, queue.redis())


def _write(session: DatabaseSession, wait: int | None) -> None:
    """Write the session. What the view left open is rolled back, or this would wait for it."""
    if session.ended is None and session.key is None:
        return
    now = datetime.now(UTC)
    db.session.rollback()
    with lock_wait(wait), db.engine.begin() as connection:
        if session.ended:
            connection.execute(delete(WebSession).where(WebSession.id_hash == session.ended))
        if session.new_id and session.user:
            connection.execute(
                delete(WebSession).where(or_(WebSession.seen_at <= now - IDLE, WebSession.created_at <= now - LONGEST))
            )
            connection.execute(
                insert(WebSession).values(
                    id_hash=session.key,
                    user_id=session.user.id,
                    data=dict(session),
                    created_at=now,
                    seen_at=now,
                )
            )
        elif session.key:
            connection.execute(
                update(WebSession).where(WebSession.id_hash == session.key).values(data=dict(session), seen_at=now)
            )


def _touch(key: bytes) -> None:
    """Store when the session was last used. While the database is locked, the next page does it."""
    seen = update(WebSession).where(WebSession.id_hash == key).values(seen_at=datetime.now(UTC))
    try:
        with lock_wait(0), read_only(), db.engine.begin() as connection:
            connection.execute(seen)
    except DBAPIError as error:
        cause = find_cause(error)
        if cause is None:
            raise
        if cause is not Cause.LOCKED:
            database_problems.report(error, queue.redis())
