"""Cancelling at an Amazon that answers over HTTP: by feed, through faults, and by REST."""

from datetime import timedelta

import pytest

from simulator.operations.world import World
from webapp.amazon.gateway import Amazon
from webapp.domain.amazon.errors import Forbidden, InvalidRequest, OutcomeUnknown
from webapp.domain.amazon.types import Cancellation
from webapp.domain.common.marketplaces import BY_COUNTRY

GERMANY = BY_COUNTRY["DE"].id


def a_cancellation(amazon: Amazon, number: str, message_id: int = 1) -> Cancellation:
    order = amazon.get_order(number)
    return Cancellation(message_id, number, tuple(item.order_item_id for item in order.items), "NoInventory")


@pytest.mark.parametrize("gzip", [False, True])
def test_a_feed_cancels_what_can_be_cancelled_and_says_what_cannot(amazon: Amazon, world: World, gzip: bool) -> None:
    world.switches["gzip_results"] = gzip
    open_one, shipped = world.place("DE"), world.place("DE", status="SHIPPED")

    prepared = amazon.prepare_cancellations(
        [GERMANY], [a_cancellation(amazon, open_one, 1), a_cancellation(amazon, shipped, 2)]
    )
    made = amazon.create_feed(prepared)
    ended = amazon.feed(made.feed_id)
    report = amazon.feed_report(ended)

    assert (made.status, ended.status, ended.ended) == ("IN_QUEUE", "DONE", True)
    assert made.request_id
    assert (report.processed, report.successful, report.with_error, report.with_warning) == (2, 1, 1, 0)
    assert [(message.message_id, message.failed) for message in report.messages] == [(2, True)]
    assert report.messages[0].description
    cancelled = amazon.get_order(open_one)
    assert (cancelled.status, cancelled.items[0].cancelled_by) == ("CANCELLED", "MERCHANT")
    assert amazon.get_order(shipped).status == "SHIPPED"
    assert len(world.effects("cancellation")) == 1


def test_a_feed_done_may_have_done_nothing(amazon: Amazon, world: World) -> None:
    number = world.place("DE")
    world.faults.arm("feed_rejected")

    made = amazon.create_feed(amazon.prepare_cancellations([GERMANY], [a_cancellation(amazon, number)]))
    report = amazon.feed_report(amazon.feed(made.feed_id))

    assert (report.successful, report.with_error) == (0, 1)
    assert amazon.get_order(number).status == "UNSHIPPED"


def test_a_fatal_feed_has_ended(amazon: Amazon, world: World) -> None:
    number = world.place("DE")
    world.faults.arm("feed_fatal")

    made = amazon.create_feed(amazon.prepare_cancellations([GERMANY], [a_cancellation(amazon, number)]))

    assert (amazon.feed(made.feed_id).status, amazon.feed(made.feed_id).ended) == ("FATAL", True)


def test_a_feed_whose_answer_was_lost_is_found_again(amazon: Amazon, world: World) -> None:
    number = world.place("DE")
    prepared = amazon.prepare_cancellations([GERMANY], [a_cancellation(amazon, number)])
    began = world.now() - timedelta(seconds=1)
    world.faults.arm("lost_answer", "createFeed")

    with pytest.raises(OutcomeUnknown):
        amazon.create_feed(prepared)

    (feed,) = amazon.find_feeds(prepared.feed_type, began)
    assert amazon.feed_report(feed).successful == 1
    assert world.call_counts["createFeed"] == 1
    assert len(world.effects("cancellation", number)) == 1


@pytest.mark.parametrize("fault", ["error_500", "error_503_html", "malformed_json", "truncated_body"])
def test_no_fault_makes_a_feed_be_sent_twice(amazon: Amazon, world: World, fault: str) -> None:
    prepared = amazon.prepare_cancellations([GERMANY], [a_cancellation(amazon, world.place("DE"))])
    world.faults.arm(fault, "createFeed")

    with pytest.raises(OutcomeUnknown):
        amazon.create_feed(prepared)

    assert world.call_counts["createFeed"] == 1


def test_preparing_is_repeated_through_faults(amazon: Amazon, world: World) -> None:
    cancellation = a_cancellation(amazon, world.place("DE"))
    world.faults.arm("error_503_html", "createFeedDocument")

    assert amazon.prepare_cancellations([GERMANY], [cancellation]).document_id


def test_where_rest_cancellation_is_closed_the_gateway_raises_forbidden(amazon: Amazon, world: World) -> None:
    number = world.place("DE")

    with pytest.raises(Forbidden):
        amazon.cancel_order(number, "NoInventory")

    assert amazon.get_order(number).status == "UNSHIPPED"


def test_where_rest_cancellation_is_open_the_order_is_cancelled(amazon: Amazon, world: World) -> None:
    world.switches["rest_cancel"] = True
    number = world.place("DE")

    amazon.cancel_order(number, "NoInventory")

    assert amazon.get_order(number).status == "CANCELLED"
    with pytest.raises(InvalidRequest, match="cannot be cancelled in its current state"):
        amazon.cancel_order(number, "NoInventory")
