"""A list that has not changed is answered once more as it was sent, and one that has changed is not."""

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import people
from tests.factories import NOW, an_account, an_order
from tests.people import THE_COLLEAGUE, THE_OWNER
from webapp.actions import importing
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.grid_views import GridLayout, GridView
from webapp.models.orders import Order
from webapp.models.stores import Store
from webapp.models.users import User

LISTS = ("/orders", "/amazon-orders", "/amazon-orders?status=UNSHIPPED&sort=total")
NOON = datetime.now(UTC).replace(minute=30, second=5, microsecond=0)


@pytest.fixture(autouse=True)
def orders(session: Session) -> None:
    account = an_account(session, ("DE", "GB"))
    both = [an_order(1, ship_by=NOON + timedelta(hours=5)), an_order(2)]
    importing.import_page(session, account.id, both, now=NOW, by="test")
    session.commit()


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """One minute for all of a test."""
    with time_machine.travel(NOON, tick=False):
        yield


def ask(client: FlaskClient, path: str = "/orders", **headers: str) -> TestResponse:
    return client.get(path, headers={"Accept-Encoding": "gzip", **headers})


def text(response: TestResponse) -> str:
    assert response.headers["Content-Encoding"] == "gzip"
    return gzip.decompress(response.data).decode()


@contextmanager
def drawing(app: Flask) -> Iterator[list[str]]:
    """The pages that are drawn meanwhile."""
    drawn: list[str] = []

    def note(_sender: Flask, template: object, **_more: object) -> None:
        drawn.append(str(getattr(template, "name", "")))

    with template_rendered.connected_to(note, app):
        yield drawn


@pytest.mark.both_databases
@pytest.mark.parametrize("path", LISTS)
def test_what_has_not_changed_is_sent_again_and_not_drawn_again(app: Flask, owner: FlaskClient, path: str) -> None:
    with drawing(app) as drawn:
        first, second = ask(owner, path), ask(owner, path)

    assert len(drawn) == 1
    assert (second.status, second.data) == (first.status, first.data)
    assert list(second.headers) == list(first.headers)


def state(session: Session) -> None:
    session.execute(update(Order).values(state="holded", status="holded"))


def name(session: Session) -> None:
    for table, column in ((Order, "bill_to_name"), (AmazonOrder, "buyer_name")):
        session.execute(update(table).values({column: "Somebody Else"}))


def gone(session: Session) -> None:
    session.execute(update(AmazonOrder).values(purchased_at=NOW - timedelta(days=9)))
    session.execute(update(Order).values(purchased_at=NOW - timedelta(days=9)))


def store(session: Session) -> None:
    session.execute(update(Store).values(name="Kiosk" + Store.slug))


def role(session: Session) -> None:
    session.execute(update(User).values(role=THE_COLLEAGUE.role))


def email(session: Session) -> None:
    session.execute(update(User).values(email="renamed@desk.example"))


def _layout(session: Session, **more: object) -> None:
    user = session.scalars(select(User.id).where(User.email == THE_OWNER.email)).one()
    for grid in ("orders", "amazon_orders"):
        layout = {"columns": [], "size": None, "view_id": None, **more}
        session.execute(insert(GridLayout).values(user_id=user, grid=grid, **layout))


def columns(session: Session) -> None:
    _layout(session, columns=["total", "status"])


def size(session: Session) -> None:
    _layout(session, size=20)


EVERYWHERE = [name, gone, store, role, email, columns, size]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("path", "change"),
    [("/orders", state), *((path, change) for path in ("/orders", "/amazon-orders") for change in EVERYWHERE)],
)
def test_what_another_process_changed_is_seen_at_once(
    app: Flask, owner: FlaskClient, session: Session, path: str, change: Callable[[Session], None]
) -> None:
    before = text(ask(owner, path))
    change(session)
    session.commit()

    with drawing(app) as drawn:
        after = text(ask(owner, path))
    assert len(drawn) == 1
    assert after != before
    app.extensions.pop("answers")
    assert text(ask(owner, path)) == after


def test_a_list_says_how_many_there_are_now(owner: FlaskClient, session: Session) -> None:
    path = "/amazon-orders?size=20"
    assert "2 orders" in text(ask(owner, path))
    account_id = session.scalars(select(Store.account_id)).first()
    session.commit()
    assert account_id is not None
    importing.import_page(session, account_id, [an_order(3)], now=NOW, by="test")
    session.commit()
    assert "3 orders" in text(ask(owner, path))


def test_a_view_that_was_renamed_is_called_by_its_new_name(owner: FlaskClient, session: Session) -> None:
    user = session.scalars(select(User.id).where(User.email == THE_OWNER.email)).one()
    kept = {"parameters": {}, "columns": [], "shared": False, "created_at": NOW}
    view = GridView(grid="orders", user_id=user, name="To be packed", **kept)
    session.add(view)
    session.commit()
    path = f"/orders?view={view.id}"
    session.commit()
    assert "To be packed" in text(ask(owner, path))

    session.execute(update(GridView).values(name="For the carrier"))
    session.commit()
    page = text(ask(owner, path))
    assert "For the carrier" in page
    assert "To be packed" not in page

    session.execute(delete(GridView))
    session.commit()
    assert "For the carrier" not in text(ask(owner, path))


def test_nobody_is_given_what_was_sent_to_another_session(app: Flask, owner: FlaskClient) -> None:
    clients = [owner, people.sign_in(app.test_client(), THE_OWNER), people.sign_in(app.test_client(), THE_COLLEAGUE)]
    pages = [text(ask(client)) for client in clients * 2]
    found = [set(re.findall(r'csrf_token" value="([^"]*)"', page)) for page in pages]

    assert pages[:3] == pages[3:]
    assert [len(each) for each in found] == [1] * 6
    assert len(set.union(*found)) == 3
    assert "Buyer Number1" in pages[0] or "Recipient Number1" in pages[0]
    assert "Number1" not in pages[2]


def test_each_is_answered_as_they_read(owner: FlaskClient) -> None:
    def asked() -> list[str]:
        answers = [text(ask(owner, **{"Accept-Language": language})) for language in ("en", "en-GB")]
        answers.append(text(ask(owner, **{"HX-Request": "true"})))
        owner.set_cookie("theme", "dark")
        answers.append(text(ask(owner)))
        owner.delete_cookie("theme")
        return answers

    first = asked()
    assert asked() == first
    assert len(set(first)) == len(first)


def test_each_browser_is_sent_what_it_can_read(owner: FlaskClient) -> None:
    ways = {"gzip": "gzip", "br": "br", "zstd": "zstd", "": None}
    for _ in range(2):
        for accepted, encoding in ways.items():
            answer = owner.get("/orders", headers={"Accept-Encoding": accepted})
            assert answer.headers.get("Content-Encoding") == encoding
    # What another site led to is not compressed, though it was a moment ago.
    assert "Content-Encoding" not in ask(owner, **{"Sec-Fetch-Site": "cross-site"}).headers


def test_a_message_is_shown_once(owner: FlaskClient) -> None:
    ask(owner)
    with owner.session_transaction() as kept:
        kept["_flashes"] = [("good", "It was done.")]
    assert ["It was done." in text(ask(owner)) for _ in range(3)] == [True, False, False]


def test_with_the_next_minute_everything_is_forgotten(app: Flask, owner: FlaskClient) -> None:
    before = text(ask(owner))
    with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
        with drawing(app) as drawn:
            ask(owner, "/orders?size=20")
            ask(owner)
        minute, memory = app.extensions["answers"]
    assert drawn == ["orders/index.html"] * 2
    assert minute == NOON.replace(second=0) + timedelta(minutes=1)
    assert len(memory) == 2
    with time_machine.travel(NOON + timedelta(hours=2), tick=False):
        assert text(ask(owner)) != before


@pytest.mark.parametrize("path", ["/orders?name=Recipient", "/amazon-orders?buyer=Buyer", "/orders?total_min=abc"])
def test_names_that_were_looked_for_and_mistakes_are_not_remembered(app: Flask, owner: FlaskClient, path: str) -> None:
    ask(owner, path)
    ask(owner, path)
    assert "answers" not in app.extensions


def test_only_so_much_is_remembered(app: Flask, owner: FlaskClient) -> None:
    for n in range(1, 80):
        ask(owner, f"/orders?total_max={n}000")
    assert len(app.extensions["answers"][1]) <= 60
    owner.get("/orders?size=50")
    assert all(len(answer.body) <= 20_000 for answer in app.extensions["answers"][1])
