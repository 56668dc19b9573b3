"""The time in the responses of the simulator."""

from email.utils import parsedate_to_datetime

import httpx

from simulator.operations.world import World
from tests.support.simulator_server import AmazonServer


def test_every_response_has_the_simulated_time_as_its_only_date_header() -> None:
    with AmazonServer(World("empty")) as amazon:
        amazon.world.clock.move(10 * 86400)
        for path in ("/orders/2026-01-01/orders", "/auth/o2/token", "/nowhere"):
            (date,) = httpx.get(amazon.url + path).headers.get_list("date")
            assert abs((parsedate_to_datetime(date) - amazon.world.clock.now()).total_seconds()) < 60
