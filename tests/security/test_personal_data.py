"""Personal data is shown, exported and searched for those alone who may read it."""

import contextlib
import csv
import io
import re

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Text, cast, func, select, text
from sqlalchemy.orm import Session
from werkzeug.routing import BuildError

from tests.support import canaries
from tests.support.canaries import find_marks
from tests.support.user_accounts import UserAccount, sign_in
from webapp.db.base import Base
from webapp.db.encryption import DecryptionError, Encrypted, field_cipher
from webapp.domain.users.permissions import PERMISSIONS, ROLES, allows
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.customers import Customer
from webapp.models.orders import Order
from webapp.queries.accounts import stores
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing import search
from webapp.queries.listing.grid import Column
from webapp.queries.listing.personal import is_personal
from webapp.views.listing.registry import LISTINGS as ALL_LISTINGS

# The list of returns has no personal data.
LISTINGS = {name: listing for name, listing in ALL_LISTINGS.items() if name != "returns"}

# A role that may do everything but read personal data: what it is shown must not depend on what else it may.
CLERK = "clerk"


@pytest.fixture
def roles(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Every role there is, and one more that holds all permissions but those that show buyers."""
    monkeypatch.setitem(ROLES, CLERK, frozenset(PERMISSIONS) - {"pii.read", "documents.print"})
    return tuple(ROLES)


def browser(app: Flask, role: str) -> FlaskClient:
    """A browser in which a person of this role is signed in."""
    return sign_in(app.test_client(), UserAccount(f"{role}@people.example", "a long enough password", role))


def cells(file: bytes, format_: str) -> list[list[str]]:
    """The rows of an exported file, its head first."""
    if format_ == "csv":
        return list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(file)).active
    assert sheet is not None
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.both_databases
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
@pytest.mark.parametrize("name", LISTINGS)
def test_an_export_of_every_column_holds_personal_data_for_those_alone_who_may_read_it(
    app: Flask, session: Session, roles: tuple[str, ...], name: str, format_: str
) -> None:
    canaries.create_canary_data(session)
    query = f"columns={','.join(LISTINGS[name].headings)}"

    for role in roles:
        client = browser(app, role)
        if not allows(role, "orders.read"):
            continue
        answer = client.post(f"/grids/{name}/exports", data={"format": format_, "query": query})
        assert answer.status_code == 200, (role, answer.text)
        rows = cells(answer.data, format_)
        assert len(rows) > 1, role
        marks = find_marks(" ".join(" ".join(row) for row in rows))
        assert bool(marks) == allows(role, "pii.read"), (role, rows)


@pytest.mark.parametrize("name", LISTINGS)
def test_a_page_of_every_column_shows_personal_data_to_those_alone_who_may_read_it(
    app: Flask, session: Session, roles: tuple[str, ...], name: str
) -> None:
    canaries.create_canary_data(session)
    listing = LISTINGS[name]
    with app.test_request_context():
        path = app.url_map.bind("localhost").build(listing.endpoint)

    for role in roles:
        page = browser(app, role).get(path, query_string={"columns": ",".join(listing.headings)})
        assert (page.status_code, "<tbody" in page.text) == (200, True), role
        assert bool(find_marks(page.text)) == allows(role, "pii.read"), (role, find_marks(page.text))


def pages(app: Flask, numbers: dict[str, str]) -> list[str]:
    """Every page that is read, of whatever there is: lists, and each row by its number or id."""
    found = set()
    values = {
        "number": [*numbers.values(), *(f"303-0000000-{n:07}" for n in range(1, 10)), "1", "2"],
        "name": list(LISTINGS),
    }
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or "GET" not in (rule.methods or ()):
            continue
        given: list[dict[str, object]] = [{}]
        for name in rule.arguments:
            known = values.get(name, ["1", "2", "shipping", "csv", "cancellation"])
            given = [one | {name: value} for one in given for value in known]
        for one in given:
            with contextlib.suppress(BuildError, ValueError):
                found.add(adapter.build(rule.endpoint, one))
    tabs = ("items", "tracking", "history")
    return sorted(found | {f"/amazon-orders/303-0000000-{n:07}?tab={tab}" for n in (1, 2, 9) for tab in tabs})


def test_no_page_shows_personal_data_to_who_may_not_read_it(
    app: Flask, session: Session, roles: tuple[str, ...]
) -> None:
    """Every route that reads, with numbers and ids of what was planted."""
    everywhere = pages(app, canaries.create_canary_data(session))
    answered, leaking = 0, []
    for role in roles:
        if allows(role, "pii.read"):
            continue
        client = browser(app, role)
        for path in everywhere:
            page = client.get(path)
            answered += page.status_code == 200
            if find_marks(page.get_data().decode(errors="replace")):
                leaking.append((role, path))
    assert leaking == []
    assert answered > 100
    owner_client = browser(app, "owner")
    for path in ("/orders/100001", "/amazon-orders/303-0000000-0000002"):
        assert find_marks(owner_client.get(path).text), path


@pytest.mark.both_databases
def test_nothing_planted_stands_in_clear_in_any_table(session: Session) -> None:
    canaries.create_canary_data(session)
    for table in Base.metadata.tables.values():
        for row in session.execute(text(f'SELECT * FROM "{table.name}"')):
            stored = " ".join(map(repr, row))
            assert find_marks(stored) == set(), table.name
            assert "Plantedfile" not in stored, table.name


def test_the_reason_of_a_buyer_is_shown_to_those_alone_who_may_read_it(
    app: Flask, session: Session, roles: tuple[str, ...]
) -> None:
    canaries.create_canary_data(session)
    for role in roles:
        client = browser(app, role)
        for path in ("/amazon-orders/303-0000000-0000009", "/amazon-orders/303-0000000-0000009/preflight"):
            page = client.get(path)
            assert ("Canaryreason" in page.text) == allows(role, "pii.read"), (role, path)


# What somebody knows of a buyer, and would like to find out by whether an order is found.
KNOWN = [
    "Canarybuyer",
    "canaryb",
    "Canarysurname 303",
    "canarymail@marketplace.example",
    "Canarycompany",
    "CANARYPO",
    "Canaryrecipient",
    "Canarystreet",
    "Canarycity",
    "CANARYZIP",
    "7341908",
    "+49 30 7341908",
]


def filters_of(name: str) -> list[str]:
    """The filters of a list that take a text."""
    form = LISTINGS[name].form(None, stores=[])
    return [field.name for field in form if field.type in {"KeywordField", "NameField"}]


def addresses(app: Flask) -> list[tuple[str, str]]:
    """(path, parameter) of everything that searches for what somebody typed."""
    adapter = app.url_map.bind("localhost")
    lists = [(adapter.build(listing.endpoint), name) for name, listing in LISTINGS.items()]
    return [("/search", "q"), *((path, field) for path, name in lists for field in filters_of(name))]


@pytest.mark.both_databases
def test_users_without_the_permission_find_nothing_by_personal_data(
    app: Flask, session: Session, roles: tuple[str, ...]
) -> None:
    canaries.create_canary_data(session)
    every = stores.list_store_names(session)

    for listing in LISTINGS.values():
        reading, other = (listing.grid(every).choose().for_reader(personal=personal) for personal in (True, False))
        for field in filters_of(listing.name):
            place = grid_fetch.parse_page_request(reading, {})
            term = "canarymail@marketplace.example" if field == "email" else "Canaryrecipient"
            assert grid_fetch.fetch_page(session, reading, place, {field: term}).count, (listing.name, field)
            for known in KNOWN:
                page = grid_fetch.fetch_page(session, other, place, {field: known})
                assert (page.count, list(page.rows)) == (0, []), (listing.name, field, known)
                assert grid_fetch.fetch_ids(session, other, place, {field: known}, 10) == [], (field, known)
                assert list(grid_fetch.iterate(session, other, place, {field: known})) == [], (field, known)


def test_pages_answer_alike_for_a_name_that_is_there_and_one_that_is_not(
    app: Flask, session: Session, roles: tuple[str, ...]
) -> None:
    canaries.create_canary_data(session)
    for role in roles:
        client = browser(app, role)
        for path, field in addresses(app):
            pages = [client.get(path, query_string={field: typed}) for typed in ("Canaryrecipient", "Xanaryrecipient")]
            # Links carry the search term, encrypted anew, and forms a CSRF token signed with the time.
            changing = r"~[\w%=-]+|[\w-]+\.[\w-]{6}\.[\w-]{27}"
            texts = {re.sub(changing, "", page.text).replace("Xanary", "Canary") for page in pages}
            assert len(texts) == 1 or allows(role, "pii.read"), (role, path, field)


def test_products_and_numbers_are_searchable_for_everybody(
    app: Flask, session: Session, roles: tuple[str, ...]
) -> None:
    canaries.create_canary_data(session)
    for role in roles:
        client = browser(app, role)
        for typed in ("Article 2", "SKU-2", "303-0000000-0000002", "0000002"):
            page = client.get("/amazon-orders", query_string={"q": typed})
            assert "303-0000000-0000002" in page.text, (role, typed)


def test_a_search_of_a_user_without_permission_is_encrypted_in_the_url(
    app: Flask, session: Session, roles: tuple[str, ...]
) -> None:
    canaries.create_canary_data(session)
    answer = browser(app, CLERK).post("/amazon-orders/searches", data={"q": "Article 2"})

    assert "Article" not in answer.location
    for role in roles:
        assert "303-0000000-0000002" in browser(app, role).get(answer.location).text, role


@pytest.mark.parametrize("field", ["q", "name"])
def test_a_shared_search_link_does_not_reveal_its_personal_search_terms(
    app: Flask, session: Session, roles: tuple[str, ...], field: str
) -> None:
    canaries.create_canary_data(session)
    link = browser(app, "owner").post("/orders/searches", data={field: "Canaryrecipient"}).location

    for role in roles:
        page = browser(app, role).get(link)
        if allows(role, "pii.read"):
            assert (page.status_code, "Canaryrecipient" in page.text) == (200, True), role
        else:
            assert (page.status_code, find_marks(page.text)) == (422, set()), role


def test_a_view_that_searches_for_a_name_is_closed_to_who_may_not_read_it(
    app: Flask, session: Session, roles: tuple[str, ...]
) -> None:
    canaries.create_canary_data(session)
    link = browser(app, "owner").post("/orders/searches", data={"name": "Canaryrecipient"}).location
    sent = {"name": "One buyer", "shared": "1", "query": link.partition("?")[2]}
    view = browser(app, "owner").post("/grids/orders/views", data=sent).location

    for role in roles:
        client = browser(app, role)
        page, listed = client.get(view), client.get("/grids/orders/views")
        assert "One buyer" in listed.text, role
        readable = allows(role, "pii.read")
        assert page.status_code == (200 if readable else 422), role
        assert bool(find_marks(page.text)) == readable, role
        exported = client.post("/grids/orders/exports", data={"query": view.partition("?")[2]})
        assert exported.status_code == (200 if readable else 422), role


@pytest.mark.parametrize("name", LISTINGS)
def test_bulk_actions_choose_no_rows_by_personal_data(
    app: Flask, session: Session, roles: tuple[str, ...], name: str
) -> None:
    canaries.create_canary_data(session)
    listing = LISTINGS[name]
    for kind in listing.kinds:
        for field in filters_of(name):
            sent = {"kind": kind, "all": "1", "query": f"{field}=Canaryrecipient"}
            answer = browser(app, CLERK).post(f"/grids/{name}/selections", data=sent)
            assert answer.status_code in {403, 422} or not answer.location.startswith("/bulk/"), (kind, field)


# URL parameters.


def ciphertexts(session: Session) -> list[str]:
    """Every value that is stored encrypted as a text."""
    return [
        value
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Encrypted)
        for value in session.scalars(select(cast(column, Text)).where(column.is_not(None)))
    ]


def test_a_stored_ciphertext_is_not_accepted_in_a_url(app: Flask, session: Session, roles: tuple[str, ...]) -> None:
    canaries.create_canary_data(session)
    stored = ciphertexts(session)
    assert len(stored) > 20
    session.rollback()

    for value in stored:
        assert search.decrypt_param(f"~{value}", personal=True) is None
    for role in roles:
        client = browser(app, role)
        for path, field in addresses(app):
            page = client.get(path, query_string={field: f"~{stored[0]}"})
            assert page.status_code == 422, (role, path)
            assert find_marks(page.text) == set() or allows(role, "pii.read"), (role, path)
            assert "Canary" not in page.text, (role, path)


@pytest.mark.usefixtures("app")
def test_a_url_ciphertext_is_not_accepted_as_a_stored_value() -> None:
    token = search.encrypt_param("Canaryrecipient", personal=True)

    with pytest.raises(DecryptionError):
        field_cipher.decrypt(token.removeprefix("~").encode())


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("spoiled", ["", "~", "é", "AAAA", "A" * 1000, "=", "gAAAAABm", "~~"])
def test_a_damaged_url_ciphertext_is_refused(spoiled: str) -> None:
    assert search.decrypt_param(f"~{spoiled}", personal=True) is None


@pytest.mark.usefixtures("app")
def test_a_modified_url_ciphertext_is_refused() -> None:
    token = search.encrypt_param("Canaryrecipient", personal=False)
    assert search.decrypt_param(token, personal=False) == "Canaryrecipient"

    for at in range(1, len(token) - 1):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert search.decrypt_param(changed, personal=True) is None, at


# How personal values are recognized.


def test_whatever_reads_an_encrypted_value_is_personal_without_being_declared() -> None:
    lowest = select(func.min(Order.email)).scalar_subquery()
    for value in (
        Order.ship_to_name,
        Order.shipping_address,
        Customer.email_hash,
        func.coalesce(Order.email, ""),
        AmazonOrder.buyer_name.label("number"),
        lowest,
        cast(Order.email, Text),
        Order.id.in_(select(Customer.id).where(Customer.email_hash == b"")),
    ):
        assert is_personal(value)
        assert Column("anything", selects=(value,)).personal
    for value in (Order.number, func.count(Order.id), AmazonOrder.total.label("buyer_name")):
        assert not is_personal(value)
        assert not Column("email", selects=(value,)).personal


def test_nobody_sorts_by_a_personal_column_without_the_permission(session: Session) -> None:
    for listing in LISTINGS.values():
        grid = listing.grid([])
        named = Column("named", Order.ship_to_name)
        grid = grid_fetch.replace(grid, columns=(*grid.columns, named))
        assert named.personal
        assert grid.for_reader(personal=False).column("named") is None, listing.name
        assert grid_fetch.parse_page_request(grid, {"sort": "named"}).column is not named, listing.name


def test_an_export_reads_nothing_encrypted_for_who_may_not_read_it(session: Session) -> None:
    for listing in LISTINGS.values():
        grid = listing.grid([]).choose([column.name for column in listing.grid([]).columns])
        assert any(map(is_personal, grid.select.selected_columns)), listing.name
        assert not any(map(is_personal, grid.without_personal().select.selected_columns)), listing.name


def test_no_list_selects_an_encrypted_value_without_a_column_that_shows_it(session: Session) -> None:
    for listing in LISTINGS.values():
        assert not any(map(is_personal, listing.grid([]).select.selected_columns)), listing.name


def test_the_list_of_returns_has_no_personal_columns() -> None:
    grid = ALL_LISTINGS["returns"].grid([])
    columns = grid.choose([column.name for column in grid.columns]).select.selected_columns
    assert not any(map(is_personal, columns))
