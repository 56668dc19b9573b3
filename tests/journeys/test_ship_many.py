"""Many parcels in one go: each told once, within what Amazon allows."""

from collections import Counter

from webapp.actions import advancing


def test_many_at_once_cost_a_sync_and_not_an_order_each(desk):
    numbers = [desk.world.place("DE", lines=((1, 1),)) for _ in range(120)]
    desk.sync()
    asked = [one for number in numbers for one in desk.ship(number)]
    buyer = numbers[7]
    desk.at_amazon(buyer, "request-cancel", reason="Too late")
    desk.sync()
    reads = desk.world.call_counts["getOrder"]

    desk.advance()
    assert desk.world.call_counts["confirmShipment"] == 99
    assert desk.world.call_counts["getOrder"] == reads
    desk.later(3)
    desk.advance()

    assert desk.world.call_counts["confirmShipment"] == 119
    # The last few are read by themselves, and as many are proved in a pass.
    assert desk.world.call_counts["getOrder"] - reads <= 2 * advancing.FEW
    desk.sync()
    for one in asked:
        desk.session.refresh(one)
    assert Counter(one.state for one in asked) == {"verified": 119, "conflict": 1}
    assert asked[7].state == "conflict"
    assert [len(desk.world.effects("shipment", number)) for number in numbers].count(1) == 119


def test_many_at_once_without_a_sync_are_each_read_before(desk):
    numbers = [desk.world.place("DE", lines=((1, 1),)) for _ in range(30)]
    desk.sync()
    asked = [one for number in numbers for one in desk.ship(number)]
    desk.later(600)
    desk.at_amazon(numbers[3], "cancel", by="BUYER")

    for _ in range(8):
        desk.advance()
        desk.later(30)

    for one in asked:
        desk.session.refresh(one)
    assert Counter(one.state for one in asked) == {"verified": 29, "conflict": 1}
    assert desk.world.call_counts["confirmShipment"] == 29
