"""The patterns page: every macro renders, with and without JavaScript, for people who are signed in."""

import re

from flask.testing import FlaskClient

from tests.support.pages import HTMX


def test_every_macro_renders(owner_client: FlaskClient) -> None:
    response = owner_client.get("/patterns")
    assert response.status_code == 200
    assert response.text.count("<h1") == 1


def test_a_stranger_is_asked_to_sign_in(anonymous_client: FlaskClient) -> None:
    response = anonymous_client.get("/patterns")
    assert (response.status_code, response.headers["Location"]) == (303, "/sign-in?next=/patterns")


def test_every_id_on_a_page_is_there_once(owner_client: FlaskClient) -> None:
    ids = re.findall(r'\sid="([^"]+)"', owner_client.get("/patterns").text)
    assert len(ids) == len(set(ids))


def test_a_mistake_comes_back_as_the_fragment_or_as_a_page(owner_client: FlaskClient) -> None:
    fragment = owner_client.post("/patterns/form", data={"name": ""}, headers=HTMX)
    page = owner_client.post("/patterns/form", data={"name": ""})
    assert fragment.status_code == page.status_code == 422
    assert fragment.text.startswith('<div id="sample-form">')
    assert page.text.startswith("<!doctype html>")
    for answer in (fragment.text, page.text):
        assert '<div class="field-error" id="name-error">' in answer
        assert 'aria-describedby="name-error name-hint"' in answer
        assert 'aria-invalid="true"' in answer


def test_a_dialog_is_a_page_of_its_own_without_javascript(owner_client: FlaskClient) -> None:
    assert owner_client.get("/patterns/dialog").text.startswith("<!doctype html>")
    assert owner_client.get("/patterns/dialog", headers=HTMX).text.startswith('<div id="sample-dialog">')


def test_the_language_of_the_page_is_said(owner_client: FlaskClient) -> None:
    assert '<html lang="en-GB" dir="ltr"' in owner_client.get("/patterns", headers={"Accept-Language": "en-GB"}).text
