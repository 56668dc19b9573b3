"""Parts of pages are drawn once, and nobody is shown what another one was meant to see."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.support import user_accounts
from tests.support.factories import NOW, an_account, an_order
from tests.support.user_accounts import VIEWER_USER, UserAccount
from webapp.domain.users.permissions import OWNER
from webapp.models.stores import Store
from webapp.models.users import User
from webapp.services.sync import import_page

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
    """The page without its token. `again`: after everything that was remembered is forgotten."""
    app = client.application
    if again:
        for memory in ("remembered", "filled_forms", "drawn_rows"):
            found = app.extensions.get(memory)
            if found is not None:
                app.extensions[memory] = type(found)(100)
    for name, value in cookies.items():
        client.set_cookie(name, value)
    page = client.get(path).get_data(as_text=True)
    for name in cookies:
        client.delete_cookie(name)
    for token in tokens(page):
        page = page.replace(token, "the token")
    return page


@pytest.mark.parametrize("path", LISTS)
def test_each_page_is_as_if_nobody_had_asked_before(app: Flask, orders: None, path: str) -> None:
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
            assert [read(clients[who.email], path, **cookies) for who, cookies in readers] == alone
    assert len(set(alone)) == len(readers)


def test_each_session_has_its_own_token_in_every_form(app: Flask, owner_client: FlaskClient, orders: None) -> None:
    other = user_accounts.sign_in(app.test_client(), user_accounts.OWNER_USER)
    pages = [client.get("/orders").get_data(as_text=True) for client in (owner_client, other, owner_client, other)]
    found = [tokens(page) for page in pages]

    assert [len(each) for each in found] == [1, 1, 1, 1]
    assert not found[0] & found[1]
    assert pages[0].count("csrf_token") == pages[2].count("csrf_token") == 6
    for client, each in ((owner_client, found[2]), (other, found[3])):
        assert client.post("/orders/searches", data={"csrf_token": each.pop()}).status_code == 303
    assert owner_client.post("/orders/searches", data={"csrf_token": found[1].pop()}).status_code == 419


def test_a_role_that_was_taken_away_counts_at_once(app: Flask, session: Session, orders: None) -> None:
    client = user_accounts.sign_in(app.test_client(), ANOTHER)
    assert "data-choose-page" in client.get("/orders").get_data(as_text=True)
    session.execute(update(User).where(User.email == ANOTHER.email).values(role=VIEWER_USER.role))
    session.commit()

    page = client.get("/orders").get_data(as_text=True)
    assert "data-choose-page" not in page
    assert "Buyer Number1" not in page
    assert "B••• N•••" in page


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


def test_a_form_with_somebodys_name_in_it_is_not_kept(
    app: Flask, owner_client: FlaskClient, orders: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = _noted(app, monkeypatch)
    assert 'value="Recipient"' in owner_client.get("/orders?name=Recipient").get_data(as_text=True)
    assert [said for said in kept if "Recipient" in said] == []


def _noted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that is remembered from now on."""
    kept: list[str] = []
    remembered = app.extensions["remembered"]
    put: Callable[[Any, Any], None] = remembered.put

    def noting(key: Any, piece: Any) -> None:
        kept.append(repr(key) + repr(piece))
        put(key, piece)

    monkeypatch.setattr(remembered, "put", noting)
    return kept


def draw(app: Flask, template: str, **context: Any) -> str:
    with app.test_request_context():
        return render_template_string(template, **context)


def test_a_part_is_drawn_anew_for_whatever_is_named(app: Flask) -> None:
    part = '{% call remembered("part", named) %}{{ said }}{% endcall %}'
    assert draw(app, part, named=1, said="one") == "one"
    assert draw(app, part, named=2, said="two") == "two"
    assert draw(app, part, named=1, said="three") == "one"


def test_where_nothing_is_named_nothing_is_remembered(app: Flask) -> None:
    part = '{% call remembered("part", none) %}{{ said }}{% endcall %}'
    assert [draw(app, part, said=said) for said in ("one", "two")] == ["one", "two"]


def test_what_may_change_afterwards_is_not_named(app: Flask) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        draw(app, '{% call remembered("part", []) %}{% endcall %}')


def test_what_people_write_is_never_taken_for_the_place_of_a_token(owner_client: FlaskClient, orders: None) -> None:
    page = owner_client.get("/orders?total_min=%EE%80%80csrf_token").get_data(as_text=True)
    assert 'value="\ue000csrf_token"' in page


def test_tokens_within_a_part_within_another_are_put_in(app: Flask) -> None:
    part = (
        '{% call remembered("outer") %}{{ csrf_token() }} '
        '{% call remembered("inner") %}{{ csrf_token() }}{% endcall %}{% endcall %} {{ csrf_token() }}'
    )
    for _ in range(2):
        first, second, third = draw(app, part).split()
        assert first == second == third
        assert len(first) > 60
