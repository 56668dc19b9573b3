"""One-time links: the first owner, a forgotten password, the demonstration."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.security.test_sign_in import enter, token_on
from tests.support import user_accounts
from tests.support.user_accounts import OWNER_USER, VIEWER_USER
from webapp.core.settings import Settings
from webapp.domain.errors import NotFoundError, RefusedError
from webapp.messages import SENTENCES
from webapp.models.audit_log import Event
from webapp.models.users import SignInAttempt, SignInLink, User
from webapp.services.users import users
from webapp.services.users.logins import FAILURES_PER_ACCOUNT
from webapp.web.auth import requires

GOOD = "correct horse battery"


def path(link: str, settings: Settings) -> str:
    assert link.startswith(f"{settings.address}/sign-in/")
    return link.removeprefix(settings.address)


def use(client: FlaskClient, link: str, **fields: str) -> TestResponse:
    """Open the page and send its form."""
    return client.post(link, data={"csrf_token": token_on(client.get(link)), **fields})


@pytest.fixture(autouse=True)
def probe(app: Flask) -> None:
    """A page for whoever is signed in."""
    app.add_url_rule("/probe", view_func=requires("orders.read")(lambda: ""), endpoint="probe")


@pytest.fixture
def first(session: Session, settings: Settings) -> str:
    return path(users.make_sign_in_link(session, settings, datetime.now(UTC)), settings)


def test_the_first_link_makes_the_owner_and_signs_in(
    anonymous_client: FlaskClient, first: str, session: Session
) -> None:
    answer = use(anonymous_client, first, email="  Me@Desk.Example", password=GOOD)
    assert (answer.status_code, answer.location) == (303, "/")
    user = session.scalars(select(User)).one()
    assert (user.email, user.role) == ("me@desk.example", "owner")
    session.rollback()
    assert anonymous_client.get("/sign-in?next=/orders").location == "/orders"
    assert enter(anonymous_client.application.test_client(), "me@desk.example", GOOD).status_code == 303


def test_opening_a_link_does_not_use_it(app: Flask, first: str) -> None:
    for _ in range(3):
        assert app.test_client().get(first).status_code == 200
        assert app.test_client().head(first).status_code == 200
    assert use(app.test_client(), first, email="me@desk.example", password=GOOD).status_code == 303


def test_a_link_works_once(app: Flask, first: str, session: Session) -> None:
    slow = app.test_client()
    token = token_on(slow.get(first))
    assert use(app.test_client(), first, email="me@desk.example", password=GOOD).status_code == 303
    form = {"csrf_token": token, "email": "late@desk.example", "password": GOOD}
    assert slow.post(first, data=form).status_code == 410
    assert slow.get(first).status_code == 410
    assert session.scalars(select(User.email)).all() == ["me@desk.example"]


def test_a_link_runs_out_after_a_day(anonymous_client: FlaskClient, session: Session, settings: Settings) -> None:
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        link = path(users.make_sign_in_link(session, settings, datetime.now(UTC)), settings)
        clock.shift(timedelta(hours=23, minutes=59))
        assert anonymous_client.get(link).status_code == 200
        clock.shift(timedelta(minutes=1))
        assert anonymous_client.get(link).status_code == 410


def test_a_newer_link_replaces_the_older(
    anonymous_client: FlaskClient, first: str, session: Session, settings: Settings
) -> None:
    newer = path(users.make_sign_in_link(session, settings, datetime.now(UTC)), settings)
    assert [anonymous_client.get(link).status_code for link in (first, newer)] == [410, 200]


def test_nobody_becomes_the_first_owner_twice(app: Flask, first: str, session: Session, settings: Settings) -> None:
    users.create_user(session, "me@desk.example", "owner", None, datetime.now(UTC))
    assert app.test_client().get(first).status_code == 410
    with pytest.raises(RefusedError, match="not_first_start"):
        users.make_sign_in_link(session, settings, datetime.now(UTC))


@pytest.mark.parametrize(
    ("email", "password", "message"),
    [
        ("nobody", GOOD, "This is not an e-mail address."),
        ("a@b@c", GOOD, "This is not an e-mail address."),
        ("a b@desk.example", GOOD, "This is not an e-mail address."),
        ("x" * 250 + "@desk.example", GOOD, "This is not an e-mail address."),
        ("me@desk.example", "eleven char", "A password needs at least 12 characters."),
        ("me@desk.example", "x" * 257, "A password can have at most 256 characters."),
        ("me@desk.example", "aaaaaaaaaaaaaaa", "This password is too easy to guess."),
        ("me@desk.example", "ME@desk.example", "This password is too easy to guess."),
        ("", GOOD, "Please fill this in."),
    ],
)
def test_invalid_input_is_reported_and_the_link_stays_valid(
    anonymous_client: FlaskClient, first: str, session: Session, email: str, password: str, message: str
) -> None:
    answer = use(anonymous_client, first, email=email, password=password)
    assert answer.status_code == 422
    assert message in answer.text
    assert session.scalars(select(User)).all() == []
    session.rollback()
    assert use(anonymous_client, first, email="me@desk.example", password=GOOD).status_code == 303


def test_a_forgotten_password_is_replaced_and_other_browsers_are_signed_out(
    app: Flask, owner_client: FlaskClient, viewer_client: FlaskClient, session: Session, settings: Settings
) -> None:
    link = path(users.make_sign_in_link(session, settings, datetime.now(UTC), " OWNER@desk.example"), settings)
    client = app.test_client()
    assert OWNER_USER.email in client.get(link).text
    assert use(client, link, password="a brand new password").status_code == 303
    assert client.get("/probe").status_code == 200
    assert owner_client.get("/probe").status_code == 303
    assert viewer_client.get("/probe").status_code == 200
    assert enter(app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 422
    assert enter(app.test_client(), OWNER_USER.email, "a brand new password").status_code == 303


def test_a_link_opens_a_locked_account(app: Flask, session: Session, settings: Settings) -> None:
    user_accounts.create_user(app, OWNER_USER)
    for _ in range(FAILURES_PER_ACCOUNT):
        enter(app.test_client(), OWNER_USER.email, "not the password")
    link = path(users.make_sign_in_link(session, settings, datetime.now(UTC), OWNER_USER.email), settings)
    assert use(app.test_client(), link, password=GOOD).status_code == 303
    assert enter(app.test_client(), OWNER_USER.email, GOOD).status_code == 303
    assert session.scalars(select(SignInAttempt.outcome).order_by(SignInAttempt.id.desc())).first() == "signed_in"


def test_links_are_only_for_users_who_may_sign_in(app: Flask, session: Session, settings: Settings) -> None:
    user = session.get_one(User, user_accounts.create_user(app, VIEWER_USER))
    link = path(users.make_sign_in_link(session, settings, datetime.now(UTC), VIEWER_USER.email), settings)
    user.active = False
    session.commit()
    assert app.test_client().get(link).status_code == 410
    with pytest.raises(RefusedError, match="user_disabled"):
        users.make_sign_in_link(session, settings, datetime.now(UTC), VIEWER_USER.email)
    with pytest.raises(NotFoundError, match="user_unknown"):
        users.make_sign_in_link(session, settings, datetime.now(UTC), "who@desk.example")


def test_the_demonstration_asks_for_no_password_and_has_none(app: Flask, session: Session, settings: Settings) -> None:
    for _ in range(2):
        link = path(users.make_demo_link(session, settings, datetime.now(UTC)), settings)
        client = app.test_client()
        assert 'type="password"' not in client.get(link).text
        assert use(client, link).status_code == 303
        assert client.get("/probe").status_code == 200
        assert app.test_client().get(link).status_code == 410
    user = session.scalars(select(User)).one()
    assert (user.role, user.password) == ("owner", None)


def test_a_link_needs_the_token_of_its_form(anonymous_client: FlaskClient, first: str, session: Session) -> None:
    assert anonymous_client.post(first, data={"email": "me@desk.example", "password": GOOD}).status_code == 419
    assert session.scalars(select(User)).all() == []


def test_only_a_hash_of_the_link_is_kept(first: str, session: Session) -> None:
    row = session.scalars(select(SignInLink)).one()
    token = first.rpartition("/")[2]
    assert len(token) == 43
    assert token.encode() not in row.token_hash
    assert len(row.token_hash) == 32


def test_the_history_of_users_is_kept_without_their_names(
    app: Flask, first: str, session: Session, settings: Settings
) -> None:
    use(app.test_client(), first, email="me@desk.example", password=GOOD)
    link = path(users.make_sign_in_link(session, settings, datetime.now(UTC), "me@desk.example"), settings)
    use(app.test_client(), link, password="a brand new password")
    kept = [(event.kind, event.actor, event.args) for event in session.scalars(select(Event).order_by(Event.id))]
    assert kept == [
        ("user_created", "link", {"user": 1, "role": "owner"}),
        ("link_made", "cli", {"user": 1}),
        ("password_set", "user:1", {"user": 1}),
    ]
    assert {kind for kind, _, _ in kept} <= set(SENTENCES)
