"""The box at the top of every page."""

from urllib.parse import unquote

import pytest

from tests.support.factories import NOW, a_package, an_account, an_item, an_order
from tests.support.pages import plain
from webapp.domain.amazon.types import Buyer
from webapp.services.sync.importing import import_page


@pytest.fixture
def arrived(session):
    account = an_account(session)
    orders = [
        an_order(1, buyer=Buyer(name="Jörg Number1", email="one@marketplace.example"), packages=(a_package(),)),
        an_order(2, status="PENDING", items=(an_item(2, sku="MUG-2", title="Mug with a Handle"),)),
    ]
    import_page.import_page(session, account.id, orders, now=NOW, actor="test")
    session.commit()


def test_a_stranger_is_sent_to_sign_in(anonymous_client):
    assert anonymous_client.get("/search").status_code == 303


def test_every_page_has_the_box(owner_client):
    assert 'action="/search"' in owner_client.get("/").text


@pytest.mark.parametrize(
    ("typed", "leads_to"),
    [
        ("303-0000000-0000001", "/orders/100001"),
        ("  303-0000000-0000001 ", "/orders/100001"),
        ("100001", "/orders/100001"),
        ("303-0000000-0000002", "/amazon-orders/303-0000000-0000002"),
    ],
)
def test_a_whole_number_leads_straight_to_the_order(owner_client, arrived, typed, leads_to):
    answer = owner_client.post("/search", data={"q": typed})

    assert (answer.status_code, answer.location) == (303, leads_to)


def test_words_lead_to_what_holds_them(owner_client, arrived):
    for typed in ["jorg", "number1 jör", "one@marketplace.example", "track1", "article", "street 1"]:
        page = owner_client.post("/search", data={"q": typed}, follow_redirects=True)

        assert "303-0000000-0000001" in plain(page), typed
        assert "303-0000000-0000002" not in plain(page), typed


def test_goods_are_found_as_orders_and_as_products(owner_client, arrived):
    page = plain(owner_client.post("/search", data={"q": "mug-2"}, follow_redirects=True))

    assert "303-0000000-0000002" in page
    assert page.count("MUG-2") >= 1


def test_a_personal_search_term_is_encrypted_in_the_url(owner_client, arrived):
    for typed in ("Jörg", "jorg 303", "0151 2345678", "01512345678"):
        address = owner_client.post("/search", data={"q": typed}).location
        assert typed not in unquote(address)
        assert address.startswith("/search?q=~")


def test_the_lists_take_what_was_found(owner_client, arrived):
    page = owner_client.post("/search", data={"q": "jorg"}, follow_redirects=True).text
    links = [link for link in page.split('"') if "q=~" in link and link.startswith(("/orders?", "/amazon-orders?"))]

    assert len(links) == 2
    for link in links:
        assert "303-0000000-0000001" in plain(owner_client.get(link))


def test_nothing_found_and_nothing_typed_are_said(owner_client, arrived):
    assert "No results" in plain(owner_client.post("/search", data={"q": "zzz"}, follow_redirects=True))
    assert "What are you looking for?" in plain(owner_client.post("/search", data={"q": ""}, follow_redirects=True))
    assert "Type at least one letter or digit." in plain(
        owner_client.post("/search", data={"q": "%"}, follow_redirects=True)
    )


@pytest.mark.parametrize("typed", ["track1", "article", "sku-1", "303-0000000-0000001"])
def test_a_colleague_finds_numbers_and_goods_and_sees_no_whole_name(viewer_client, arrived, typed):
    page = plain(viewer_client.get("/search", query_string={"q": typed}))

    assert "303-0000000-0000001" in page
    assert "Jörg Number1" not in page


def test_a_colleague_finds_nobody_by_name_mail_or_address(viewer_client, arrived):
    for typed in ["jorg", "number1", "one@marketplace.example", "street 1", "jorg article", "Town"]:
        page = plain(viewer_client.post("/search", data={"q": typed}, follow_redirects=True))

        assert "303-0000000-0000001" not in page, typed
        assert "No results" in page, typed


@pytest.mark.parametrize("where", ["/search", "/orders/searches"])
def test_a_long_term_is_searched_although_it_is_longer_when_encrypted(owner_client, where):
    typed = ("mueller " * 25).strip()
    page = owner_client.post(where, data={"q": typed}, follow_redirects=True)

    assert (page.status_code, "too long" in plain(page), typed in plain(page)) == (200, False, True)


@pytest.mark.parametrize("where", ["/search", "/orders/searches"])
def test_a_text_that_is_too_long_stands_there_as_it_was_typed(owner_client, where):
    page = owner_client.post(where, data={"q": "mueller " * 26}, follow_redirects=True)

    assert (page.status_code, "This search term is too long." in plain(page)) == (422, True)
    assert ("mueller mueller" in page.text, "~" in plain(page)) == (True, False)


@pytest.mark.parametrize("url", ["/search", "/orders/searches", "/amazon-orders/searches", "/customers/searches"])
def test_a_text_that_is_far_too_long_is_said_and_makes_no_endless_address(owner_client, url):
    sent = {"q": "é" * 3000, "name": " ".join("Ä" * 3000), "min": "1" * 3000}

    answer = owner_client.post(url, data=sent)

    assert answer.status_code == 303
    # gunicorn takes 4,094 bytes in the first line of a request.
    assert len(answer.location) < 3000
    page = owner_client.get(answer.location)
    assert (page.status_code, "This search term is too long." in plain(page)) == (422, True)
