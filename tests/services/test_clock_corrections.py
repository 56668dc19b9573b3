"""Times of locks, sessions and links that lie in the future are brought back by the maintenance job."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select

from jobs.maintenance import run_maintenance
from tests.support import user_accounts
from tests.support.user_accounts import OWNER_USER
from webapp.core.extensions import db
from webapp.domain.errors import InvalidError, RefusedError
from webapp.models.users import SignInAttempt, SignInLink, WebSession
from webapp.services.users import users
from webapp.services.users.logins import FAILURES_PER_ACCOUNT, LOCK_TIME, sign_in

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("job_queue")]

TEN_DAYS = timedelta(days=10)


def attempt(session, now, password, verified):
    try:
        return sign_in(session, OWNER_USER.email, password, "192.0.2.1", lambda *_: (verified, None), now)
    except (InvalidError, RefusedError) as error:
        return error.code


def test_a_lock_of_then_lasts_no_longer_than_any_other(app, session):
    user_accounts.create_user(app, OWNER_USER)
    now = datetime.now(UTC)
    for n in range(FAILURES_PER_ACCOUNT + 1):
        attempt(session, now + TEN_DAYS + timedelta(seconds=n), "wrong", False)
    assert attempt(session, now, OWNER_USER.password, True) == "sign_in_locked"

    run_maintenance()

    later = datetime.now(UTC) + LOCK_TIME + timedelta(seconds=1)
    assert attempt(session, later, OWNER_USER.password, True).email == OWNER_USER.email


def test_failures_are_counted_after_a_sign_in_of_then(app, session):
    user_accounts.create_user(app, OWNER_USER)
    now = datetime.now(UTC)
    attempt(session, now + TEN_DAYS, OWNER_USER.password, True)

    run_maintenance()

    later = datetime.now(UTC) + timedelta(seconds=1)
    outcomes = [attempt(session, later, "wrong", False) for _ in range(FAILURES_PER_ACCOUNT + 1)]
    assert outcomes[-1] == "sign_in_locked"


def test_a_session_of_then_ends_as_early_as_any_other(owner_client, session):
    then = datetime.now(UTC) + TEN_DAYS
    (web_session,) = session.scalars(select(WebSession))
    web_session.created_at = web_session.seen_at = then
    session.commit()

    run_maintenance()

    session.expire_all()
    assert max(web_session.created_at, web_session.seen_at) <= datetime.now(UTC)
    assert owner_client.get("/orders").status_code == 200


def test_a_link_of_then_lives_no_longer_than_any_other(session, settings):
    users.make_sign_in_link(session, settings, datetime.now(UTC) + TEN_DAYS)
    session.commit()

    run_maintenance()

    (expires_at,) = session.scalars(select(SignInLink.expires_at))
    assert expires_at - datetime.now(UTC) <= users.LINK_LIFETIME


def test_where_the_clock_was_right_nothing_is_written(app, session):
    user_accounts.create_user(app, OWNER_USER)
    now = datetime.now(UTC)
    attempt(session, now + timedelta(seconds=50), "wrong", False)
    run_maintenance()
    written = []

    def note(_connection, _cursor, statement, *_more):
        if statement.startswith("UPDATE") and "sign_in" in statement:
            written.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    run_maintenance()
    event.remove(db.engine, "before_cursor_execute", note)

    assert written == []
    assert session.scalars(select(SignInAttempt.at)).one() > now + timedelta(seconds=40)
