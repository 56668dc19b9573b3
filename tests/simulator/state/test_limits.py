from datetime import UTC, datetime

import pytest

from simulator.operations.world import World
from simulator.state.clock import Clock
from simulator.state.limits import PLANS
from simulator.state.sellers import DEMO_JP
from tests.simulator.application import ORDERS, Application
from tests.support.simulator_server import AmazonServer


@pytest.fixture
def strict():
    """A simulator with Amazon's usage plans and a frozen clock."""
    with AmazonServer(
        World("empty", limits="amazon", clock=Clock(frozen_at=datetime(2026, 11, 23, 12, tzinfo=UTC)))
    ) as amazon:
        yield amazon


def test_a_bucket_gives_its_burst_and_then_refills_at_its_rate(strict):
    application = Application(strict.url)
    assert [application.search().status_code for _ in range(21)] == [200] * 20 + [429]
    refused = application.search()
    assert refused.json() == {
        "errors": [
            {"code": "QuotaExceeded", "message": "You exceeded your quota for the requested resource.", "details": ""}
        ]
    }
    assert "x-amzn-RateLimit-Limit" not in refused.headers
    assert refused.headers["x-amzn-RequestId"]
    strict.world.clock.move(178)
    assert application.search().status_code == 429
    strict.world.clock.move(1)
    answer = application.search()
    assert (answer.status_code, answer.headers["x-amzn-RateLimit-Limit"]) == (200, "0.0056")
    assert application.search().status_code == 429


def test_each_operation_and_seller_has_a_bucket_of_its_own(strict):
    application, japan = Application(strict.url), Application(strict.url, DEMO_JP)
    while application.search().status_code == 200:
        pass
    assert japan.search().status_code == 200
    assert application.get(f"{ORDERS}/305-0000000-0000000").status_code == 404


def test_invalid_calls_take_tokens_too(strict):
    application = Application(strict.url)
    assert [application.get(ORDERS).status_code for _ in range(21)] == [400] * 20 + [429]


def test_relaxed_limits_are_a_thousand_times_amazons():
    world = World("empty")
    assert {operation: world.limits.plan(operation) for operation in PLANS} == {
        operation: (pytest.approx(rate * 1000), burst * 1000) for operation, (rate, burst) in PLANS.items()
    }


def test_unknown_limits_are_refused():
    with pytest.raises(ValueError, match="relaxed or amazon"):
        World("empty", limits="none")
