"""Theme and language are kept in the browser, and the way back stays on the desk."""

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_theme_is_kept_and_drawn_by_the_server(owner_client: FlaskClient, theme: str) -> None:
    response = owner_client.post("/preferences", data={"theme": theme, "next": "/patterns/orders?days=7"})
    assert (response.status_code, response.headers["Location"]) == (303, "/patterns/orders?days=7")
    assert f'data-bs-theme="{theme}"' in owner_client.get("/patterns").text


def test_following_the_system_again_forgets_the_choice(owner_client: FlaskClient) -> None:
    owner_client.post("/preferences", data={"theme": "dark"})
    owner_client.post("/preferences", data={"theme": "system"})
    assert "data-bs-theme" not in owner_client.get("/patterns").text


@pytest.mark.parametrize("data", [{"theme": "purple"}, {"language": "tlh"}, {"language": "../en"}])
def test_what_is_no_choice_is_refused(owner_client: FlaskClient, data: dict[str, str]) -> None:
    response = owner_client.post("/preferences", data=data)
    assert response.status_code == 400
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("target", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", ""])
def test_nobody_is_sent_elsewhere(owner_client: FlaskClient, target: str) -> None:
    assert owner_client.post("/preferences", data={"theme": "dark", "next": target}).headers["Location"] == "/"


def test_a_choice_needs_the_forms_token(owner_client: FlaskClient) -> None:
    del owner_client.environ_base["HTTP_X_CSRFTOKEN"]
    assert owner_client.post("/preferences", data={"theme": "dark"}).status_code == 419
