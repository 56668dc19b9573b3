"""Whole pages for people, fragments for HTMX, from the same view."""

from collections.abc import Iterator

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from jinja2 import DictLoader

from tests.support.pages import HTMX
from webapp.web.auth import public
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other, stop_polling


@pytest.fixture
def browser(app: Flask) -> Iterator[FlaskClient]:
    app.jinja_env.loader = DictLoader({"_part.html": "part {{ word }}", "page.html": "page of part {{ word }}"})
    views = {
        "shown": lambda: render_fragment_or_page(request, "_part.html", "page.html", word="x"),
        "refused": lambda: render_invalid(request, "_part.html", "page.html", word="x"),
        "finished": lambda: stop_polling("_part.html", word="x"),
        "elsewhere": lambda: see_other(request, "/there"),
    }
    for name, view in views.items():
        app.add_url_rule(f"/{name}", name, public(view))
    return app.test_client()


def test_a_browser_gets_the_whole_page(browser: FlaskClient) -> None:
    assert browser.get("/shown").text == "page of part x"


def test_htmx_gets_the_fragment(browser: FlaskClient) -> None:
    assert browser.get("/shown", headers=HTMX).text == "part x"


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_boosted_links_and_the_history_get_the_whole_page(browser: FlaskClient, header: str) -> None:
    assert browser.get("/shown", headers={**HTMX, header: "true"}).text == "page of part x"


def test_responses_vary_by_the_htmx_header(browser: FlaskClient) -> None:
    for path in ["/shown", "/refused", "/finished", "/elsewhere"]:
        assert "HX-Request" in browser.get(path).vary, path


def test_what_cannot_be_taken_comes_back_with_422(browser: FlaskClient) -> None:
    plain, htmx = browser.get("/refused"), browser.get("/refused", headers=HTMX)
    assert (plain.status_code, plain.text) == (422, "page of part x")
    assert (htmx.status_code, htmx.text) == (422, "part x")


def test_a_finished_thing_stops_the_polling(browser: FlaskClient) -> None:
    response = browser.get("/finished", headers=HTMX)
    assert (response.status_code, response.text) == (286, "part x")


def test_a_browser_is_sent_on_with_303(browser: FlaskClient) -> None:
    response = browser.get("/elsewhere")
    assert (response.status_code, response.headers["Location"]) == (303, "/there")


def test_htmx_loads_the_whole_page_instead_of_following_a_redirect_into_a_fragment(browser: FlaskClient) -> None:
    response = browser.get("/elsewhere", headers=HTMX)
    assert (response.status_code, response.headers["HX-Redirect"], response.text) == (204, "/there", "")
    assert "Location" not in response.headers
