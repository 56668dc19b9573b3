"""People are managed by an owner, on the page and on the command line, and an owner always remains."""

import json
import re
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.security.test_links import GOOD, path, use
from tests.security.test_sign_in import enter
from tests.security.test_users_command import folder, run  # noqa: F401 - a fixture
from tests.support import user_accounts
from tests.support.command_line import CommandError
from tests.support.user_accounts import OWNER_USER, VIEWER_USER
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.domain.errors import NotFoundError, RefusedError
from webapp.models.audit_log import Event
from webapp.models.users import SignInLink, User, WebSession
from webapp.services.users import users

AUDIT_ARGS = {"now": datetime(2026, 11, 30, tzinfo=UTC), "actor": "test"}
LAST_OWNER = "This is the last active owner."


def user_id(session: Session, person: user_accounts.UserAccount) -> int:
    user_id = session.scalars(select(User.id).where(User.email == person.email)).one()
    session.rollback()
    return user_id


def row(session: Session, person: user_accounts.UserAccount) -> User:
    session.expire_all()
    user = session.scalars(select(User).where(User.email == person.email)).one()
    session.rollback()
    return user


def kinds(session: Session) -> list[str]:
    kinds = list(session.scalars(select(Event.kind).where(Event.user_id.is_not(None)).order_by(Event.id)))
    session.rollback()
    return kinds


def test_the_page_lists_everybody_with_role_state_and_sessions(
    owner_client: FlaskClient, viewer_client: FlaskClient, session: Session
) -> None:
    enter(owner_client.application.test_client(), VIEWER_USER.email, VIEWER_USER.password)
    users.create_user(session, "new@desk.example", "viewer", None, AUDIT_ARGS["now"])
    page = owner_client.get("/people").text
    rows = {re.search(r"<strong>([^<]+)</strong>", part)[1]: part for part in page.split("<tr>")[2:]}
    assert list(rows) == ["new@desk.example", "owner@desk.example", "viewer@desk.example"]
    theirs = rows["viewer@desk.example"]
    assert "Viewer" in theirs
    assert "Active" in theirs
    assert re.search(r'data-label="Last sign-in">\s*<time', theirs)
    assert re.search(r'data-label="Open sessions">2<', theirs)
    assert "Invited" in rows["new@desk.example"]
    assert re.search(r'data-label="Open sessions">0<', rows["new@desk.example"])
    assert "(you)" in rows["owner@desk.example"]


def test_only_an_owner_sees_the_people_or_changes_them(
    owner_client: FlaskClient, viewer_client: FlaskClient, anonymous_client: FlaskClient, session: Session
) -> None:
    mine = user_id(session, OWNER_USER)
    for action in ("disable", "enable", "sign-out", "role", "link"):
        assert viewer_client.post(f"/people/{mine}/{action}", data={"role": "viewer"}).status_code == 403
        assert anonymous_client.post(f"/people/{mine}/{action}").status_code in {303, 401, 419}
    assert viewer_client.get("/people").status_code == 403
    assert viewer_client.post("/people/invite", data={"email": "x@y.example", "role": "owner"}).status_code == 403
    assert "/people" not in viewer_client.get("/orders").text
    assert row(session, OWNER_USER).role == "owner"
    assert owner_client.get("/people").status_code == 200


def test_a_disabled_user_is_signed_out_at_once_and_cannot_sign_in(
    owner_client: FlaskClient, viewer_client: FlaskClient, session: Session, settings: Settings
) -> None:
    theirs = user_id(session, VIEWER_USER)
    link = path(users.make_sign_in_link(session, settings, datetime.now(UTC), VIEWER_USER.email), settings)
    assert viewer_client.get("/orders").status_code == 200

    answer = owner_client.post(f"/people/{theirs}/disable")

    assert (answer.status_code, answer.location) == (303, "/people")
    assert "viewer@desk.example is disabled and signed out." in owner_client.get("/people").text
    assert viewer_client.get("/orders").status_code == 303
    app = owner_client.application
    assert app.test_client().get(link).status_code == 410
    assert enter(app.test_client(), VIEWER_USER.email, VIEWER_USER.password).status_code == 422
    assert session.scalars(select(SignInLink)).all() == []
    assert session.scalars(select(WebSession).where(WebSession.user_id == theirs)).all() == []
    session.rollback()
    refused = owner_client.post(f"/people/{theirs}/link", follow_redirects=True)
    assert "This user is disabled." in refused.text

    assert owner_client.post(f"/people/{theirs}/enable").status_code == 303
    assert viewer_client.get("/orders").status_code == 303, "the old session stays ended"
    assert app.test_client().get(link).status_code == 410
    assert enter(app.test_client(), VIEWER_USER.email, VIEWER_USER.password).status_code == 303
    assert kinds(session) == ["link_made", "user_was_disabled", "user_was_enabled"]
    page = owner_client.get("/people").text
    assert "User viewer@desk.example was disabled" in page
    assert page.count("owner@desk.example") >= 3, "the history says who did it"


def test_a_session_that_began_while_its_user_was_disabled_is_not_opened_by_enabling(
    owner_client: FlaskClient, session: Session, app: Flask
) -> None:
    theirs = user_accounts.create_user(app, VIEWER_USER)
    owner_client.post(f"/people/{theirs}/disable")
    late = user_accounts.sign_in(app.test_client(), VIEWER_USER)
    assert late.get("/orders").status_code == 303
    late = user_accounts.sign_in(app.test_client(), VIEWER_USER)
    owner_client.post(f"/people/{theirs}/enable")
    assert late.get("/orders").status_code == 303


def test_signing_out_everywhere_ends_sessions_and_nothing_else(
    owner_client: FlaskClient, viewer_client: FlaskClient, session: Session
) -> None:
    theirs = user_id(session, VIEWER_USER)
    other = user_accounts.sign_in(owner_client.application.test_client(), VIEWER_USER)
    assert owner_client.post(f"/people/{theirs}/sign-out").status_code == 303
    assert (viewer_client.get("/orders").status_code, other.get("/orders").status_code) == (303, 303)
    assert owner_client.get("/orders").status_code == 200
    assert enter(owner_client.application.test_client(), VIEWER_USER.email, VIEWER_USER.password).status_code == 303
    event = session.scalars(select(Event)).one()
    assert (event.kind, event.args) == ("user_signed_out", {"user": theirs, "sessions": 2})


def test_a_new_role_counts_from_the_next_request(
    owner_client: FlaskClient, viewer_client: FlaskClient, session: Session
) -> None:
    theirs, mine = user_id(session, VIEWER_USER), user_id(session, OWNER_USER)
    assert 'value="viewer"' in owner_client.get(f"/people/{theirs}/role").text
    answer = owner_client.post(f"/people/{theirs}/role", data={"role": "owner"})
    assert (answer.status_code, answer.location) == (303, "/people")
    assert viewer_client.get("/people").status_code == 200
    assert viewer_client.post(f"/people/{mine}/role", data={"role": "viewer"}).status_code == 303
    assert owner_client.get("/people").status_code == 403
    entries = session.scalars(select(Event).order_by(Event.id)).all()
    assert [(event.kind, event.actor, event.args) for event in entries] == [
        ("user_role_changed", f"user:{mine}", {"user": theirs, "before": "viewer", "role": "owner"}),
        ("user_role_changed", f"user:{theirs}", {"user": mine, "before": "owner", "role": "viewer"}),
    ]


@pytest.mark.parametrize("role", ["boss", "", "Owner", "owner,viewer"])
def test_an_unknown_role_is_refused(
    owner_client: FlaskClient, viewer_client: FlaskClient, session: Session, role: str
) -> None:
    answer = owner_client.post(f"/people/{user_id(session, VIEWER_USER)}/role", data={"role": role})
    assert (answer.status_code, "There is no role" in answer.text) == (422, True)
    assert row(session, VIEWER_USER).role == "viewer"


def test_the_last_active_owner_can_be_neither_disabled_nor_demoted(
    owner_client: FlaskClient, viewer_client: FlaskClient, session: Session
) -> None:
    mine = user_id(session, OWNER_USER)
    session.execute(update(User).where(User.email == VIEWER_USER.email).values(role="owner", active=False))
    session.commit()
    assert LAST_OWNER in owner_client.post(f"/people/{mine}/disable", follow_redirects=True).text
    answer = owner_client.post(f"/people/{mine}/role", data={"role": "viewer"})
    assert (answer.status_code, LAST_OWNER in answer.text) == (422, True)
    user = row(session, OWNER_USER)
    assert (user.role, user.active) == ("owner", True)
    assert kinds(session) == []
    assert owner_client.post(f"/people/{mine}/role", data={"role": "owner"}).status_code == 303


@pytest.mark.both_databases
@pytest.mark.parametrize("how", ["disable", "demote", "each other"])
def test_two_owners_at_once_leave_one(app: Flask, session: Session, how: str) -> None:
    ids = [users.create_user(session, f"owner{n}@desk.example", "owner", None, AUDIT_ARGS["now"]).id for n in range(2)]
    session.rollback()
    engine, together, refused = db.engine, threading.Barrier(2), []

    def change(number: int) -> None:
        with Session(engine) as own:
            together.wait(120)
            try:
                if how == "disable" or (how == "each other" and number):
                    users.disable(own, ids[number], **AUDIT_ARGS)
                else:
                    users.change_role(own, ids[number], "viewer", **AUDIT_ARGS)
            except RefusedError as error:
                refused.append(error.code)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert refused == ["last_owner"]
    assert len(session.scalars(select(User).where(User.role == "owner", User.active)).all()) == 1


def test_an_invitation_is_a_link_that_is_shown_once(
    owner_client: FlaskClient, session: Session, settings: Settings
) -> None:
    answer = owner_client.post("/people/invite", data={"email": " New@Desk.example ", "role": "viewer"})
    assert answer.status_code == 200
    link = path(re.search(r'readonly value="([^"]+)"', answer.text)[1], settings)
    assert "/sign-in/" not in owner_client.get("/people").text
    guest = owner_client.application.test_client()
    assert use(guest, link, password=GOOD).status_code == 303
    assert guest.get("/orders").status_code == 200
    assert guest.get("/people").status_code == 403
    entries = session.scalars(select(Event).order_by(Event.id)).all()
    assert [(event.kind, event.actor.partition(":")[0]) for event in entries] == [
        ("user_created", "user"),
        ("link_made", "user"),
        ("password_set", "user"),
    ]
    assert all(link.rpartition("/")[2] not in json.dumps(event.args) for event in entries)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"email": "nobody", "role": "viewer"}, "This is not an e-mail address."),
        ({"email": "", "role": "viewer"}, "Please fill this in."),
        ({"email": "owner@desk.example", "role": "viewer"}, "A user with this e-mail address already exists."),
        ({"email": "new@desk.example", "role": "boss"}, "Not a valid choice."),
    ],
)
def test_an_invalid_invitation_keeps_the_input(
    owner_client: FlaskClient, session: Session, fields: dict[str, str], message: str
) -> None:
    answer = owner_client.post("/people/invite", data=fields)
    assert (answer.status_code, message in answer.text) == (422, True)
    assert f'value="{fields["email"]}"' in answer.text
    assert len(session.scalars(select(User)).all()) == 1


def test_an_unknown_user_is_not_changed(owner_client: FlaskClient, session: Session) -> None:
    for action in ("disable", "enable", "sign-out", "role", "link"):
        assert owner_client.post(f"/people/987/{action}", data={"role": "viewer"}).status_code == 404
    with pytest.raises(NotFoundError, match="user_unknown"):
        users.disable(session, 987, **AUDIT_ARGS)


def test_users_are_changed_from_the_command_line(folder: Path) -> None:  # noqa: F811
    for name, role in (("me", "owner"), ("you", "viewer")):
        run(folder, "create", "--email", f"{name}@desk.example", "--role", role, stdin=f"{GOOD}\n")
    you = ("--email", " YOU@desk.example")
    assert run(folder, "disable", *you) == "you@desk.example: disabled\n"
    assert run(folder, "list") == "me@desk.example  owner\nyou@desk.example  viewer  disabled\n"
    assert json.loads(run(folder, "enable", *you, "--json"))["active"] is True
    assert json.loads(run(folder, "role", *you, "--role", "owner", "--json"))["role"] == "owner"
    assert run(folder, "role", *you, "--role", "viewer") == "you@desk.example: viewer\n"
    assert json.loads(run(folder, "sign-out", *you, "--json")) == {"email": "you@desk.example", "sessions": 0}
    for words, line in [
        (("disable", "--email", "me@desk.example"), LAST_OWNER),
        (("role", "--email", "me@desk.example", "--role", "viewer"), LAST_OWNER),
        (("role", *you, "--role", "boss"), "There is no role boss."),
        (("disable", "--email", "who@desk.example"), "There is no user with this e-mail address."),
        (("sign-out", "--email", "who@desk.example"), "There is no user with this e-mail address."),
    ]:
        with pytest.raises(CommandError) as raised:
            run(folder, *words)
        assert raised.value.args[1].startswith(f"channeldesk: {line}")
