"""Sessions are kept on the server, so that signing out, or an owner, really ends them.

Signed in: the cookie holds 256 random bits, the table `sessions` their hash; one indexed read brings session and user.
Not signed in: a signed cookie holds the CSRF token and nothing else, so that crawlers fill no table.
The row is read when first asked for (static files ask for nothing). A view that may write has its transaction for
itself, and the row is read on a connection of its own; with one that only reads it shares the connection.
"""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from flask import Flask, Request, Response, g
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Row, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import OperationalError

from webapp.extensions import db, reading
from webapp.models.engine import is_only_reading, only_reading
from webapp.models.users import User, WebSession
from webapp.settings import Settings

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)
# How long a sign-in page may stay open before its form is refused.
VISIT = timedelta(days=1)

# Built once: putting it together costs more than running it.
_READ = (
    select(
        WebSession.data,
        WebSession.seen_at,
        User.id,
        User.email,
        User.role,
        User.fs_uniquifier,
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
    """Who a session belongs to, as one read brings it."""

    id: int
    email: str
    role: str
    fs_uniquifier: str


class DeskSession(SessionMixin):
    """A dictionary that is loaded when first touched. `user` is None for somebody who is not signed in."""

    def __init__(self, key: bytes | None, visit: dict[str, Any]) -> None:
        self._key = key
        self._data = visit
        self._user: SessionUser | None = None
        self._loaded = key is None
        # What has to happen to the table and the cookies when the response goes out.
        self.accessed = False
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
        """The primary key of its row, None when it has none."""
        self._load()
        return self._key

    def begin(self, user: SessionUser) -> None:
        """Sign in: nothing from before is kept, neither the id nor the CSRF token."""
        self.end()
        self.new_id = secrets.token_urlsafe(32)
        self._key, self._user, self.seen_at = _digest(self.new_id), user, datetime.now(UTC)
        # Made now, or the first page with a form would have to write it.
        self._data = {"csrf_token": secrets.token_hex(32)}

    def end(self) -> None:
        """Sign out."""
        self.ended = self.ended or self.key
        self._key, self._user, self._data, self.new_id, self.modified = None, None, {}, "", True
        g.pop("csrf_token", None)

    def _load(self) -> None:
        self.accessed = True
        if self._loaded or self._key is None:
            return
        self._loaded = True
        row = _read(self._key)
        if row is None:
            self.ended, self._key, self.modified = self._key, None, True
            return
        self._data, self.seen_at, self._user = (
            row.data,
            row.seen_at,
            SessionUser(row.id, row.email, row.role, row.fs_uniquifier),
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

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(self._data)

    def __len__(self) -> int:
        self._load()
        return len(self._data)


class DatabaseSessions(SessionInterface):
    """Opens a DeskSession for each request and writes down what became of it."""

    def __init__(self, settings: Settings, secret_keys: tuple[str, ...]) -> None:
        """`secret_keys`: newest first."""
        self._signer = URLSafeTimedSerializer(list(reversed(secret_keys)), salt="channeldesk visit")
        # Cookies know no ports: two desks on one machine would sign each other out.
        name = "channeldesk" if settings.public_url else f"channeldesk-{settings.port}"
        self.name = f"__Host-{name}" if settings.public_url.startswith("https://") else name
        self.visit_name = f"{self.name}-visit"

    def open_session(self, _app: Flask, request: Request) -> DeskSession:
        raw = request.cookies.get(self.name, "")
        return DeskSession(_digest(raw) if raw else None, {} if raw else self._visit(request))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not isinstance(session, DeskSession) or not session.accessed:
            return
        response.vary.add("Cookie")
        if session.modified:
            _write(session)
            self._set_cookies(app, session, response)
        elif session.key and session.seen_at and datetime.now(UTC) - session.seen_at > SEEN_EVERY:
            _touch(session.key)

    def _visit(self, request: Request) -> dict[str, Any]:
        signed = request.cookies.get(self.visit_name, "")
        try:
            return dict(self._signer.loads(signed, max_age=int(VISIT.total_seconds()))) if signed else {}
        except BadSignature:
            return {}

    def _set_cookies(self, app: Flask, session: DeskSession, response: Response) -> None:
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
        # A browser ignores a `__Host-` cookie without these, also one that only deletes.
        response.delete_cookie(name, path="/", secure=self.get_cookie_secure(app), httponly=True, samesite="Lax")


def init_app(app: Flask, settings: Settings) -> None:
    app.config["SESSION_COOKIE_SECURE"] = settings.public_url.startswith("https://")
    keys = (app.config["SECRET_KEY"], *app.config["SECRET_KEY_FALLBACKS"])
    app.session_interface = DatabaseSessions(settings, keys)


def _digest(raw: str) -> bytes:
    return hashlib.sha256(raw.encode()).digest()


def _read(key: bytes) -> Row[Any] | None:
    now = datetime.now(UTC)
    values = {"key": key, "seen_after": now - IDLE, "created_after": now - LONGEST}
    if is_only_reading():
        return reading().execute(_READ, values).one_or_none()
    with only_reading(), db.engine.connect() as connection:
        return connection.execute(_READ, values).one_or_none()


def _write(session: DeskSession) -> None:
    """Bring the table in line. The view is done: what it left open would only make this wait for itself."""
    if session.ended is None and session.key is None:
        return
    now = datetime.now(UTC)
    db.session.rollback()
    with db.engine.begin() as connection:
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
    """Note that the person is still there. It waits for nobody: while another writes, the next page notes it."""
    with only_reading(), db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            before = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
        try:
            connection.execute(update(WebSession).where(WebSession.id_hash == key).values(seen_at=datetime.now(UTC)))
            connection.commit()
        except OperationalError as error:
            connection.rollback()
            if "locked" not in str(error):
                raise
        finally:
            if sqlite:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={before}")
