"""What a browser loads once and keeps, and how it is sent."""

import gzip
import re

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from webapp.web import static_files

STYLE = "vendor/tabler-1.6.1/tabler.min.css"


@pytest.fixture
def address(app: Flask) -> str:
    with app.test_request_context():
        return static_files.asset(STYLE)


def test_an_address_changes_with_the_content_and_may_be_kept_for_ever(app: Flask, address: str) -> None:
    with app.test_request_context():
        assert static_files.asset("app.js").split("=")[1] != address.split("=")[1]
    browser = app.test_client()

    assert browser.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in (address.split("?")[0], f"{address}0"):
        assert browser.get(other).headers["Cache-Control"] == "no-cache"


def test_a_file_that_is_not_there_is_an_error_in_a_page_and_404_for_a_browser(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(LookupError, match=r"nothing\.css"):
        static_files.asset("nothing.css")
    for name in ("nothing.css", "../wsgi.py", "%2e%2e/wsgi.py", "vendor", ""):
        assert app.test_client().get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize(
    ("accepts", "encoding", "undo"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("", None, bytes),
    ],
)
def test_it_comes_in_the_smallest_way_the_browser_reads(app: Flask, address, accepts, encoding, undo) -> None:
    answer = app.test_client().get(address, headers={"Accept-Encoding": accepts})

    assert answer.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert answer.mimetype == "text/css"
    assert undo(answer.data) == (static_files.Path(app.static_folder) / STYLE).read_bytes()


def test_a_current_copy_is_answered_with_304(app: Flask, address: str) -> None:
    browser = app.test_client()
    first = browser.get(address, headers={"Accept-Encoding": "br"})

    again = browser.get(address, headers={"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")


def test_small_files_and_pictures_are_sent_as_they_are(app: Flask) -> None:
    for name in ("logo.svg", "flags/de.svg"):
        answer = app.test_client().get(f"/static/{name}", headers={"Accept-Encoding": "br"})
        assert "Content-Encoding" not in answer.headers


class TestPages:
    @pytest.mark.parametrize("site", [None, "none", "same-origin"])
    def test_our_own_pages_are_compressed(self, owner_client: FlaskClient, site: str | None) -> None:
        headers = {"Accept-Encoding": "br"} | ({"Sec-Fetch-Site": site} if site else {})

        page = owner_client.get("/orders", headers=headers)

        assert page.headers["Content-Encoding"] == "br"
        assert b"<title>Orders" in brotli.decompress(page.data)
        assert "Accept-Encoding" in page.headers["Vary"]

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_what_another_site_asked_for_is_not(self, owner_client: FlaskClient, site: str) -> None:
        page = owner_client.get("/orders", headers={"Accept-Encoding": "br", "Sec-Fetch-Site": site})

        assert "Content-Encoding" not in page.headers

    def test_over_https_a_browser_that_does_not_say_gets_it_plain(self, owner_client: FlaskClient) -> None:
        page = owner_client.get("/orders", headers={"Accept-Encoding": "br"}, base_url="https://localhost")

        assert "Content-Encoding" not in page.headers


def test_the_first_load_is_light(owner_client: FlaskClient) -> None:
    everything = {"Accept-Encoding": "gzip, deflate, br, zstd"}
    page = owner_client.get("/orders").get_data(as_text=True)
    named = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))

    sizes = {name: len(owner_client.get(name, headers=everything).data) for name in named}

    assert len(sizes) >= 5
    assert sum(sizes.values()) < 150_000
    assert len(owner_client.get("/orders", headers=everything).data) < 10_000
