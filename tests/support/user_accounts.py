"""The same three people everywhere: the owner, a colleague who may only look, and a stranger who is not signed in.

They stand at browsers of their own: each request runs as on a server's thread, with nothing left of the request before.
"""

import contextvars
import secrets
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from webapp.core.extensions import db
from webapp.domain.users.permissions import OWNER, VIEWER
from webapp.models.users import User, WebSession
from webapp.queries.users import digest
from webapp.web import auth


class UserAccount(NamedTuple):
    email: str
    password: str
    role: str


OWNER_USER = UserAccount("owner@desk.example", "a long enough password", OWNER)
VIEWER_USER = UserAccount("colleague@desk.example", "another long password", VIEWER)


class IsolatedClient(FlaskClient):
    """A client whose requests share no context with the test or with each other."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if self.preserve_context:
            return super().open(*args, **kwargs)
        kwargs["buffered"] = True
        return contextvars.Context().run(lambda: super(IsolatedClient, self).open(*args, **kwargs))


def create_user(app: Flask, person: UserAccount) -> int:
    """The id of the person's user, made when it is not there yet."""
    with app.app_context(), db.engine.begin() as connection:
        found = connection.scalar(select(User.id).where(User.email == person.email))
        return found or connection.scalar(
            insert(User)
            .values(
                email=person.email,
                password=_hash(person.password),
                role=person.role,
                active=True,
                created_at=datetime.now(UTC),
                fs_uniquifier=secrets.token_hex(16),
            )
            .returning(User.id)
        )


def sign_in(client: FlaskClient, person: UserAccount) -> FlaskClient:
    """Give the client a session of this person, and the CSRF token that its pages would carry."""
    app = client.application
    user_id, cookie, token = create_user(app, person), secrets.token_urlsafe(32), secrets.token_hex(32)
    now = datetime.now(UTC)
    with app.app_context(), db.engine.begin() as connection:
        uniquifier = connection.scalar(select(User.fs_uniquifier).where(User.id == user_id))
        connection.execute(
            insert(WebSession).values(
                id_hash=digest(cookie),
                user_id=user_id,
                data={"csrf_token": token, "_user_id": uniquifier, "_fresh": True},
                created_at=now,
                seen_at=now,
            )
        )
    client.set_cookie(app.session_interface.name, cookie)
    client.environ_base["HTTP_X_CSRFTOKEN"] = sign_token(app, token)
    return client


def sign_token(app: Flask, token: str) -> str:
    """A session's CSRF token as a form carries it."""
    return str(URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(token))


@cache
def _hash(password: str) -> str:
    """Hashed once a run: it takes long on purpose."""
    return auth.hash_password(password)
