import json

import pytest

from simulator.operations.world import World
from simulator.state.clock import Clock
from simulator.state.state_file import StateFileError
from tests.simulator.application import Application, envelope, failure
from tests.support.simulator_server import AmazonServer


def snapshot(world):
    return {
        "orders": {number: order.as_json() for number, order in world.orders.items()},
        "feeds": world.feeds,
        "documents": world.documents,
        "ledger": world.ledger,
        "switches": world.switches,
        "serials": world.serials,
        "offset": world.clock.offset,
    }


def test_a_killed_world_continues_from_its_state_file(tmp_path):
    state = tmp_path / "deep" / "world.sqlite"
    with AmazonServer(World("busy_monday", update_delay=0, feed_seconds=0, state_path=state)) as amazon:
        application, number = Application(amazon.url), amazon.world.place()
        feed_id = application.create_feed(envelope(failure(number))).json()["feedId"]
        assert application.feed(feed_id)["processingStatus"] == "DONE"

        application.post("/_control/api/clock", json={"move": 3600})
        application.post("/_control/api/settings", json={"rest_cancel": True})
        before = json.loads(json.dumps(snapshot(amazon.world)))
        # A killed process closes its file without a last word.
        amazon.world._file.close()
        amazon.world._file = None
    after = World("empty", seed=9, state_path=state)
    assert json.loads(json.dumps(snapshot(after))) == before
    assert (after.scenario, after.seed, len(after.orders)) == ("busy_monday", 1, 301)
    assert after.place() not in before["orders"]
    after.close()


def test_scheduled_events_survive_too(tmp_path):
    state = tmp_path / "world.sqlite"
    world = World("empty", state_path=state)
    number = world.place(status="PENDING")
    world.close()
    again = World("empty", state_path=state, clock=Clock())
    again.clock.move(again.pending_seconds + 1)
    again.advance()
    assert again.orders[number].status == "UNSHIPPED"
    again.close()


def test_a_reset_starts_the_file_again(tmp_path):
    state = tmp_path / "world.sqlite"
    world = World("busy_monday", state_path=state)
    world.reset("one_order", seed=3)
    world.close()
    again = World("busy_monday", state_path=state)
    assert (again.scenario, again.seed, len(again.orders)) == ("one_order", 3, 1)
    again.close()


def test_a_state_file_is_used_by_one_world_at_a_time(tmp_path):
    state = tmp_path / "world.sqlite"
    world = World("empty", state_path=state)
    with pytest.raises(StateFileError, match="in use"):
        World("empty", state_path=state)
    world.close()


def test_a_file_that_is_not_a_state_file_is_refused(tmp_path):
    state = tmp_path / "notes.txt"
    state.write_text("dear diary, " * 100)
    with pytest.raises(StateFileError, match="not"):
        World("empty", state_path=state)
