"""What every answer says to the browser, whoever made the answer."""

from collections.abc import Iterator

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient

from tests.support import user_accounts
from webapp import create_app
from webapp.core.settings import Settings
from webapp.web.auth import public, requires

EXPECTED = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
STATIC = "/static/vendor/htmx-2.0.11/htmx.min.js"


@pytest.fixture
def probe_app(app: Flask) -> Flask:
    app.config.update(PROPAGATE_EXCEPTIONS=False)

    @app.get("/broken")
    @public
    def broken() -> str:
        raise ZeroDivisionError

    @app.get("/own")
    @public
    def own() -> tuple[str, dict[str, str]]:
        return "", {"Content-Security-Policy": "default-src *", "Cache-Control": "max-age=60"}

    @app.get("/stream")
    @public
    def stream() -> Response:
        def chunks() -> Iterator[str]:
            yield from ["first"] * before
            raise ZeroDivisionError

        before = request.args.get("before", 0, type=int)
        return Response(chunks())

    app.add_url_rule("/closed", view_func=requires("orders.read")(lambda: ""), endpoint="closed")
    return app


def test_every_answer_carries_the_headers(probe_app: Flask) -> None:
    for url, method, status in [
        ("/sign-in", "GET", 200),
        ("/sign-in", "POST", 419),
        ("/sign-in", "PUT", 405),
        ("/sign-in/nothing", "GET", 410),
        ("/nowhere", "GET", 404),
        ("/closed", "GET", 303),
        ("/broken", "GET", 500),
        (STATIC, "GET", 200),
        ("/static/nowhere.js", "GET", 404),
    ]:
        answer = probe_app.test_client().open(url, method=method)
        assert answer.status_code == status, (url, method, status)
        assert {name: answer.headers.getlist(name) for name in EXPECTED} == {n: [v] for n, v in EXPECTED.items()}, url
        assert "Strict-Transport-Security" not in answer.headers, (url, method, status)
        if url != STATIC:
            assert answer.headers["Cache-Control"] == "no-store", (url, method, status)


def test_a_stream_that_fails_before_its_first_byte_is_an_error_with_the_headers(
    probe_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    answer = probe_app.test_client().get("/stream")

    assert answer.status_code == 500
    assert "Internal error" in answer.text
    assert {name: answer.headers.getlist(name) for name in EXPECTED} == {n: [v] for n, v in EXPECTED.items()}
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ZeroDivisionError" in caplog.text


def test_a_stream_that_fails_later_is_visibly_incomplete(probe_app: Flask) -> None:
    with pytest.raises(ZeroDivisionError):
        probe_app.test_client().get("/stream?before=1", buffered=True)


def test_pages_and_fragments_of_people_are_never_stored(probe_app: Flask, owner_client: FlaskClient) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        answer = owner_client.get("/closed", headers=headers)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" in answer.headers["Vary"]
        assert answer.headers["Content-Security-Policy"] == EXPECTED["Content-Security-Policy"]


def test_static_files_may_be_stored(probe_app: Flask) -> None:
    answer = probe_app.test_client().get(STATIC)
    assert answer.headers["Cache-Control"] != "no-store"
    assert "Set-Cookie" not in answer.headers


def test_a_view_cannot_weaken_the_policy_but_may_say_how_long_it_keeps(probe_app: Flask) -> None:
    answer = probe_app.test_client().get("/own")
    assert answer.headers.getlist("Content-Security-Policy") == [EXPECTED["Content-Security-Policy"]]
    assert answer.headers.getlist("Cache-Control") == ["max-age=60"]


def test_responses_over_https_send_hsts(settings: Settings) -> None:
    app = create_app(Settings.load({}, data_dir=settings.data_dir, public_url="https://desk.example"))
    app.test_client_class = user_accounts.IsolatedClient
    for url in ("/sign-in", STATIC, "/nowhere"):
        answer = app.test_client().get(url, base_url="https://desk.example")
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_a_body_that_is_too_large_is_refused(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000
    assert app.test_client().post("/sign-in", data=b"x" * 1001).status_code == 413
