"""The own profile: preferences, password and sessions."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support import user_accounts
from tests.support.factories import a_store, an_account, an_order
from tests.support.user_accounts import OWNER_USER
from webapp.models.audit_log import Event
from webapp.models.users import SignInAttempt, User, WebSession
from webapp.services.sync.importing import import_page

CHOICES = {"language": "", "time_zone": "", "clock": "", "theme": "", "density": ""}
PASSWORD = OWNER_USER.password
NEW = "another long Password 2"


@pytest.fixture
def order_page(session: Session) -> str:
    """The page of an Amazon order that was placed on 1 July at 20:05 UTC, in a German store."""
    account = an_account(session)
    a_store(account)
    placed = datetime(2024, 7, 1, 20, 5, tzinfo=UTC)
    import_page.import_page(session, account.id, [an_order(1, purchased_at=placed)], now=placed, actor="amazon")
    session.commit()
    return "/amazon-orders/303-0000000-0000001"


def save(client: FlaskClient, **choices: str) -> int:
    return client.post("/profile/preferences", data=CHOICES | choices).status_code


def test_times_are_shown_in_the_chosen_zone_and_clock(owner_client: FlaskClient, order_page: str) -> None:
    assert re.search(r"10:05\sPM CEST", owner_client.get(order_page).text)

    assert save(owner_client, time_zone="Asia/Tokyo", clock="24") == 303
    assert "05:05 JST" in owner_client.get(order_page).text
    assert "05:05" in owner_client.get("/amazon-orders").text

    assert save(owner_client, time_zone="America/New_York", clock="12") == 303
    assert re.search(r"4:05\sPM EDT", owner_client.get(order_page).text)
    assert re.search(r"\b4:05\sPM", owner_client.get("/amazon-orders").text)


def test_preferences_follow_the_user_into_another_browser(app: Flask, owner_client: FlaskClient) -> None:
    assert save(owner_client, theme="dark", density="compact") == 303

    elsewhere = user_accounts.sign_in(app.test_client(), OWNER_USER).get("/profile").text

    assert 'data-bs-theme="dark"' in elsewhere
    assert 'data-density="compact"' in elsewhere


def test_a_theme_chosen_in_the_menu_is_stored_for_the_user(app: Flask, owner_client: FlaskClient) -> None:
    owner_client.post("/preferences", data={"theme": "light"})

    assert 'data-bs-theme="light"' in user_accounts.sign_in(app.test_client(), OWNER_USER).get("/profile").text
    owner_client.post("/preferences", data={"theme": "system"})
    assert "data-bs-theme" not in user_accounts.sign_in(app.test_client(), OWNER_USER).get("/profile").text


def test_an_unknown_choice_is_refused_and_nothing_is_stored(owner_client: FlaskClient, session: Session) -> None:
    for choice in ({"time_zone": "Mars/Olympus"}, {"clock": "13"}, {"theme": "purple"}, {"language": "tlh"}):
        assert save(owner_client, **choice) == 422, choice

    assert session.scalars(select(User.preferences)).all() == [{}]


def test_a_stored_choice_that_no_longer_exists_counts_as_the_default(
    owner_client: FlaskClient, session: Session
) -> None:
    session.scalars(select(User)).one().preferences = {"time_zone": "Mars/Olympus", "gone": "x", "theme": "dark"}
    session.commit()

    page = owner_client.get("/profile")

    assert page.status_code == 200
    assert 'data-bs-theme="dark"' in page.text


def test_a_new_password_ends_all_other_sessions(app: Flask, owner_client: FlaskClient, session: Session) -> None:
    elsewhere = user_accounts.sign_in(app.test_client(), OWNER_USER)

    changed = owner_client.post("/profile/password", data={"current": PASSWORD, "password": NEW, "repeated": NEW})

    assert changed.status_code == 303
    assert owner_client.get("/profile").status_code == 200
    assert elsewhere.get("/profile").status_code == 303
    fresh = app.test_client()
    page = fresh.get("/sign-in").text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    data = {"csrf_token": token, "email": OWNER_USER.email, "password": NEW}
    assert fresh.post("/sign-in", data=data).status_code == 303
    assert "password_changed" in session.scalars(select(Event.kind)).all()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"current": "wrong", "password": NEW, "repeated": NEW}, "The current password is wrong."),
        ({"current": PASSWORD, "password": NEW, "repeated": NEW + "x"}, "The two passwords are different."),
        ({"current": PASSWORD, "password": "short", "repeated": "short"}, "A password needs at least 12 characters."),
        ({"current": "", "password": NEW, "repeated": NEW}, "Please fill this in."),
    ],
)
def test_a_password_is_not_changed_without_the_current_one_and_a_good_new_one(
    owner_client: FlaskClient, session: Session, data: dict[str, str], text: str
) -> None:
    before = session.scalars(select(User.password)).one()
    session.rollback()

    page = owner_client.post("/profile/password", data=data)

    assert (page.status_code, text in page.text) == (422, True)
    assert session.scalars(select(User.password)).one() == before


def test_guessing_the_current_password_locks_it(owner_client: FlaskClient, session: Session) -> None:
    now = datetime.now(UTC)
    wrong = {"current": "wrong", "password": NEW, "repeated": NEW}
    assert owner_client.post("/profile/password", data=wrong).status_code == 422
    attempt = session.scalars(select(SignInAttempt)).one()
    session.add_all(
        SignInAttempt(at=now - timedelta(seconds=n), account=attempt.account, address=attempt.address, outcome="failed")
        for n in range(9)
    )
    session.commit()

    page = owner_client.post("/profile/password", data=wrong | {"current": PASSWORD})

    assert page.status_code == 429
    assert "Too many failed attempts." in page.text


def test_own_sessions_are_listed_and_ended_one_by_one_or_all(
    app: Flask, owner_client: FlaskClient, viewer_client: FlaskClient, session: Session
) -> None:
    others = [user_accounts.sign_in(app.test_client(), OWNER_USER) for _ in range(3)]
    owner_id = session.scalars(select(User.id).where(User.email == OWNER_USER.email)).one()
    keys = session.scalars(
        select(WebSession.id_hash).where(WebSession.user_id == owner_id).order_by(WebSession.created_at)
    ).all()
    session.rollback()
    assert owner_client.get("/profile").text.count('/end"') == 3

    assert owner_client.post(f"/profile/sessions/{keys[1].hex()}/end").status_code == 303
    assert [client.get("/profile").status_code for client in others] == [303, 200, 200]
    # A session of another user and one that has ended are both unknown here.
    assert viewer_client.post(f"/profile/sessions/{keys[2].hex()}/end").status_code == 303
    assert owner_client.post("/profile/sessions/zz/end").status_code == 303
    assert others[1].get("/profile").status_code == 200
    assert owner_client.post("/profile/sessions/end-others").status_code == 303
    assert [client.get("/profile").status_code for client in others] == [303, 303, 303]
    assert owner_client.get("/profile").status_code == 200
    assert viewer_client.get("/profile").status_code == 200


def test_a_session_is_recognized_by_its_browser(app: Flask, owner_client: FlaskClient) -> None:
    client = app.test_client()
    page = client.get("/sign-in").text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    data = {"csrf_token": token, "email": OWNER_USER.email, "password": PASSWORD}
    assert client.post("/sign-in", data=data, headers={"User-Agent": agent}).status_code == 303

    assert "Firefox, Linux" in owner_client.get("/profile").text
