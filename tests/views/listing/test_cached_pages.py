"""Rendered rows are cached, and no user is shown what was rendered for another."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.support import user_accounts
from tests.support.factories import NOW, an_account, an_order
from tests.support.user_accounts import VIEWER_USER, UserAccount
from webapp.domain.users.permissions import OWNER
from webapp.models.stores import Store
from webapp.models.users import User
from webapp.services.sync.importing import import_page

LISTS = (
    "/orders",
    "/orders?state=processing&sort=total&size=20",
    "/orders?columns=id,email",
    "/amazon-orders",
    "/amazon-orders?status=UNSHIPPED&total_min=abc",
    "/amazon-orders?purchased_from=2026-03-01&page=2",
    "/invoices",
    "/shipments",
    "/credit-memos",
    "/customers",
    "/",
)
ANOTHER = UserAccount("another@desk.example", "yet another password", OWNER)


@pytest.fixture
def orders(session: Session) -> None:
    account = an_account(session, ("DE", "GB"))
    import_page.import_page(session, account.id, [an_order(1), an_order(2)], now=NOW, actor="test")
    session.commit()


def tokens(page: str) -> set[str]:
    return set(re.findall(r'csrf_token" value="([^"]*)"', page)) | set(re.findall(r'X-CSRFToken": "([^"]*)"', page))


def read(client: FlaskClient, path: str, *, again: bool = False, **cookies: str) -> str:
    """The page without its token. `again`: with an empty cache."""
    if again:
        client.application.extensions["render_cache"].clear()
    for name, value in cookies.items():
        client.set_cookie(name, value)
    page = client.get(path).get_data(as_text=True)
    for name in cookies:
        client.delete_cookie(name)
    for token in tokens(page):
        page = page.replace(token, "the token")
    return page


def test_a_list_of_a_hundred_orders_is_sent_in_less_than_30_kb(owner_client: FlaskClient, session: Session) -> None:
    account = an_account(session)
    import_page.import_page(session, account.id, [an_order(n) for n in range(1, 102)], now=NOW, actor="test")
    session.commit()

    for path in ("/orders?size=100", "/amazon-orders?size=100"):
        assert owner_client.get(path).data.count(b"303-0000000-0000") >= 100, path
        for encoding in ("zstd", "br", "gzip"):
            response = owner_client.get(path, headers={"Accept-Encoding": encoding})
            assert response.headers["Content-Encoding"] == encoding, path
            assert len(response.data) < 30_000, (path, encoding)


def test_each_page_is_as_if_nobody_had_asked_before(app: Flask, orders: None) -> None:
    for path in LISTS:
        readers: list[tuple[UserAccount, dict[str, str]]] = [
            (user_accounts.OWNER_USER, {}),
            (VIEWER_USER, {}),
            (ANOTHER, {}),
            (user_accounts.OWNER_USER, {"theme": "dark"}),
        ]
        clients = {who.email: user_accounts.sign_in(app.test_client(), who) for who, _ in readers}
        with time_machine.travel(datetime.now(UTC), tick=False):
            alone = [read(clients[who.email], path, again=True, **cookies) for who, cookies in readers]
            for other in LISTS:
                read(clients[user_accounts.OWNER_USER.email], other)
            for _ in range(2):
                assert [read(clients[who.email], path, **cookies) for who, cookies in readers] == alone, path
        assert len(set(alone)) == len(readers), path


def test_each_session_has_its_own_token_in_every_form(app: Flask, owner_client: FlaskClient, orders: None) -> None:
    other = user_accounts.sign_in(app.test_client(), user_accounts.OWNER_USER)
    pages = [client.get("/orders").get_data(as_text=True) for client in (owner_client, other, owner_client, other)]
    token_sets = [tokens(page) for page in pages]

    assert [len(each) for each in token_sets] == [1, 1, 1, 1]
    assert not token_sets[0] & token_sets[1]
    assert pages[0].count("csrf_token") == pages[2].count("csrf_token") == 6
    for client, each in ((owner_client, token_sets[2]), (other, token_sets[3])):
        assert client.post("/orders/searches", data={"csrf_token": each.pop()}).status_code == 303
    assert owner_client.post("/orders/searches", data={"csrf_token": token_sets[1].pop()}).status_code == 419


def test_a_role_that_was_taken_away_counts_at_once(app: Flask, session: Session, orders: None) -> None:
    client = user_accounts.sign_in(app.test_client(), ANOTHER)
    assert "data-choose-page" in client.get("/orders").get_data(as_text=True)
    session.execute(update(User).where(User.email == ANOTHER.email).values(role=VIEWER_USER.role))
    session.commit()

    page = client.get("/orders").get_data(as_text=True)
    assert "data-choose-page" not in page
    assert "Recipient Number1" not in page
    assert "R••• N•••" in page


def test_a_store_with_another_name_is_called_by_it_at_once(
    owner_client: FlaskClient, session: Session, orders: None
) -> None:
    owner_client.get("/orders")
    session.execute(update(Store).where(Store.slug == session.scalars(select(Store.slug)).first()).values(name="Kiosk"))
    session.commit()

    page = owner_client.get("/orders").get_data(as_text=True)
    assert re.search(r"<option [^>]*>Kiosk</option>", page)


def test_days_say_their_year_when_it_is_over(owner_client: FlaskClient, orders: None) -> None:
    path = "/orders?purchased_from=2026-03-01"
    with time_machine.travel(datetime(2026, 12, 31, 12, tzinfo=UTC), tick=False):
        user_accounts.sign_in(owner_client, user_accounts.OWNER_USER)
        assert "Purchased from: Mar 1<" in owner_client.get(path).get_data(as_text=True)
    with time_machine.travel(datetime(2027, 1, 1, 12, tzinfo=UTC) + timedelta(days=1), tick=False):
        user_accounts.sign_in(owner_client, user_accounts.OWNER_USER)
        assert "Purchased from: Mar 1, 2026<" in owner_client.get(path).get_data(as_text=True)
