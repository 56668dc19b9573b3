import httpx
import pytest

from simulator.state.sellers import DEMO_EU, DEMO_JP
from tests.simulator.application import ORDERS, Application, grant
from tests.support.simulator_server import AmazonServer


def ask(amazon: AmazonServer, **changed: str) -> httpx.Response:
    return httpx.post(f"{amazon.url}/auth/o2/token", data={**grant(DEMO_EU), **changed})


def test_a_refresh_token_gets_an_access_token_for_an_hour(amazon):
    answer = ask(amazon).json()
    assert answer["access_token"].startswith("Atza|")
    assert (answer["token_type"], answer["expires_in"], answer["refresh_token"]) == (
        "bearer",
        3600,
        DEMO_EU.refresh_token,
    )


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"refresh_token": "Atzr|another"}, 400, "invalid_grant"),
        ({"refresh_token": DEMO_JP.refresh_token}, 400, "invalid_grant"),
        ({"client_id": "amzn1.nobody"}, 401, "invalid_client"),
        ({"client_secret": DEMO_EU.client_secret + "\n"}, 401, "invalid_client"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"refresh_token": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "everything"}, 400, "invalid_scope"),
    ],
)
def test_wrong_credentials_get_amazons_errors(amazon, changed, status, error):
    answer = ask(amazon, **changed)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_grantless_token_has_no_seller(amazon):
    answer = ask(amazon, grant_type="client_credentials", scope="sellingpartnerapi::notifications").json()
    headers = {"x-amz-access-token": answer["access_token"]}
    assert httpx.get(f"{amazon.url}/sellers/v1/marketplaceParticipations", headers=headers).status_code == 403


def test_a_token_expires_by_the_simulated_clock(amazon, application):
    assert application.search().status_code == 200
    amazon.world.clock.move(3600)
    answer = application.search()
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["details"] == "The access token you provided has expired."
    assert "x-amzn-RateLimit-Limit" not in answer.headers


@pytest.mark.parametrize("token", [None, "nonsense", "Atza|", "Atza|bm9uc2Vuc2U", "Ätza".encode()])
def test_a_call_without_a_valid_token_is_denied(amazon, token):
    headers = {"x-amz-access-token": token} if token else {}
    answer = httpx.get(f"{amazon.url}{ORDERS}", headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "Unauthorized")


def test_each_seller_sees_its_own_marketplaces_and_orders(amazon, application):
    number = amazon.world.place("JP")
    japan = Application(amazon.url, DEMO_JP)
    assert japan.numbers() == [number]
    payload = japan.get("/sellers/v1/marketplaceParticipations").json()["payload"]
    assert [participation["marketplace"]["countryCode"] for participation in payload] == ["JP"]
    assert application.numbers() == []
    assert application.get(f"{ORDERS}/{number}").status_code == 404
    payload = application.get("/sellers/v1/marketplaceParticipations").json()["payload"]
    marketplaces = [participation["marketplace"] for participation in payload]
    assert [(marketplace["countryCode"], marketplace["defaultCurrencyCode"]) for marketplace in marketplaces] == [
        ("DE", "EUR"),
        ("GB", "GBP"),
        ("FR", "EUR"),
        ("SE", "SEK"),
        ("PL", "PLN"),
    ]
