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
from tests.support.user_accounts import THE_COLLEAGUE, THE_OWNER
from webapp.core.extensions import db
from webapp.domain.errors import InvalidError, RefusedError
from webapp.models.users import SignInAttempt, User, WebSession
from webapp.services.users.logins import FAILURES_PER_ACCOUNT, FAILURES_PER_ADDRESS, sign_in
from webapp.web import auth
from webapp.web.auth import requires

WRONG = "This e-mail address and password do not go together."


@pytest.fixture
def desk(app: Flask) -> Flask:
    """An application with one page that needs a permission, and two people who know a password."""

    @app.get("/probe")
    @requires("orders.read")
    def probe() -> str:
        return f"for {auth.current_user.email}"

    user_accounts.add(app, THE_OWNER)
    user_accounts.add(app, THE_COLLEAGUE)
    return app


def token_on(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def enter(client: FlaskClient, email: str, password: str, target: str = "", **kwargs: object) -> TestResponse:
    token = token_on(client.get("/sign-in"))
    form = {"email": email, "password": password, "next": target, "csrf_token": token}
    return client.post("/sign-in", data=form, **kwargs)


def test_the_right_password_opens_the_page_that_was_asked_for(desk: Flask) -> None:
    client = desk.test_client()
    asked = client.get("/probe?page=2")
    assert (asked.status_code, asked.location) == (303, "/sign-in?next=/probe%3Fpage%3D2")
    assert 'value="/probe?page=2"' in client.get(asked.location).text
    answer = enter(client, "  Owner@DESK.example ", THE_OWNER.password, "/probe?page=2")
    assert (answer.status_code, answer.location) == (303, "/probe?page=2")
    assert client.get("/probe").text == "for owner@desk.example"


def test_unknown_disabled_passwordless_and_wrong_are_one_sentence(desk: Flask, session: Session) -> None:
    user_accounts.add(desk, user_accounts.Person("nobody@desk.example", "never said to anyone", "owner"))
    session.execute(update(User).where(User.email == THE_COLLEAGUE.email).values(active=False))
    session.execute(update(User).where(User.email == "nobody@desk.example").values(password=None))
    session.commit()
    pages = set()
    for email, password in (
        ("who@desk.example", THE_OWNER.password),
        (THE_COLLEAGUE.email, THE_COLLEAGUE.password),
        ("nobody@desk.example", "never said to anyone"),
        (THE_OWNER.email, THE_OWNER.password + "x"),
        (THE_OWNER.email, "x" * 5000),
        ("'; drop table users --", "x"),
    ):
        answer = enter(desk.test_client(), email, password)
        assert answer.status_code == 422
        assert WRONG in answer.text
        pages.add(re.sub(r'value="[^"]*"', "", answer.text))
    assert len(pages) == 1


def test_an_unknown_account_costs_one_hash_like_a_known_one(desk: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    context = desk.extensions["security"].pwd_context
    done: list[str] = []
    for name in ("hash", "verify"):
        real = getattr(context, name)
        monkeypatch.setattr(
            context, name, lambda *a, _real=real, _name=name, **k: (done.append(_name), _real(*a, **k))[1]
        )
    enter(desk.test_client(), "who@desk.example", "some password")
    assert done == ["hash"]
    enter(desk.test_client(), THE_OWNER.email, "some password")
    assert done == ["hash", "verify"]


def test_an_empty_field_is_said_at_the_field(desk: Flask, session: Session) -> None:
    answer = enter(desk.test_client(), "", "")
    assert answer.status_code == 422
    assert answer.text.count("Please fill this in.") == 2
    assert session.scalars(select(SignInAttempt)).all() == []


def test_ten_failures_lock_the_account_for_half_an_hour_and_nobody_else(desk: Flask) -> None:
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        for _ in range(FAILURES_PER_ACCOUNT):
            assert enter(desk.test_client(), THE_OWNER.email, "not the password").status_code == 422
        refused = enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password)
        assert refused.status_code == 429
        assert "Try again in 30 min," in refused.text
        assert enter(desk.test_client(), THE_COLLEAGUE.email, THE_COLLEAGUE.password).status_code == 303
        clock.shift(timedelta(minutes=29, seconds=59))
        assert "Try again in 1 min," in enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).text
        clock.shift(timedelta(seconds=1))
        assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).status_code == 303


def test_the_lock_counts_from_the_last_failure(desk: Flask) -> None:
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        for number in range(10):
            clock.shift(timedelta(minutes=5 if number else 0))
            assert enter(desk.test_client(), THE_OWNER.email, "not the password").status_code == 422
        # 08:45, the tenth failure: half an hour after the first one is long over.
        assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).status_code == 429
        clock.shift(timedelta(minutes=29, seconds=59))
        assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).status_code == 429
        clock.shift(timedelta(seconds=1))
        assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).status_code == 303


def test_nine_failures_lock_nothing_and_failures_of_over_an_hour_ago_do_not_count(desk: Flask) -> None:
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        for _ in range(9):
            assert enter(desk.test_client(), THE_OWNER.email, "not the password").status_code == 422
        clock.shift(timedelta(hours=1))
        for _ in range(9):
            assert enter(desk.test_client(), THE_OWNER.email, "not the password").status_code == 422
        assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).status_code == 303


def test_one_address_has_thirty_failures_in_a_quarter_of_an_hour(desk: Flask) -> None:
    """Literal numbers: a test that counts with the product's own constants passes with any of them."""
    with time_machine.travel("2026-11-21T08:00:00Z", tick=False) as clock:
        for number in range(29):
            assert enter(desk.test_client(), f"guess{number}@desk.example", "not the password").status_code == 422
        assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).status_code == 303
        assert enter(desk.test_client(), "guess29@desk.example", "not the password").status_code == 422
        assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).status_code == 429
        clock.shift(timedelta(minutes=14, seconds=59))
        assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).status_code == 429
        clock.shift(timedelta(seconds=1))
        assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).status_code == 303


def test_an_account_nobody_has_is_locked_just_the_same(desk: Flask) -> None:
    for _ in range(FAILURES_PER_ACCOUNT):
        enter(desk.test_client(), "who@desk.example", "not the password")
    assert enter(desk.test_client(), "who@desk.example", "not the password").status_code == 429


def test_a_success_forgets_the_failures_before_it(desk: Flask) -> None:
    for _ in range(2):
        for _ in range(FAILURES_PER_ACCOUNT - 1):
            enter(desk.test_client(), THE_OWNER.email, "not the password")
        assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).status_code == 303


def test_one_address_cannot_try_many_accounts(desk: Flask) -> None:
    for number in range(FAILURES_PER_ADDRESS):
        enter(desk.test_client(), f"guess{number}@desk.example", "not the password")
    assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).status_code == 429
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert (
        enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password, environ_overrides=elsewhere).status_code == 303
    )


def test_all_addresses_of_an_ipv6_network_of_64_bits_are_one_visitor(desk: Flask, session: Session) -> None:
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


def test_attempts_are_kept_without_address_or_name(desk: Flask, session: Session) -> None:
    enter(desk.test_client(), THE_OWNER.email, "not the password")
    enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password)
    rows = session.scalars(select(SignInAttempt).order_by(SignInAttempt.id)).all()
    assert [row.outcome for row in rows] == ["failed", "signed_in"]
    assert rows[0].account == rows[1].account != rows[0].address
    assert len(rows[0].account) == len(rows[0].address) == 16


def test_a_hash_with_old_parameters_is_renewed_at_sign_in(desk: Flask, session: Session) -> None:
    weak = desk.extensions["security"].pwd_context.handler("argon2").using(memory_cost=1024, rounds=1)
    session.execute(update(User).values(password=weak.hash(THE_OWNER.password)))
    session.commit()
    assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).status_code == 303
    stored = session.scalars(select(User.password).where(User.email == THE_OWNER.email)).one()
    session.rollback()
    assert stored is not None
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password).status_code == 303


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
def test_nobody_is_sent_to_another_site(desk: Flask, target: str) -> None:
    assert enter(desk.test_client(), THE_OWNER.email, THE_OWNER.password, target).location == "/"


def test_signing_in_or_out_without_a_token_is_refused(desk: Flask, session: Session) -> None:
    client = desk.test_client()
    form = {"email": THE_OWNER.email, "password": THE_OWNER.password}
    assert client.post("/sign-in", data=form).status_code == 419
    enter(client, THE_OWNER.email, THE_OWNER.password)
    assert client.post("/sign-out").status_code == 419
    assert client.get("/probe").status_code == 200


def test_a_token_of_somebody_else_is_refused(desk: Flask) -> None:
    stolen = token_on(desk.test_client().get("/sign-in"))
    client = desk.test_client()
    client.get("/sign-in")
    form = {"email": THE_OWNER.email, "password": THE_OWNER.password, "csrf_token": stolen}
    assert client.post("/sign-in", data=form).status_code == 419


def test_whoever_is_signed_in_already_skips_the_sign_in_page(owner: FlaskClient) -> None:
    answer = owner.get("/sign-in?next=/orders")
    assert (answer.status_code, answer.location) == (303, "/orders")


def test_visitors_fill_no_table(desk: Flask, session: Session) -> None:
    for _ in range(3):
        desk.test_client().get("/sign-in")
    assert session.scalars(select(WebSession)).all() == []


def test_guesses_sent_at_the_same_moment_count_each_other(desk: Flask) -> None:
    looked_at: list[str] = []
    together = threading.Barrier(2 * FAILURES_PER_ACCOUNT)

    def verify(password: str, _stored: str | None) -> tuple[bool, str | None]:
        looked_at.append(password)
        return False, None

    def guess(number: int) -> None:
        together.wait(10)
        with Session(engine) as session, contextlib.suppress(InvalidError, RefusedError):
            sign_in(session, THE_OWNER.email, f"guess {number}", "127.0.0.1", verify, datetime.now(UTC))

    engine = db.engine
    threads = [threading.Thread(target=guess, args=(number,)) for number in range(2 * FAILURES_PER_ACCOUNT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(looked_at) == FAILURES_PER_ACCOUNT
