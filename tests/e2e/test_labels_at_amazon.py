"""From the choice of a service to the order that Amazon shows as shipped, over real HTTP on both ends."""

import pytest

from tests.support.labels import buy, choose, process, request_services, set_senders
from webapp.services.shipping import labels

pytestmark = pytest.mark.both_databases


def test_a_label_is_bought_shown_by_amazon_and_given_back(harness, number):
    set_senders(harness)
    label = buy(harness, number)
    assert (label.state, harness.commerce_order(number).state) == ("bought", "awaiting_amazon")
    harness.later(5)
    harness.advance()
    assert (harness.order(number).status, harness.commerce_order(number).state) == ("SHIPPED", "complete")
    (package,) = harness.order(number).packages
    assert package.tracking_number == label.tracking_number
    assert harness.world.call_counts["confirmShipment"] == 0

    labels.refund(harness.session, label.id, now=harness.clock(), actor="user:1")
    process(harness)
    harness.world.clock.move(61)
    harness.later(6 * 3600 + 1)
    process(harness)
    assert label.state == "refunded"


@pytest.mark.parametrize("fault", ["lost_answer", "malformed_json", "truncated_body", "error_500"])
def test_whatever_happens_to_the_answer_one_label_is_bought(harness, number, fault):
    set_senders(harness)
    label = request_services(harness, number)
    process(harness)
    choose(harness, label)
    options = {"after": True} if fault == "error_500" else {}
    harness.world.faults.arm(fault, "createShipment", **options)
    for _ in range(4):
        process(harness)
        harness.later(10)
    assert label.state == "bought"
    assert len(harness.world.effects("label", number)) == 1
    assert harness.world.call_counts["createShipment"] == 1
