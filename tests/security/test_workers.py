"""Several web workers: what they remember of pages never outlives what one of them changes in the database."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.support import user_accounts
from tests.support.factories import NOW, an_account, an_order
from tests.support.user_accounts import OWNER_USER
from webapp import create_app
from webapp.core.extensions import db
from webapp.core.settings import Settings
from webapp.models.stores import Store
from webapp.models.users import User
from webapp.services.sync.importing import import_page
from webapp.web.navigation import PLACES


@pytest.fixture
def other(app: Flask, settings: Settings, session: Session) -> Iterator[Flask]:
    """A second worker over the same database, which has an order."""
    account = an_account(session, ("DE",))
    import_page.import_page(session, account.id, [an_order(1)], now=NOW, actor="amazon")
    session.commit()
    worker = create_app(settings)
    worker.config.update(TESTING=True)
    worker.test_client_class = user_accounts.IsolatedClient
    yield worker
    with worker.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def there(owner_client: FlaskClient, other: Flask) -> FlaskClient:
    """The owner's browser, as it happens to be answered by the second worker, which has drawn the page already."""
    browser = other.test_client()
    name = other.session_interface.name
    browser.set_cookie(name, owner_client.get_cookie(name).value)
    browser.environ_base["HTTP_X_CSRFTOKEN"] = owner_client.environ_base["HTTP_X_CSRFTOKEN"]
    for _ in range(2):
        assert "Recipient Number1" in browser.get("/orders").text
        assert "Recipient Number1" in owner_client.get("/orders").text
    return browser


def test_signing_out_at_one_worker_signs_out_at_the_other(owner_client: FlaskClient, there: FlaskClient) -> None:
    owner_client.post("/sign-out")
    assert (there.get("/orders").status_code, there.get("/orders").location) == (303, "/sign-in?next=/orders")


def test_a_token_of_one_worker_is_valid_at_the_other(owner_client: FlaskClient, there: FlaskClient) -> None:
    token = re.search(r'name="csrf_token" value="([^"]+)"', owner_client.get("/orders").text)[1]
    del there.environ_base["HTTP_X_CSRFTOKEN"]
    assert there.post("/preferences", data={"theme": "dark"}).status_code == 419
    assert there.post("/preferences", data={"theme": "dark", "csrf_token": token}).status_code == 303


def test_a_removed_role_is_gone_from_the_next_page(there: FlaskClient, session: Session) -> None:
    assert 'name="kind" value="hold"' in there.get("/orders").text
    session.execute(update(User).values(role="viewer"))
    session.commit()
    page = there.get("/orders").text
    assert 'name="kind" value="hold"' not in page
    assert "Recipient Number1" not in page
    assert "R•••" in page


def test_a_page_shows_only_the_signed_in_user(other: Flask, owner_client: FlaskClient, there: FlaskClient) -> None:
    viewer_client = user_accounts.sign_in(other.test_client(), user_accounts.VIEWER_USER)
    for _ in range(2):
        mine, theirs = there.get("/orders").text, viewer_client.get("/orders").text
        assert OWNER_USER.email in mine
        assert user_accounts.VIEWER_USER.email not in mine
        assert user_accounts.VIEWER_USER.email in theirs
        assert OWNER_USER.email not in theirs
        assert "Recipient Number1" in mine
        assert "Recipient Number1" not in theirs


def test_each_page_shows_the_current_store_name(there: FlaskClient, session: Session) -> None:
    store = session.scalars(select(Store)).one()
    assert there.get("/orders").text.count(f">{store.name}<") == 2
    store.name = "Another <name>"
    session.commit()
    assert unescape(there.get("/orders").text).count(">Another <name><") == 2


def test_columns_chosen_at_one_worker_are_shown_at_the_other(owner_client: FlaskClient, there: FlaskClient) -> None:
    assert there.get("/orders").text.count("<th ") == 10
    chosen = {"order": ["id", "total"], "column": ["id", "total"], "size": "20", "save": "1"}
    assert owner_client.post("/grids/orders/columns", data=chosen).status_code == 303
    page = there.get("/orders").text
    assert page.count("<th ") == 3
    assert '<a href="/orders?size=50">50</a>' in page


def test_the_navigation_marks_the_current_page_and_shows_permitted_ones(app: Flask, owner_client: FlaskClient) -> None:
    for path, here in [("/orders", "Orders"), ("/mails", "Messages"), ("/orders", "Orders"), ("/bulk", "Orders")]:
        nav = owner_client.get(path, follow_redirects=True).text.partition('class="places"')[2].partition("</nav>")[0]
        assert re.findall(r'aria-current="page"><svg.*?</svg><span>([^<]*)<', nav) == [here], path
        # The owner may open every page.
        assert nav.count("<a ") == len(PLACES)
