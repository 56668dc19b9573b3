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
from tests.support.user_accounts import THE_COLLEAGUE, THE_OWNER
from webapp import create_app
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.db.engine import create_file
from webapp.models.users import User, WebSession
from webapp.queries.users import digest
from webapp.web import auth
from webapp.web.auth import requires


@pytest.fixture
def desk(app: Flask) -> Flask:
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

    user_accounts.add(app, THE_OWNER)
    return app


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the database is told while the block runs."""
    told: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        told.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield told
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie(client.application.session_interface.name)
    assert found is not None
    return found.value


@pytest.mark.only_sqlite
def test_a_page_costs_one_read_for_session_and_user(desk: Flask, owner: FlaskClient) -> None:
    owner.get("/probe")
    with statements() as told:
        assert owner.get("/probe").text == "for owner@desk.example"
    assert [one.split()[0] for one in told] == ["BEGIN", "SELECT"]
    assert "FROM sessions JOIN users" in told[1].replace("\n", "")
    with db.engine.connect() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT data FROM sessions JOIN users ON users.id = user_id WHERE id_hash = x'00'"
        ).all()
    assert [row.detail.split()[0] for row in plan] == ["SEARCH", "SEARCH"]


def test_static_files_and_unknown_addresses_ask_the_database_nothing(desk: Flask, owner: FlaskClient) -> None:
    with statements() as told:
        assert owner.get("/static/vendor/htmx-2.0.11/htmx.min.js").status_code == 200
    assert told == []


def test_the_table_knows_only_a_hash_of_the_cookie(desk: Flask, session: Session) -> None:
    client = desk.test_client()
    enter(client, THE_OWNER.email, THE_OWNER.password)
    row = session.scalars(select(WebSession)).one()
    assert row.id_hash == digest(cookie(client))
    assert len(cookie(client)) == 43


def test_signing_in_changes_the_id_and_the_token(desk: Flask, session: Session) -> None:
    client = user_accounts.sign_in(desk.test_client(), THE_COLLEAGUE)
    before, old = cookie(client), session.scalars(select(WebSession)).one()
    token = old.data["csrf_token"]
    session.rollback()

    @desk.post("/again")
    @auth.public
    def again() -> str:
        auth.sign_in(db.session.scalars(select(User).where(User.email == THE_OWNER.email)).one())
        return ""

    assert client.post("/again").status_code == 200
    assert cookie(client) != before
    session.expire_all()
    new = session.scalars(select(WebSession)).one()
    assert new.data["csrf_token"] != token
    assert client.get("/probe").text == "for owner@desk.example"


def test_a_visitor_cannot_choose_the_id(desk: Flask, session: Session) -> None:
    client = desk.test_client()
    client.set_cookie(desk.session_interface.name, "chosen-by-somebody")
    enter(client, THE_OWNER.email, THE_OWNER.password)
    assert cookie(client) != "chosen-by-somebody"
    assert session.scalars(select(WebSession.id_hash)).all() == [digest(cookie(client))]


def test_a_copied_cookie_is_dead_after_signing_out(desk: Flask, owner: FlaskClient, session: Session) -> None:
    thief = desk.test_client()
    thief.set_cookie(desk.session_interface.name, cookie(owner))
    assert thief.get("/probe").status_code == 200
    answer = owner.post("/sign-out")
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert owner.get_cookie(desk.session_interface.name) is None
    assert thief.get("/probe").status_code == 303
    assert session.scalars(select(WebSession)).all() == []


def test_signing_out_ends_this_browser_alone(desk: Flask, owner: FlaskClient) -> None:
    other = user_accounts.sign_in(desk.test_client(), THE_OWNER)
    owner.post("/sign-out")
    assert other.get("/probe").status_code == 200


def test_disabling_a_user_shuts_their_open_sessions_at_once(desk: Flask, owner: FlaskClient, session: Session) -> None:
    session.execute(update(User).values(active=False))
    session.commit()
    assert owner.get("/probe").status_code == 303


def test_a_new_role_counts_from_the_next_request(app: Flask, owner: FlaskClient, session: Session) -> None:
    @app.get("/probe")
    @requires("users.write")
    def probe() -> str:
        return ""

    assert owner.get("/probe").status_code == 200
    session.execute(update(User).values(role="viewer"))
    session.commit()
    assert owner.get("/probe").status_code == 403


@pytest.mark.parametrize(("every", "until"), [(13, 13), (11, 7 * 24 + 1)])
def test_a_session_runs_out_when_idle_and_in_any_case_after_a_week(desk: Flask, every: int, until: int) -> None:
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        client = user_accounts.sign_in(desk.test_client(), THE_OWNER)
        hours, statuses = 0, []
        while hours < until:
            step = min(every, until - hours)
            clock.shift(timedelta(hours=step))
            hours += step
            statuses.append(client.get("/probe").status_code)
    assert statuses == [200] * (len(statuses) - 1) + [303]


def test_being_there_is_noted_at_most_once_a_minute(desk: Flask, session: Session) -> None:
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        client = user_accounts.sign_in(desk.test_client(), THE_OWNER)
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


def test_old_sessions_are_cleared_away_at_the_next_sign_in(desk: Flask, session: Session) -> None:
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        user_accounts.sign_in(desk.test_client(), THE_COLLEAGUE)
        clock.shift(timedelta(hours=13))
        client = desk.test_client()
        enter(client, THE_OWNER.email, THE_OWNER.password)
    assert session.scalars(select(WebSession.id_hash)).all() == [digest(cookie(client))]


def test_a_view_can_leave_a_word_for_the_next_page_with_its_transaction_open(desk: Flask, owner: FlaskClient) -> None:
    started = datetime.now(UTC)
    assert owner.post("/say").status_code == 200
    assert owner.get("/said").json == ["said"]
    assert owner.get("/said").json == []
    assert datetime.now(UTC) - started < timedelta(seconds=5)


def test_a_word_for_the_next_page_is_kept_encrypted(desk: Flask, owner: FlaskClient) -> None:
    owner.post("/say")
    with db.engine.connect() as connection:
        assert b"said" not in connection.exec_driver_sql("SELECT data FROM sessions").scalar_one()


def test_what_a_visitor_brings_unsigned_counts_nothing(desk: Flask) -> None:
    @desk.get("/token")
    @auth.public
    def token() -> str:
        return str(web_session.get("csrf_token", "none"))

    client = desk.test_client()
    client.set_cookie(desk.session_interface.visit_name, "eyJjc3JmX3Rva2VuIjoieCJ9.forged.forged")
    assert client.get("/token").text == "none"


@pytest.mark.parametrize(
    ("url", "name", "secure"),
    [("", "channeldesk-8480", False), ("https://desk.example", "__Host-channeldesk", True)],
)
def test_cookies_are_as_closed_as_the_address_allows(settings: Settings, url: str, name: str, secure: bool) -> None:
    app = create_app(Settings.load({}, data_dir=settings.data_dir, public_url=url))
    app.test_client_class = user_accounts.Browser
    with app.app_context():
        create_file(db.engine)
        db.create_all()
    user_accounts.add(app, THE_OWNER)
    client = app.test_client()
    options = {"base_url": url or "http://localhost", "headers": {"Referer": f"{url}/sign-in"}}
    page = client.get("/sign-in", **options)
    token = page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    form = {"email": THE_OWNER.email, "password": THE_OWNER.password, "csrf_token": token}
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
