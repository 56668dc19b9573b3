"""Sessions live on the server: they can be ended, run out, and cost little."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask, flash, get_flashed_messages
from flask import session as web_session
from flask.testing import FlaskClient
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from tests.security.test_sign_in import enter
from tests.support import user_accounts
from tests.support.user_accounts import OWNER_USER, VIEWER_USER
from webapp import create_app
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.db.engine import create_file
from webapp.models.users import User, WebSession
from webapp.queries.users import digest_token
from webapp.web import auth
from webapp.web.auth import requires


@pytest.fixture
def probe_app(app: Flask) -> Flask:
    @app.get("/probe")
    @requires("orders.read")
    def probe() -> str:
        return f"for {auth.current_user.email}"

    @app.post("/say")
    @requires("orders.read")
    def say() -> str:
        # A view that reads after its commit leaves a transaction open that holds the write lock.
        db.session.scalars(select(User)).all()
        flash("said")
        return ""

    @app.get("/said")
    @requires("orders.read")
    def said() -> list[str]:
        return get_flashed_messages()

    user_accounts.create_user(app, OWNER_USER)
    return app


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the SQL statements that run in the block."""
    executed: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        executed.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def cookie(client: FlaskClient) -> str:
    stored = client.get_cookie(client.application.session_interface.name)
    assert stored is not None
    return stored.value


@pytest.mark.only_sqlite
def test_a_page_costs_one_read_for_session_and_user(probe_app: Flask, owner_client: FlaskClient) -> None:
    owner_client.get("/probe")
    with statements() as executed:
        assert owner_client.get("/probe").text == "for owner@desk.example"
    assert [one.split()[0] for one in executed] == ["BEGIN", "SELECT"]
    assert "FROM sessions JOIN users" in executed[1].replace("\n", "")
    with db.engine.connect() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT data FROM sessions JOIN users ON users.id = user_id WHERE id_hash = x'00'"
        ).all()
    assert [row.detail.split()[0] for row in plan] == ["SEARCH", "SEARCH"]


def test_static_files_and_unknown_urls_need_no_query(probe_app: Flask, owner_client: FlaskClient) -> None:
    with statements() as executed:
        assert owner_client.get("/static/vendor/htmx-2.0.11/htmx.min.js").status_code == 200
    assert executed == []


def test_the_table_holds_only_a_hash_of_the_cookie(probe_app: Flask, session: Session) -> None:
    client = probe_app.test_client()
    enter(client, OWNER_USER.email, OWNER_USER.password)
    row = session.scalars(select(WebSession)).one()
    assert row.id_hash == digest_token(cookie(client))
    assert len(cookie(client)) == 43


def test_signing_in_changes_the_id_and_the_token(probe_app: Flask, session: Session) -> None:
    client = user_accounts.sign_in(probe_app.test_client(), VIEWER_USER)
    before, old = cookie(client), session.scalars(select(WebSession)).one()
    token = old.data["csrf_token"]
    session.rollback()

    @probe_app.post("/again")
    @auth.public
    def again() -> str:
        auth.sign_in(db.session.scalars(select(User).where(User.email == OWNER_USER.email)).one())
        return ""

    assert client.post("/again").status_code == 200
    assert cookie(client) != before
    session.expire_all()
    new = session.scalars(select(WebSession)).one()
    assert new.data["csrf_token"] != token
    assert client.get("/probe").text == "for owner@desk.example"


def test_a_visitor_cannot_choose_the_id(probe_app: Flask, session: Session) -> None:
    client = probe_app.test_client()
    client.set_cookie(probe_app.session_interface.name, "chosen-by-somebody")
    enter(client, OWNER_USER.email, OWNER_USER.password)
    assert cookie(client) != "chosen-by-somebody"
    assert session.scalars(select(WebSession.id_hash)).all() == [digest_token(cookie(client))]


def test_a_copied_cookie_is_invalid_after_signing_out(
    probe_app: Flask, owner_client: FlaskClient, session: Session
) -> None:
    thief = probe_app.test_client()
    thief.set_cookie(probe_app.session_interface.name, cookie(owner_client))
    assert thief.get("/probe").status_code == 200
    answer = owner_client.post("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert owner_client.get_cookie(probe_app.session_interface.name) is None
    assert thief.get("/probe").status_code == 303
    assert session.scalars(select(WebSession)).all() == []


def test_signing_out_ends_this_browser_alone(probe_app: Flask, owner_client: FlaskClient) -> None:
    other = user_accounts.sign_in(probe_app.test_client(), OWNER_USER)
    owner_client.post("/sign-out")
    assert other.get("/probe").status_code == 200


def test_disabling_a_user_ends_their_sessions_at_once(
    probe_app: Flask, owner_client: FlaskClient, session: Session
) -> None:
    session.execute(update(User).values(active=False))
    session.commit()
    assert owner_client.get("/probe").status_code == 303


def test_a_new_role_counts_from_the_next_request(app: Flask, owner_client: FlaskClient, session: Session) -> None:
    @app.get("/probe")
    @requires("users.write")
    def probe() -> str:
        return ""

    assert owner_client.get("/probe").status_code == 200
    session.execute(update(User).values(role="viewer"))
    session.commit()
    assert owner_client.get("/probe").status_code == 403


@pytest.mark.parametrize(("every", "until"), [(13, 13), (11, 7 * 24 + 1)])
def test_a_session_runs_out_when_idle_and_in_any_case_after_a_week(probe_app: Flask, every: int, until: int) -> None:
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        client = user_accounts.sign_in(probe_app.test_client(), OWNER_USER)
        hours, statuses = 0, []
        while hours < until:
            step = min(every, until - hours)
            clock.shift(timedelta(hours=step))
            hours += step
            statuses.append(client.get("/probe").status_code)
    assert statuses == [200] * (len(statuses) - 1) + [303]


def test_last_seen_is_updated_at_most_once_a_minute(probe_app: Flask, session: Session) -> None:
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        client = user_accounts.sign_in(probe_app.test_client(), OWNER_USER)
        seen = []
        for seconds in (30, 30, 1, 59):
            clock.shift(timedelta(seconds=seconds))
            client.get("/probe")
            session.expire_all()
            seen.append(session.scalars(select(WebSession.seen_at)).one())
            session.rollback()
    start = datetime(2026, 11, 21, 8, tzinfo=UTC)
    noted = start + timedelta(seconds=61)
    assert seen == [start, start, noted, noted]


def test_old_sessions_are_cleared_away_at_the_next_sign_in(probe_app: Flask, session: Session) -> None:
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        user_accounts.sign_in(probe_app.test_client(), VIEWER_USER)
        clock.shift(timedelta(hours=13))
        client = probe_app.test_client()
        enter(client, OWNER_USER.email, OWNER_USER.password)
    assert session.scalars(select(WebSession.id_hash)).all() == [digest_token(cookie(client))]


def test_a_view_can_flash_a_message_with_its_transaction_open(probe_app: Flask, owner_client: FlaskClient) -> None:
    assert owner_client.post("/say").status_code == 200
    assert owner_client.get("/said").json == ["said"]
    assert owner_client.get("/said").json == []


def test_flashed_messages_are_stored_encrypted(probe_app: Flask, owner_client: FlaskClient) -> None:
    owner_client.post("/say")
    with db.engine.connect() as connection:
        assert b"said" not in connection.exec_driver_sql("SELECT data FROM sessions").scalar_one()


def test_an_unsigned_cookie_is_ignored(probe_app: Flask) -> None:
    @probe_app.get("/token")
    @auth.public
    def token() -> str:
        return str(web_session.get("csrf_token", "none"))

    client = probe_app.test_client()
    client.set_cookie(probe_app.session_interface.visit_name, "eyJjc3JmX3Rva2VuIjoieCJ9.forged.forged")
    assert client.get("/token").text == "none"


@pytest.mark.parametrize(
    ("url", "name", "secure"),
    [("", "channeldesk-8480", False), ("https://desk.example", "__Host-channeldesk", True)],
)
def test_cookie_flags_are_as_strict_as_the_url_allows(settings: Settings, url: str, name: str, secure: bool) -> None:
    app = create_app(Settings.load({}, data_dir=settings.data_dir, public_url=url))
    app.test_client_class = user_accounts.IsolatedClient
    with app.app_context():
        create_file(db.engine)
        db.create_all()
    user_accounts.create_user(app, OWNER_USER)
    client = app.test_client()
    options = {"base_url": url or "http://localhost", "headers": {"Referer": f"{url}/sign-in"}}
    page = client.get("/sign-in", **options)
    token = page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    form = {"email": OWNER_USER.email, "password": OWNER_USER.password, "csrf_token": token}
    answer = client.post("/sign-in", data=form, **options)
    assert answer.status_code == 303
    closed = {"HttpOnly", "SameSite=Lax", "Path=/", *(["Secure"] if secure else [])}
    for response in (page, answer):
        for line in response.headers.getlist("Set-Cookie"):
            parts = set(line.split("; "))
            assert closed <= parts
            assert secure == ("Secure" in parts)
            assert not any(part.startswith("Domain") for part in parts)
    names = [line.split("=")[0] for line in answer.headers.getlist("Set-Cookie")]
    assert names == [name, f"{name}-visit"]
    with app.app_context():
        db.engine.dispose()
