"""Every route names the one permission it needs, and means it. A route added later is held to it by these tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.support import user_accounts
from tests.support.user_accounts import OWNER_USER, VIEWER_USER, UserAccount
from webapp.domain.users.permissions import OWNER, PACKER, PERMISSIONS, ROLES, VIEWER, allows
from webapp.web.auth import has_permission, requires

READING = {"GET", "HEAD"}
# What a stranger may ask for: coming in, how the page looks, and whether the desk is alive.
OPEN = {
    "auth.sign_in_page",
    "auth.sign_in",
    "auth.sign_out",
    "auth.link_page",
    "auth.use_link",
    "health.healthz",
    # Asks for a token of its own.
    "health.show_metrics",
    "preferences.save",
}
# A value of each converter that names nothing there is.
NOWHERE = {
    "Id": 987654321,
    "UnicodeConverter": "nowhere",
    "PathConverter": "no/where",
    "AnyConverter": None,
}


def routes(app: Flask) -> Iterator[tuple[Rule, str | None]]:
    """Each route with what it declares."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            yield rule, getattr(app.view_functions[rule.endpoint], "permission", None)


def address(app: Flask, rule: Rule) -> str:
    values = {
        name: sorted(converter.items)[0] if kind == "AnyConverter" else NOWHERE[kind]
        for name, converter in rule._converters.items()
        for kind in [type(converter).__name__]
    }
    with app.test_request_context():
        built: str = app.url_map.bind("localhost").build(rule.endpoint, values, method=method(rule))
    return built


def method(rule: Rule) -> str:
    return "GET" if "GET" in (rule.methods or ()) else sorted(rule.methods or ())[0]


def test_every_route_declares_exactly_one_permission(app: Flask) -> None:
    undeclared = {rule.endpoint for rule, permission in routes(app) if permission is None}
    assert undeclared == set()
    assert {rule.endpoint for rule, permission in routes(app) if permission == ""} == OPEN
    assert {permission for _, permission in routes(app)} - {""} <= set(PERMISSIONS)


def test_every_route_takes_only_the_methods_it_needs(app: Flask) -> None:
    """Reading or one way of changing: a view that does both would need two permissions."""
    for rule, _ in routes(app):
        methods = set(rule.methods or ())
        assert methods == READING or (len(methods) == 1 and not methods & {*READING, "OPTIONS"}), rule


def test_safe_routes_need_read_permissions_and_viewers_have_no_write_permission(app: Flask) -> None:
    for rule, permission in routes(app):
        if permission and method(rule) == "GET" and not permission.endswith(".read"):
            assert not allows(VIEWER, permission), rule


def test_every_role_gets_what_the_table_says_on_every_route(app: Flask, anonymous_client: FlaskClient) -> None:
    app.config.update(PROPAGATE_EXCEPTIONS=False)
    people = [UserAccount(f"{role}@desk.example", "a long enough password", role) for role in ROLES]
    clients = {person.role: user_accounts.sign_in(app.test_client(), person) for person in people}
    for rule, permission in routes(app):
        if not permission:
            continue
        url, verb = address(app, rule), method(rule)
        answer = anonymous_client.open(url, method=verb)
        assert answer.status_code == 303, rule
        assert answer.location.startswith("/sign-in"), rule
        for role, client in clients.items():
            status = client.open(url, method=verb).status_code
            assert (status != 403) == allows(role, permission), (rule, role, status)
            assert status not in {401, 405}, (rule, role, status)
            assert verb != "GET" or status < 500, (rule, role, status)


def test_no_role_below_the_owner_manages_users_or_credentials() -> None:
    for role, permissions in ROLES.items():
        assert role == OWNER or not permissions & {"users.write", "accounts.write", "fence.write"}, role


def test_packers_ship_and_neither_refund_nor_cancel_nor_invoice() -> None:
    assert allows(PACKER, "shipments.write")
    assert not ROLES[PACKER] & {"refunds.write", "orders.cancel", "invoices.write", "orders.write", "mails.write"}


def test_every_unsafe_route_refuses_a_request_without_a_token(app: Flask, owner_client: FlaskClient) -> None:
    del owner_client.environ_base["HTTP_X_CSRFTOKEN"]
    for rule, _ in routes(app):
        if method(rule) != "GET":
            assert owner_client.open(address(app, rule), method=method(rule)).status_code == 419, rule


@pytest.fixture
def probe(app: Flask) -> None:
    app.add_url_rule("/probe", view_func=requires("orders.read")(lambda: ""), endpoint="probe", methods=["GET"])
    app.add_url_rule("/probe", view_func=requires("orders.cancel")(lambda: ""), endpoint="probe_do", methods=["POST"])


@pytest.mark.usefixtures("probe")
def test_an_htmx_request_without_a_session_loads_the_whole_sign_in_page(anonymous_client: FlaskClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/patterns?page=2"}
    answer = anonymous_client.get("/probe", headers=headers)
    assert (answer.status_code, answer.text) == (401, "")
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/patterns%3Fpage%3D2"
    elsewhere = anonymous_client.get("/probe", headers={**headers, "HX-Current-URL": "https://evil.example/x"})
    assert elsewhere.headers["HX-Redirect"] == "/sign-in"


def test_background_requests_never_redirect_a_page_with_unsaved_input(anonymous_client: FlaskClient) -> None:
    for url in ["/syncs/data-age", "/orders/100001/submissions", "/amazon-orders/1/preflight"]:
        answer = anonymous_client.get(
            url, headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/orders/100001"}
        )
        assert (answer.status_code, answer.text, "HX-Redirect" in answer.headers) == (204, "", False), url


@pytest.mark.usefixtures("probe")
def test_an_htmx_form_sent_after_the_session_ended_keeps_the_input(
    anonymous_client: FlaskClient,
) -> None:
    answer = anonymous_client.post(
        "/probe", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/patterns"}
    )
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers
    assert (
        "Nothing was sent, and your entries are still here. Sign in in another tab, then submit again." in answer.text
    )
    assert '<a href="/sign-in" target="_blank" rel="noopener">' in answer.text


@pytest.mark.usefixtures("probe")
def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(anonymous_client: FlaskClient) -> None:
    answer = anonymous_client.post("/probe", headers={"Referer": "http://localhost/patterns/orders"})
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=/patterns/orders")


def test_a_view_without_a_permission_is_closed_to_everybody(app: Flask, owner_client: FlaskClient) -> None:
    app.add_url_rule("/forgotten", view_func=lambda: "open", endpoint="forgotten")
    with pytest.raises(LookupError, match="forgotten does not say which permission it needs"):
        owner_client.get("/forgotten")


def test_an_unknown_permission_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match=r"no permission 'orders\.raed'"):
        requires("orders.raed")
    with pytest.raises(ValueError, match=r"no permission 'orders\.raed'"):
        allows("owner", "orders.raed")


def test_templates_ask_the_same_table(app: Flask) -> None:
    @app.get("/asks")
    @requires("orders.read")
    def asks() -> str:
        return render_template_string("{{ can('orders.read') }} {{ can('orders.cancel') }}")

    answers = [user_accounts.sign_in(app.test_client(), who).get("/asks").text for who in (OWNER_USER, VIEWER_USER)]
    assert answers == ["True True", "True False"]
    with app.test_request_context():
        assert not has_permission("orders.read")


def test_the_viewer_reads_everything_but_personal_data_and_changes_only_the_own_profile() -> None:
    reading = {name for name in PERMISSIONS if name.endswith(".read")}
    assert ROLES["viewer"] == reading - {"pii.read", "payments.read"} | {"profile.write"}
    assert ROLES["owner"] == set(PERMISSIONS)
    assert not allows("a role that was taken away", "orders.read")


def test_the_documentation_shows_the_table_as_it_is() -> None:
    text = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    rows = [
        f"| `{name}` | {sentence} | {', '.join(role for role in ROLES if name in ROLES[role])} |"
        for name, sentence in PERMISSIONS.items()
    ]
    assert "\n".join(rows) in text
    assert text.count("\n| `") == len(rows)
