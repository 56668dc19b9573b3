"""The time in the simulator's answers."""

from email.utils import parsedate_to_datetime

import httpx

from simulator.operations.world import World
from tests.support.simulator_server import AmazonServer


def test_every_answer_carries_the_time_of_the_world_in_its_date_header_once() -> None:
    with AmazonServer(World("empty")) as amazon:
        amazon.world.clock.move(10 * 86400)
        for path in ("/orders/2026-01-01/orders", "/auth/o2/token", "/nowhere"):
            (said,) = httpx.get(amazon.url + path).headers.get_list("date")
            assert abs((parsedate_to_datetime(said) - amazon.world.clock.now()).total_seconds()) < 60
