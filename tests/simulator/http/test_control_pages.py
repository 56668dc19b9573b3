import httpx
import pytest

from simulator.state.faults import FAULT_KINDS
from simulator.state.sellers import DEMO_EU, DEMO_JP


@pytest.fixture
def control(amazon):
    with httpx.Client(base_url=f"{amazon.url}/_control", timeout=60, trust_env=False) as client:
        yield client


def test_the_credentials_of_both_sellers_are_listed(amazon, control):
    europe, japan = control.get("/api/credentials").json()
    assert europe == {
        "seller_id": DEMO_EU.id,
        "name": DEMO_EU.store_name,
        "region": "EU",
        "client_id": DEMO_EU.client_id,
        "client_secret": DEMO_EU.client_secret,
        "refresh_token": DEMO_EU.refresh_token,
        "endpoint": amazon.url,
        "token_url": f"{amazon.url}/auth/o2/token",
        "marketplaces": ["DE", "GB", "FR", "SE", "PL"],
    }
    assert (japan["seller_id"], japan["region"], japan["marketplaces"]) == (DEMO_JP.id, "FE", ["JP"])


def test_an_order_is_placed_a_cancellation_is_requested_and_it_is_cancelled(amazon, control):
    number = control.post("/api/place", json={"country": "JP", "lines": [[0, 2]]}).json()["order_id"]
    order = control.post(f"/api/orders/{number}/request-cancel", json={"reason": "Ordered by mistake"}).json()
    assert (order["status"], order["cancel_requested"], order["quantity"]) == ("UNSHIPPED", True, 2)
    cancelled = control.post(f"/api/orders/{number}/cancel", json={"actor": "BUYER"}).json()
    assert cancelled["status"] == "CANCELLED"
    assert control.post(f"/api/orders/{number}/cancel", json={}).status_code == 409
    assert [(entry["effect"], entry["actor"], entry["channel"]) for entry in control.get("/api/ledger").json()] == [
        ("cancellation", "BUYER", "control")
    ]
    details = control.get(f"/api/orders/{number}").json()
    assert details["previous"]["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"


def test_orders_are_released_and_shipped(control):
    number = control.post("/api/place", json={"status": "PENDING"}).json()["order_id"]
    assert control.post(f"/api/orders/{number}/ship", json={}).status_code == 409
    assert control.post(f"/api/orders/{number}/release", json={}).json()["status"] == "UNSHIPPED"
    shipped = control.post(f"/api/orders/{number}/ship", json={}).json()
    assert (shipped["status"], len(shipped["body"]["packages"])) == ("SHIPPED", 1)
    assert [order["order_id"] for order in control.get("/api/orders").json()] == [number]


@pytest.mark.parametrize(
    "spec",
    [
        {"country": "US"},
        {"colour": "red"},
        {"status": "LOST"},
        {"fulfilled_by": "ME"},
        {"lines": [["a", 1]]},
        {"lines": 3},
    ],
)
def test_an_invalid_order_is_not_placed(amazon, control, spec):
    answer = control.post("/api/place", json=spec)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert amazon.world.orders == {}


def test_the_clock_is_moved_frozen_and_thawed(amazon, control):
    before = control.get("/api/clock").json()["now"]
    assert control.post("/api/clock", json={"move": 86400}).json()["now"] > before
    frozen = control.post("/api/clock", json={"freeze": True}).json()
    assert frozen["frozen_at"] == control.get("/api/clock").json()["now"]
    assert control.post("/api/clock", json={"thaw": True}).json()["frozen_at"] is None
    assert control.post("/api/clock", json={"move": -1}).status_code == 400


def test_faults_are_armed_and_disarmed(amazon, control):
    fault = {"name": "forbidden_dataset", "times": None, "options": {"dataset": "TAX", "answer": "drop"}}
    armed = control.post("/api/faults", json=fault).json()
    assert armed["armed"][0] | {"id": 0} == {
        "id": 0,
        "name": "forbidden_dataset",
        "operation": None,
        "times": None,
        "probability": 1.0,
        "options": {"dataset": "TAX", "answer": "drop"},
        "triggered": 0,
    }
    assert control.post("/api/faults", json={"name": "earthquake"}).status_code == 400
    assert control.delete(f"/api/faults/{armed['id']}").json() == {"disarmed": 1}
    control.post("/api/faults", json={"name": "throttled", "probability": 0.5})
    assert control.delete("/api/faults").json() == {"disarmed": 1}
    assert [kind["name"] for kind in control.get("/api/faults").json()["kinds"]] == list(FAULT_KINDS)


def test_settings_are_changed_and_a_reset_restores_them(amazon, control):
    changed = control.post("/api/settings", json={"rest_cancel": True, "update_delay": 5, "limits": "amazon"}).json()
    assert (changed["rest_cancel"], changed["update_delay"], changed["limits"]) == (True, 5, "amazon")
    assert control.post("/api/settings", json={"gravity": False}).status_code == 400
    assert control.post("/api/reset", json={"scenario": "one_order", "seed": 4}).json() == {
        "scenario": "one_order",
        "seed": 4,
        "orders": 1,
    }
    assert control.get("/api/settings").json()["rest_cancel"] is False
    assert control.post("/api/reset", json={"scenario": "sunday"}).status_code == 400


def test_calls_are_listed_without_their_content(amazon, control, application):
    application.search()
    calls = control.get("/api/calls").json()
    assert [(call["operation"], call["status"]) for call in calls["calls"]] == [("token", 200), ("searchOrders", 200)]
    assert calls["counts"] == {"token": 1, "searchOrders": 1}
    assert set(calls["calls"][0]) == {"at", "operation", "seller_id", "status", "request_id", "fault"}


def test_the_forms_of_the_control_page_do_the_same(amazon, control):
    placed = control.post("/orders", data={"country": "GB", "fulfilled_by": "MERCHANT", "status": "UNSHIPPED"})
    assert placed.status_code == 303
    (number,) = amazon.world.orders
    assert number in control.get("", follow_redirects=True).text
    for verb, form in (("request-cancel", {"reason": "<b>late</b>"}), ("cancel", {"actor": "AMAZON"})):
        assert control.post(f"/orders/{number}/{verb}", data=form).status_code == 303
    assert amazon.world.orders[number].status == "CANCELLED"
    assert control.post(f"/orders/{number}/ship", data={}, follow_redirects=True).text.count("Not possible") == 1
    assert control.post("/clock", data={"seconds": "120"}).status_code == 303
    assert control.post("/faults", data={"name": "slow", "times": "", "option_seconds": "2"}).status_code == 303
    (fault,) = amazon.world.faults.list_armed()
    assert (fault.name, fault.times, float(fault.options["seconds"])) == ("slow", None, 2.0)
    assert control.post("/faults/disarm", data={}).status_code == 303
    assert amazon.world.faults.list_armed() == []
    assert control.post("/settings", data={"rest_cancel": "on", "update_delay": "3"}).status_code == 303
    assert (amazon.world.switches["rest_cancel"], amazon.world.update_delay) == (True, 3.0)
    assert control.post("/reset", data={"scenario": "one_order", "seed": "2"}).status_code == 303
    assert (amazon.world.scenario, amazon.world.seed) == ("one_order", 2)


def test_every_page_renders_with_difficult_names(amazon, control):
    amazon.world.reset("busy_monday")
    amazon.world.faults.arm("throttled")
    for address in ("/", "/?status=UNSHIPPED", "/faults", "/ledger", "/calls", "/settings", "/control.css"):
        assert control.get(address).status_code == 200
    for number, order in list(amazon.world.orders.items())[::7]:
        page = control.get(f"/orders/{number}")
        assert page.status_code == 200, order.status
        assert "<script>" not in page.text
        assert number in page.text
    assert control.get("/orders/305-0000000-0000000").status_code == 404


def test_an_order_shows_its_ledger_entries(amazon, control, application):
    number, other = amazon.world.place("DE"), amazon.world.place("DE")
    application.post(
        f"/messaging/v1/orders/{number}/messages/unexpectedProblem",
        params={"marketplaceIds": amazon.world.orders[number].body["salesChannel"]["marketplaceId"]},
        json={"text": "Late."},
    )
    control.post(f"/api/orders/{number}/ship", json={})
    effects = control.get(f"/api/orders/{number}").json()["effects"]
    assert [entry["effect"] for entry in effects] == ["message", "shipment"]
    assert control.get(f"/api/orders/{other}").json()["effects"] == []
    for page in (f"/orders/{number}", "/ledger"):
        text = control.get(page).text
        assert "createUnexpectedProblem" in text
        assert "<code>unexpectedProblem</code>" in text
    assert "createUnexpectedProblem" not in control.get(f"/orders/{other}").text


def test_requests_from_another_site_are_refused(amazon, control):
    answer = control.post("/api/place", json={}, headers={"Origin": "http://example.invalid"})
    assert answer.status_code == 403
    assert control.post("/reset", data={}, headers={"Origin": "null"}).status_code == 403
    assert control.post("/api/place", json={}, headers={"Origin": amazon.url}).status_code == 200


def test_an_unknown_path_gets_amazons_error(amazon):
    answer = httpx.get(f"{amazon.url}/nowhere")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "NotFound")


def test_the_remaining_amount_is_refunded_by_item_and_only_once(amazon, control):
    number = control.post("/api/place", json={"country": "DE", "status": "SHIPPED", "lines": [[0, 1], [1, 1]]}).json()[
        "order_id"
    ]
    items = amazon.world.orders[number].body["orderItems"]
    response = control.post(f"/api/orders/{number}/refund", json={"item": items[1]["orderItemId"]})
    assert response.status_code == 200
    assert [entry["order_item_id"] for entry in amazon.world.effects("refund", number)] == [items[1]["orderItemId"]]
    assert control.post(f"/api/orders/{number}/refund", json={}).status_code == 200
    totals = [entry["total"] for entry in amazon.world.effects("refund", number)]
    assert totals == [items[1]["proceeds"]["proceedsTotal"], items[0]["proceeds"]["proceedsTotal"]]
    assert control.post(f"/api/orders/{number}/refund", json={}).status_code == 409
