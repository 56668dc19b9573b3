"""Whatever goes wrong, a person reads what happened and what to do, and HTMX gets a toast."""

import logging
from collections.abc import Callable
from http import HTTPStatus

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from tests.support.pages import HTMX
from webapp.domain import errors as domain
from webapp.messages import text_for
from webapp.web.auth import public
from webapp.web.error_pages import DOMAIN_ERRORS, PAGES


def failing(app: Flask, fail: Callable[[], None]) -> FlaskClient:
    """A client of an application whose page `/fail` ends like this, for GET and POST."""
    app.add_url_rule("/fail", "fail", public(fail), methods=["GET", "POST"])
    return app.test_client()


@pytest.mark.parametrize("status", [status for status in PAGES if status in set(HTTPStatus)])
def test_each_status_has_a_page_in_a_persons_words(app: Flask, status: int) -> None:
    response = failing(app, lambda: abort(status)).get("/fail")
    assert response.status_code == status
    assert str(PAGES[status].title) in response.text
    assert str(PAGES[status].advice) in response.text


def test_a_status_without_words_of_its_own_gets_those_of_its_kind(app: Flask) -> None:
    response = failing(app, lambda: abort(418)).get("/fail")
    assert response.status_code == 418
    assert str(PAGES[400].title) in response.text


@pytest.mark.parametrize(("kind", "status"), DOMAIN_ERRORS.items())
def test_an_error_of_the_domain_says_its_own_sentence(app: Flask, kind: type[domain.AppError], status: int) -> None:
    def fail() -> None:
        raise kind("order_unknown", number="1000")

    response = failing(app, fail).get("/fail")
    assert response.status_code == status
    assert text_for("order_unknown", {"number": "1000"}) in response.text


def test_every_error_of_the_domain_has_a_status() -> None:
    kinds = {kind for kind in vars(domain).values() if isinstance(kind, type) and issubclass(kind, domain.AppError)}
    assert set(DOMAIN_ERRORS) == kinds - {domain.AppError}


def test_htmx_gets_a_toast_and_not_a_page(app: Flask) -> None:
    def fail() -> None:
        raise domain.RefusedError("cancel_shipped")

    response = failing(app, fail).get("/fail", headers=HTMX)
    assert response.status_code == 409
    assert "data-toast" in response.text
    assert "<html" not in response.text
    assert "This order has been shipped, so it cannot be cancelled." in response.text
    assert (response.headers["HX-Retarget"], response.headers["HX-Reswap"]) == ("#toasts", "beforeend")


def test_a_page_that_broke_says_so_and_tells_nothing_of_the_inside(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("the inside")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level(logging.ERROR):
        response = failing(app, fail).get("/fail")
    assert response.status_code == 500
    assert str(PAGES[500].title) in response.text
    assert "the inside" not in response.text
    assert "the inside" in caplog.text


def test_a_form_without_its_token_is_called_expired(app: Flask) -> None:
    response = failing(app, lambda: None).post("/fail")
    assert response.status_code == 419
    assert "This page was open for too long" in response.text


def test_who_sent_a_form_is_led_back_to_its_page_and_nowhere_else(app: Flask) -> None:
    client = failing(app, lambda: None)
    mine = client.post("/fail", headers={"Referer": "http://localhost/orders/100001?tab=mails"})
    assert '<a class="btn btn-primary" href="/orders/100001?tab=mails">Back to where you were</a>' in mine.text
    foreign = client.post("/fail", headers={"Referer": "https://evil.example/orders"})
    assert '<a class="btn btn-primary" href="/">Go to the start page</a>' in foreign.text
    answered = client.post("/fail", headers={"Referer": "http://localhost/orders/100001/holds"})
    assert "Back to where you were" not in answered.text


def test_a_wrong_method_still_names_the_right_ones(app: Flask) -> None:
    response = app.test_client().get("/preferences")
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


def test_what_the_code_says_goes_before_what_the_status_says(app: Flask) -> None:
    response = failing(
        app,
        lambda: abort(
            400, "Channeldesk does not accept requests to this address. The owner can set CHANNELDESK_PUBLIC_URL to it."
        ),
    ).get("/fail")
    assert (
        "Channeldesk does not accept requests to this address. The owner can set CHANNELDESK_PUBLIC_URL to it."
        in response.text
    )


def test_an_error_page_cannot_be_made_to_carry_markup(app: Flask) -> None:
    def fail() -> None:
        raise domain.NotFoundError("order_unknown", number="<b>1</b>")

    assert "<b>1</b>" not in failing(app, fail).get("/fail").text
