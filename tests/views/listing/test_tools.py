"""What one can do with any list: choose rows and columns, keep views, take it away as a file."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import url_for
from sqlalchemy import event, select

from tests.support.pages import HTMX, plain
from tests.support.user_accounts import UserAccount, sign_in
from webapp.core.extensions import db
from webapp.domain import bulk_states
from webapp.domain.users.permissions import OWNER
from webapp.models.bulk_actions import BulkAction, BulkRow
from webapp.models.saved_views import GridView
from webapp.views.listing.registry import LISTINGS


def heads(response):
    head = re.search(r"<thead>(.*?)</thead>", response.text, re.DOTALL)[1]
    texts = [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in re.findall(r"<th.*?</th>", head, re.DOTALL)]
    return [text for text in texts if text]


def stored(session, statement):
    rows = session.scalars(statement).all()
    session.commit()
    return rows


# Choosing rows.


def test_ticked_rows_are_frozen_and_asked_about(owner_client, session, orders):
    sent = {"kind": "hold", "id": [orders["100001"], orders["100003"]]}

    answer = owner_client.post("/grids/orders/selections", data=sent)

    assert answer.location == "/bulk/1"
    assert stored(session, select(BulkRow.subject_id)) == [orders["100001"], orders["100003"]]
    assert stored(session, select(BulkAction.state)) == [bulk_states.DRAFT]


def test_all_that_match_are_those_of_the_filter_in_their_order(owner_client, session, orders):
    owner_client.post(
        "/grids/orders/selections", data={"kind": "hold", "all": "1", "query": "state=processing&sort=purchased"}
    )

    assert stored(session, select(BulkRow.subject_id)) == [orders[number] for number in ("100003", "100002", "100001")]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({}, "No rows are selected. Select at least one."),
        ({"id": ["x", "-1", "99999999999"]}, "No rows are selected. Select at least one."),
        ({"all": "1", "query": "state=closed"}, "No rows are selected. Select at least one."),
        ({"all": "1", "query": "total_min=x"}, "Invalid filters"),
    ],
)
def test_what_cannot_be_chosen_is_said_on_the_list(owner_client, session, orders, sent, message):
    answer = owner_client.post("/grids/orders/selections", data={"kind": "hold", "query": "state=new"} | sent)

    assert answer.status_code == 303
    assert answer.location.startswith("/orders?")
    assert message in plain(owner_client.get(answer.location))
    assert stored(session, select(BulkAction.id)) == []


def test_more_than_may_be_done_at_once_is_refused(owner_client, session, orders, monkeypatch):
    monkeypatch.setattr(bulk_states, "MOST_ROWS", 3)

    answer = owner_client.post("/grids/orders/selections", data={"kind": "hold", "all": "1"})

    assert "4 rows are too many; the limit is 3." in plain(owner_client.get(answer.location))


def test_only_what_the_list_offers_and_the_person_may_do(owner_client, viewer_client, orders):
    sent = {"id": orders["100001"]}

    assert owner_client.post("/grids/orders/selections", data=sent | {"kind": "juggle"}).status_code == 404
    assert owner_client.post("/grids/amazon_orders/selections", data=sent | {"kind": "hold"}).status_code == 400
    assert owner_client.post("/grids/nothing/selections", data=sent | {"kind": "hold"}).status_code == 404
    assert viewer_client.post("/grids/orders/selections", data=sent | {"kind": "hold"}).status_code == 403
    assert "data-chosen" in owner_client.get("/orders").text
    assert "data-chosen" not in viewer_client.get("/orders").text


# Columns.


def test_an_address_may_name_the_columns(owner_client, orders):
    page = owner_client.get("/orders?columns=total,id,nonsense,tax")

    assert heads(page) == ["Grand total", "ID", "Tax"]
    assert "€4.00" in plain(page)
    # Every link of the list carries them on.
    sort = next(url for url in re.findall(r'href="([^"]+)"', unescape(page.text)) if "sort=-id" in url)
    assert parse_qs(urlsplit(sort).query)["columns"] == ["total,id,nonsense,tax"]


def test_a_column_that_is_not_shown_is_neither_selected_nor_decrypted(owner_client, orders):
    def statements(url):
        seen = []
        listen = (db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
        event.listen(*listen)
        try:
            owner_client.get(url)
        finally:
            event.remove(*listen)
        return next(
            one for one in seen if "FROM orders JOIN" in one and "LIMIT" in one and one.startswith("SELECT orders.id")
        )

    personal = ("bill_to_name", "ship_to_name", "email", "shipping_address")
    assert [name in statements("/orders?columns=id,total") for name in personal] == [False] * 4
    assert [name in statements("/orders") for name in personal] == [False, True, False, False]
    assert [name in statements("/orders?columns=email,address") for name in personal] == [False, False, True, True]


def test_each_column_of_each_list_can_be_shown_and_exported(owner_client, orders):
    for listing in LISTINGS.values():
        names = [column.name for column in listing.grid([]).columns]
        assert names == list(listing.headings), listing.name
        columns = ",".join(names)
        url = owner_client.get(f"/grids/{listing.name}/columns").text
        assert url.count('name="order"') == len(names)
        with owner_client.application.test_request_context():
            here = url_for(listing.endpoint, columns=columns)
        page = owner_client.get(here)
        assert page.status_code == 200, listing.name
        for format_ in ("csv", "xlsx"):
            sent = {"format": format_, "query": f"columns={columns}"}
            assert owner_client.post(f"/grids/{listing.name}/exports", data=sent).status_code == 200


def test_columns_are_moved_kept_for_the_person_and_forgotten(owner_client, app, orders):
    form = {"order": ["id", "total", "status"], "column": ["id", "total"], "query": "state=processing", "size": "20"}
    moved = owner_client.post("/grids/orders/columns", data=form | {"move": "up:total"}, headers=HTMX)
    assert re.findall(r'name="order" value="(\w+)"', moved.text) == ["total", "id", "status"]
    assert re.findall(r'name="column" value="(\w+)"[^>]* checked', moved.text) == ["total", "id"]

    kept = owner_client.post("/grids/orders/columns", data=form | {"order": ["total", "id", "status"], "save": "1"})
    assert kept.location == "/orders?state=processing"
    assert heads(owner_client.get("/orders")) == ["Grand total", "ID"]
    assert re.search(r'aria-current="true">\s*20<', owner_client.get("/orders").text)
    # A colleague's list is as it was.
    other = sign_in(app.test_client(), UserAccount("other@desk.example", "a third long password", OWNER))
    assert "Amazon order number" in heads(other.get("/orders"))

    owner_client.post("/grids/orders/columns", data={"reset": "1", "query": ""})
    assert "Amazon order number" in heads(owner_client.get("/orders"))


def test_a_list_without_columns_is_refused_where_it_was_asked(owner_client):
    answer = owner_client.post("/grids/orders/columns", data={"order": ["id"], "size": "", "save": "1"}, headers=HTMX)

    assert answer.status_code == 422
    assert "Select at least one column" in plain(answer)


# Views.


def test_a_view_keeps_filters_order_and_columns_and_seals_names(owner_client, session, orders):
    encrypted_query = owner_client.post("/orders/searches", data={"q": "buyer number2"}).location.partition("?")[2]
    query = f"{encrypted_query}&state=processing&sort=-total&columns=id,total"

    saved = owner_client.post("/grids/orders/views", data={"name": " My  view ", "query": query})

    parts = parse_qs(urlsplit(saved.location).query)
    assert {name: parts[name] for name in ("state", "sort", "columns", "view")} == {
        "state": ["processing"],
        "sort": ["-total"],
        "columns": ["id,total"],
        "view": ["1"],
    }
    page = owner_client.get(saved.location)
    assert heads(page) == ["ID", "Grand total"]
    assert "Keyword: buyer number2" in plain(page)
    assert "100002" in page.text
    assert "My view" in plain(page)
    (view,) = session.scalars(select(GridView)).all()
    assert "number2" not in str(view.parameters)


def test_a_list_opens_with_the_view_chosen_for_it_and_can_be_cleared(owner_client, orders):
    owner_client.post("/grids/orders/views", data={"name": "Done", "query": "state=complete"})
    changed = owner_client.post(
        "/grids/views/1/changes", data={"name": "Finished", "opens": "y", "query": ""}, headers=HTMX
    )
    assert "Finished Default" in plain(changed)

    opened = owner_client.get("/orders")
    assert (opened.status_code, "state=complete" in opened.location) == (303, True)
    page = owner_client.get(opened.location)
    clear = re.search(r'class="clear" href="([^"]+)"', unescape(page.text))[1]
    everything = owner_client.get(clear)
    assert (everything.status_code, "4 orders" in plain(everything)) == (200, True)

    owner_client.post("/grids/views/1/deletions", data={"query": ""})
    assert owner_client.get("/orders").status_code == 200


def test_a_shared_view_is_seen_by_all_and_changed_by_its_owner(owner_client, viewer_client, orders):
    owner_client.post("/grids/orders/views", data={"name": "Mine", "query": "state=new"})
    owner_client.post("/grids/orders/views", data={"name": "Ours", "shared": "y", "query": "state=complete"})

    seen = plain(viewer_client.get("/grids/orders/views"))
    assert ("Ours Shared by a colleague" in seen, "Mine" in seen) == (True, False)
    assert viewer_client.get("/orders?view=1").status_code == 200
    assert viewer_client.post("/grids/views/1/changes", data={"name": "x"}).status_code == 404
    assert viewer_client.post("/grids/views/2/deletions").status_code == 409
    # It can be opened with, but keeps its name.
    viewer_client.post("/grids/views/2/changes", data={"name": "Stolen", "opens": "y"})
    assert "view=2" in viewer_client.get("/orders").location
    assert "Ours" in plain(owner_client.get("/grids/orders/views"))
    # When its owner takes it away, the list opens as usual.
    owner_client.post("/grids/views/2/deletions")
    assert viewer_client.get("/orders").status_code == 200


def test_a_view_that_is_not_shared_any_more_opens_nothing(owner_client, viewer_client, orders):
    owner_client.post("/grids/orders/views", data={"name": "Ours", "shared": "y", "query": "state=complete"})
    viewer_client.post("/grids/views/1/changes", data={"name": "x", "opens": "y"})

    owner_client.post("/grids/views/1/changes", data={"name": "Ours"})

    assert viewer_client.get("/orders").status_code == 200


def test_names_of_views_are_checked(owner_client, orders):
    owner_client.post("/grids/orders/views", data={"name": "One", "query": ""})
    owner_client.post("/grids/orders/views", data={"name": "Two", "query": ""})

    empty = owner_client.post("/grids/orders/views", data={"name": " ", "query": ""}, headers=HTMX)
    long = owner_client.post("/grids/orders/views", data={"name": "x" * 81, "query": ""}, headers=HTMX)
    taken = owner_client.post("/grids/views/2/changes", data={"name": "One", "query": ""}, headers=HTMX)

    assert [one.status_code for one in (empty, long, taken)] == [422] * 3
    assert "Give the view a name of at most 80 characters." in plain(long)
    assert "You already have a view called One." in plain(taken)


# Exports.
