"""What no database can hold, in every place a visitor can put it."""

import base64
import json

import pytest

from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.sync import amazon_orders

pytestmark = pytest.mark.both_databases


def test_a_nul_in_a_url_is_refused(owner_client):
    for address in ["/orders/1%00", "/orders?q=%00", "/orders?%00=1"]:
        answer = owner_client.get(address)
        assert answer.status_code == 400, address
        assert "The input contains a NUL character" in answer.text, address


def test_a_nul_in_a_form_is_refused(owner_client):
    assert owner_client.post("/accounts/1/credentials", data={"client_secret": "a\0b"}).status_code == 400


def test_an_impossible_id_is_not_found(owner_client):
    for number in [2**31 - 1, 2**31, 2**63, 10**40]:
        assert owner_client.get(f"/submissions/{number}").status_code == 404, number


@pytest.mark.parametrize(
    ("sort", "kind", "value", "id_", "believed"),
    [
        ("-total", "int", 2**63 - 1, 1, True),
        ("-total", "int", 2**63, 1, False),
        ("-total", "int", 1, 2**31, False),
        ("-total", "int", 1, -(2**62), False),
        ("-total", "NoneType", None, 1, True),
        ("number", "str", "303", 1, True),
        ("number", "str", "\0", 1, False),
        ("number", "str", "\ud800", 1, False),
        ("-purchased", "datetime", "0001-01-01T00:00:00+00:00", 1, True),
        ("-purchased", "datetime", "9999-12-31T23:59:59+00:00", 1, True),
    ],
)
def test_an_invented_grid_cursor_shows_a_page(session, sort, kind, value, id_, believed):
    edge = base64.urlsafe_b64encode(json.dumps([sort, kind, value, id_]).encode()).rstrip(b"=").decode()
    grid = amazon_orders.build_grid([])
    for side in ("after", "before"):
        place = grid_fetch.parse_page_request(grid, {"sort": sort, side: edge})
        assert (getattr(place, side) is not None) == believed
        assert grid_fetch.fetch_page(session, grid, place, {}).count == 0


@pytest.mark.parametrize(
    "asked",
    [
        {"total_min": "999999999999", "number": "x" * 500, "buyer": "Ünï 'quoted\" %"},
        {"purchased_from": "0001-01-01", "number": "%_\\"},
        {"purchased_to": "9999-12-31"},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_a_filter_at_its_bounds_is_answered(owner_client, asked):
    assert owner_client.get("/amazon-orders", query_string=asked).status_code in {200, 303, 422}
