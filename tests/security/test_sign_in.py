"""Coming in with e-mail and password over HTTP, and being kept out."""

import contextlib
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.support import user_accounts
from tests.support.user_accounts import OWNER_USER, VIEWER_USER
from webapp.core.extensions import db
from webapp.domain.errors import InvalidError, RefusedError
from webapp.models.users import SignInAttempt, User, WebSession
from webapp.services.users.logins import FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS, sign_in
from webapp.web import auth
from webapp.web.auth import requires

WRONG = "The e-mail address or password is wrong."


@pytest.fixture
def probe_app(app: Flask) -> Flask:
    """An application with one page that needs a permission, and two people who know a password."""

    @app.get("/probe")
    @requires("orders.read")
    def probe() -> str:
        return f"for {auth.current_user.email}"

    user_accounts.create_user(app, OWNER_USER)
    user_accounts.create_user(app, VIEWER_USER)
    return app


def token_on(page: TestResponse) -> str:
    match = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert match, page.text
    return match[1]


def enter(client: FlaskClient, email: str, password: str, target: str = "", **kwargs: object) -> TestResponse:
    token = token_on(client.get("/sign-in"))
    form = {"email": email, "password": password, "next": target, "csrf_token": token}
    return client.post("/sign-in", data=form, **kwargs)


def test_the_right_password_opens_the_page_that_was_asked_for(probe_app: Flask) -> None:
    client = probe_app.test_client()
    asked = client.get("/probe?page=2")
    assert (asked.status_code, asked.location) == (303, "/sign-in?next=/probe%3Fpage%3D2")
    assert 'value="/probe?page=2"' in client.get(asked.location).text
    answer = enter(client, "  Owner@DESK.example ", OWNER_USER.password, "/probe?page=2")
    assert (answer.status_code, answer.location) == (303, "/probe?page=2")
    assert client.get("/probe").text == "for owner@desk.example"


def test_unknown_disabled_passwordless_and_wrong_give_the_same_message(probe_app: Flask, session: Session) -> None:
    user_accounts.create_user(
        probe_app, user_accounts.UserAccount("nobody@desk.example", "never said to anyone", "owner")
    )
    session.execute(update(User).where(User.email == VIEWER_USER.email).values(active=False))
    session.execute(update(User).where(User.email == "nobody@desk.example").values(password=None))
    session.commit()
    pages = set()
    for email, password in (
        ("who@desk.example", OWNER_USER.password),
        (VIEWER_USER.email, VIEWER_USER.password),
        ("nobody@desk.example", "never said to anyone"),
        (OWNER_USER.email, OWNER_USER.password + "x"),
        (OWNER_USER.email, "x" * 5000),
        ("'; drop table users --", "x"),
    ):
        answer = enter(probe_app.test_client(), email, password)
        assert answer.status_code == 422
        assert WRONG in answer.text
        pages.add(re.sub(r'value="[^"]*"', "", answer.text))
    assert len(pages) == 1


def test_an_unknown_account_costs_one_hash_like_a_known_one(probe_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    context = probe_app.extensions["security"].pwd_context
    done: list[str] = []
    for name in ("hash", "verify"):
        real = getattr(context, name)
        monkeypatch.setattr(
            context, name, lambda *a, _real=real, _name=name, **k: (done.append(_name), _real(*a, **k))[1]
        )
    enter(probe_app.test_client(), "who@desk.example", "some password")
    assert done == ["hash"]
    enter(probe_app.test_client(), OWNER_USER.email, "some password")
    assert done == ["hash", "verify"]


def test_an_empty_field_shows_its_error(probe_app: Flask, session: Session) -> None:
    answer = enter(probe_app.test_client(), "", "")
    assert answer.status_code == 422
    assert answer.text.count("Please fill this in.") == 2
    assert session.scalars(select(SignInAttempt)).all() == []


def test_ten_failures_lock_the_account_for_half_an_hour_and_nobody_else(probe_app: Flask) -> None:
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        for _ in range(FAILURES_PER_ACCOUNT):
            assert enter(probe_app.test_client(), OWNER_USER.email, "not the password").status_code == 422
        refused = enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password)
        assert refused.status_code == 429
        assert "Try again in 30 min," in refused.text
        assert enter(probe_app.test_client(), VIEWER_USER.email, VIEWER_USER.password).status_code == 303
        clock.shift(timedelta(minutes=29, seconds=59))
        assert "Try again in 1 min," in enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).text
        clock.shift(timedelta(seconds=1))
        assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 303


def test_the_lock_counts_from_the_last_failure(probe_app: Flask) -> None:
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        for number in range(10):
            clock.shift(timedelta(minutes=5 if number else 0))
            assert enter(probe_app.test_client(), OWNER_USER.email, "not the password").status_code == 422
        # 08:45, the tenth failure: half an hour after the first one is long over.
        assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 429
        clock.shift(timedelta(minutes=29, seconds=59))
        assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 429
        clock.shift(timedelta(seconds=1))
        assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 303


def test_nine_failures_lock_nothing_and_failures_of_over_an_hour_ago_do_not_count(probe_app: Flask) -> None:
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        for _ in range(9):
            assert enter(probe_app.test_client(), OWNER_USER.email, "not the password").status_code == 422
        clock.shift(timedelta(hours=1))
        for _ in range(9):
            assert enter(probe_app.test_client(), OWNER_USER.email, "not the password").status_code == 422
        assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 303


def test_one_address_has_thirty_failures_in_a_quarter_of_an_hour(probe_app: Flask) -> None:
    """Literal numbers: a test that counts with the product's own constants passes with any of them."""
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        for number in range(29):
            assert enter(probe_app.test_client(), f"guess{number}@desk.example", "not the password").status_code == 422
        assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 303
        assert enter(probe_app.test_client(), "guess29@desk.example", "not the password").status_code == 422
        assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 429
        clock.shift(timedelta(minutes=14, seconds=59))
        assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 429
        clock.shift(timedelta(seconds=1))
        assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 303


def test_an_unknown_account_is_locked_in_the_same_way(probe_app: Flask) -> None:
    for _ in range(FAILURES_PER_ACCOUNT):
        enter(probe_app.test_client(), "who@desk.example", "not the password")
    assert enter(probe_app.test_client(), "who@desk.example", "not the password").status_code == 429


def test_a_success_forgets_the_failures_before_it(probe_app: Flask) -> None:
    for _ in range(2):
        for _ in range(FAILURES_PER_ACCOUNT - 1):
            enter(probe_app.test_client(), OWNER_USER.email, "not the password")
        assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 303


def test_one_address_cannot_try_many_accounts(probe_app: Flask) -> None:
    for number in range(FAILURES_PER_ADDRESS):
        enter(probe_app.test_client(), f"guess{number}@desk.example", "not the password")
    assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 429
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert (
        enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password, environ_overrides=elsewhere).status_code
        == 303
    )


def test_all_addresses_of_an_ipv6_network_of_64_bits_are_one_visitor(probe_app: Flask, session: Session) -> None:
    now = datetime(2026, 11, 21, 8, tzinfo=UTC)

    def fails(number: int, address: str) -> None:
        sign_in(session, f"guess{number}@desk.example", "a guess", address, lambda *_: (False, None), now)

    for number in range(30):
        with pytest.raises(InvalidError):
            fails(number, f"2001:db8:0:1::{number:x}")
    for address in ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:0db8:0000:0001:8000::"):
        with pytest.raises(RefusedError):
            fails(30, address)
    for address in ("2001:db8:0:2::1", "2001:db8::1", "192.0.2.1"):
        with pytest.raises(InvalidError):
            fails(31, address)


def test_attempts_are_kept_without_address_or_name(probe_app: Flask, session: Session) -> None:
    enter(probe_app.test_client(), OWNER_USER.email, "not the password")
    enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password)
    rows = session.scalars(select(SignInAttempt).order_by(SignInAttempt.id)).all()
    assert [row.outcome for row in rows] == ["failed", "signed_in"]
    assert rows[0].account == rows[1].account != rows[0].address
    assert len(rows[0].account) == len(rows[0].address) == 16


def test_a_hash_with_old_parameters_is_renewed_at_sign_in(probe_app: Flask, session: Session) -> None:
    weak = probe_app.extensions["security"].pwd_context.handler("argon2").using(memory_cost=1024, rounds=1)
    session.execute(update(User).values(password=weak.hash(OWNER_USER.password)))
    session.commit()
    assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 303
    stored = session.scalars(select(User.password).where(User.email == OWNER_USER.email)).one()
    session.rollback()
    assert stored is not None
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password).status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/a\nb",
        "",
    ],
)
def test_nobody_is_sent_to_another_site(probe_app: Flask, target: str) -> None:
    assert enter(probe_app.test_client(), OWNER_USER.email, OWNER_USER.password, target).location == "/"


def test_signing_in_or_out_without_a_token_is_refused(probe_app: Flask, session: Session) -> None:
    client = probe_app.test_client()
    form = {"email": OWNER_USER.email, "password": OWNER_USER.password}
    assert client.post("/sign-in", data=form).status_code == 419
    enter(client, OWNER_USER.email, OWNER_USER.password)
    assert client.post("/sign-out").status_code == 419
    assert client.get("/probe").status_code == 200


def test_a_token_of_somebody_else_is_refused(probe_app: Flask) -> None:
    stolen = token_on(probe_app.test_client().get("/sign-in"))
    client = probe_app.test_client()
    client.get("/sign-in")
    form = {"email": OWNER_USER.email, "password": OWNER_USER.password, "csrf_token": stolen}
    assert client.post("/sign-in", data=form).status_code == 419


def test_whoever_is_signed_in_already_skips_the_sign_in_page(owner_client: FlaskClient) -> None:
    answer = owner_client.get("/sign-in?next=/orders")
    assert (answer.status_code, answer.location) == (303, "/orders")


def test_visitors_fill_no_table(probe_app: Flask, session: Session) -> None:
    for _ in range(3):
        probe_app.test_client().get("/sign-in")
    assert session.scalars(select(WebSession)).all() == []


def test_concurrent_guesses_are_all_counted(probe_app: Flask) -> None:
    looked_at: list[str] = []
    together = threading.Barrier(2 * FAILURES_PER_ACCOUNT)

    def verify(password: str, _stored: str | None) -> tuple[bool, str | None]:
        looked_at.append(password)
        return False, None

    def guess(number: int) -> None:
        together.wait(120)
        with Session(engine) as session, contextlib.suppress(InvalidError, RefusedError):
            sign_in(session, OWNER_USER.email, f"guess {number}", "127.0.0.1", verify, datetime.now(UTC))

    engine = db.engine
    threads = [threading.Thread(target=guess, args=(number,)) for number in range(2 * FAILURES_PER_ACCOUNT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(looked_at) == FAILURES_PER_ACCOUNT
