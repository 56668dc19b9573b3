"""The users of the tests and their clients: an owner, a viewer, and one who is not signed in."""

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
from webapp.queries.users import digest_token
from webapp.web import auth


class UserAccount(NamedTuple):
    email: str
    password: str
    role: str


OWNER_USER = UserAccount("owner@desk.example", "a long enough password", OWNER)
VIEWER_USER = UserAccount("viewer@desk.example", "another long password", VIEWER)


class IsolatedClient(FlaskClient):
    """A client whose requests share no context variables with the test or with each other, as on a server."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if self.preserve_context:
            return super().open(*args, **kwargs)
        kwargs["buffered"] = True
        return contextvars.Context().run(lambda: super(IsolatedClient, self).open(*args, **kwargs))


def create_user(app: Flask, user: UserAccount) -> int:
    """Return the id of the user, which is created when it does not exist."""
    with app.app_context(), db.engine.begin() as connection:
        user_id = connection.scalar(select(User.id).where(User.email == user.email))
        return user_id or connection.scalar(
            insert(User)
            .values(
                email=user.email,
                password=_hash(user.password),
                role=user.role,
                active=True,
                created_at=datetime.now(UTC),
                fs_uniquifier=secrets.token_hex(16),
            )
            .returning(User.id)
        )


def sign_in(client: FlaskClient, user: UserAccount) -> FlaskClient:
    """Give the client a session of this user, and the CSRF token that its pages would carry."""
    app = client.application
    user_id, cookie, token = create_user(app, user), secrets.token_urlsafe(32), secrets.token_hex(32)
    now = datetime.now(UTC)
    with app.app_context(), db.engine.begin() as connection:
        uniquifier = connection.scalar(select(User.fs_uniquifier).where(User.id == user_id))
        connection.execute(
            insert(WebSession).values(
                id_hash=digest_token(cookie),
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
    """Return a session's CSRF token as a form carries it."""
    return str(URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(token))


@cache
def _hash(password: str) -> str:
    """Hash a password once per run, because that is slow on purpose."""
    return auth.hash_password(password)
