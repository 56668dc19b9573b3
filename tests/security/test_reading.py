"""Requests that only read do not wait for SQLite's write lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, Response, stream_with_context
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from tests.support import user_accounts
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.db.engine import find_sqlite_module
from webapp.models.users import User, WebSession
from webapp.web.auth import requires

pytestmark = pytest.mark.only_sqlite


@contextmanager
def another_writer(settings: Settings) -> Iterator[None]:
    """Another process that holds the write lock."""
    other = find_sqlite_module().connect(settings.database.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def recorded_statements(app: Flask) -> Iterator[list[str]]:
    """Collect the SQL statements executed inside the block."""
    statements: list[str] = []

    def record(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", record)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", record)


@pytest.fixture
def probe_app(app: Flask) -> Flask:
    @app.get("/names")
    @requires("orders.read")
    def names() -> list[str]:
        return list(db.session.scalars(select(User.email)))

    @app.get("/streamed")
    @requires("orders.read")
    def streamed() -> Response:
        def lines() -> Iterator[str]:
            yield from db.session.scalars(select(User.email))

        return Response(stream_with_context(lines()))

    @app.post("/write")
    @requires("users.write")
    def write() -> str:
        first = db.session.scalar(select(User.email))
        db.session.execute(update(User).values(active=True))
        db.session.commit()
        return str(first)

    return app


def test_a_page_is_served_while_another_process_writes(probe_app: Flask, settings: Settings, session: Session) -> None:
    client = user_accounts.sign_in(probe_app.test_client(), user_accounts.OWNER_USER)
    # The session was last seen long enough ago that the page would like to note it.
    began = datetime.now(UTC)
    session.execute(update(WebSession).values(seen_at=began - timedelta(minutes=5)))
    session.commit()
    with another_writer(settings), recorded_statements(probe_app) as statements:
        assert client.get("/names").json == ["owner@desk.example"]
        assert client.get("/streamed").text == "owner@desk.example"
        assert client.head("/names").status_code == 200
    # The one write, of when the session was last seen, does not wait for the lock either.
    assert "BEGIN IMMEDIATE" not in statements
    assert statements[statements.index("PRAGMA busy_timeout=0") + 1] == "BEGIN"
    client.get("/names")
    assert session.scalars(select(WebSession.seen_at)).one() >= began


def test_a_later_write_on_the_same_thread_takes_the_lock_again(probe_app: Flask, settings: Settings) -> None:
    client = user_accounts.sign_in(probe_app.test_client(), user_accounts.OWNER_USER)
    client.get("/names")
    client.get("/nowhere")
    with recorded_statements(probe_app) as statements:
        assert client.post("/write").status_code == 200
    assert statements[0] == "BEGIN"  # the session is read without the lock, also for a request that writes
    assert statements[2] == "BEGIN IMMEDIATE"
