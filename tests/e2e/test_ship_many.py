"""Many parcels in one go: each told once, within what Amazon allows."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import update

from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.services.submissions import processor as submission_processor
from webapp.services.sync import run as sync_run


def test_many_at_once_cost_a_sync_and_not_an_order_each(desk):
    numbers = [desk.world.place("DE", lines=((1, 1),)) for _ in range(120)]
    desk.sync()
    asked = [one for number in numbers for one in desk.ship(number)]
    buyer = numbers[7]
    desk.at_amazon(buyer, "request-cancel", reason="Too late")
    desk.sync()
    reads = desk.world.call_counts["getOrder"]

    desk.advance()
    assert desk.world.call_counts["confirmShipment"] == 100
    # Only proofs are read one by one, beside the telling.
    assert desk.world.call_counts["getOrder"] - reads <= submission_processor.FEW
    desk.later(3)
    desk.advance()

    assert desk.world.call_counts["confirmShipment"] == 119
    # The last few need no look either; a few are proved in the pass.
    assert desk.world.call_counts["getOrder"] - reads <= 2 * submission_processor.FEW
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


def test_many_just_imported_are_told_though_no_sync_has_come_through_since(desk):
    numbers = [desk.world.place("DE", lines=((1, 1),)) for _ in range(60)]
    desk.sync()
    asked = [one for number in numbers for one in desk.ship(number)]
    desk.session.execute(update(Account).values(last_synced_at=desk.clock() - timedelta(hours=1)))
    desk.session.commit()
    cancelling, moved = numbers[5], numbers[9]
    desk.at_amazon(cancelling, "request-cancel", reason="Too late")
    desk.at_amazon(moved, "cancel", by="BUYER")
    for number in (cancelling, moved):
        sync_run.refresh_order(desk.session, desk.port, desk.order(number), now=desk.clock(), actor="test")
    reads = desk.world.call_counts["getOrder"]

    desk.advance()

    assert desk.world.call_counts["confirmShipment"] == 58
    assert desk.world.call_counts["getOrder"] - reads <= submission_processor.FEW
    told = [number for number in numbers if len(desk.world.effects("shipment", number)) == 1]
    assert set(numbers) - set(told) == {cancelling, moved}
    states = []
    for one in asked:
        desk.session.refresh(one)
        states.append(one.state)
    assert [states[5], states[9], states.count("conflict")] == ["conflict", "conflict", 2]


def test_what_was_read_long_ago_does_not_keep_the_others_waiting(desk):
    numbers = [desk.world.place("DE", lines=((1, 1),)) for _ in range(60)]
    desk.sync()
    for number in numbers:
        desk.ship(number)
    long_ago = desk.clock() - timedelta(hours=1)
    desk.session.execute(update(Account).values(last_synced_at=long_ago))
    old = update(AmazonOrder).where(AmazonOrder.number.in_(numbers[:40]))
    desk.session.execute(old.values(read_at=long_ago))
    desk.session.commit()

    desk.advance()

    told = {number for number in numbers if desk.world.effects("shipment", number)}
    assert told >= set(numbers[40:])
    # Of the others as many as may be read in a pass were read and told.
    assert len(told) == 20 + submission_processor.FEW


def test_telling_goes_before_proving(desk):
    numbers = [desk.world.place("DE", lines=((1, 1),)) for _ in range(60)]
    desk.sync()
    for number in numbers[:30]:
        desk.ship(number)
    desk.advance()
    for number in numbers[30:]:
        desk.ship(number)
    desk.later(30)
    before = len(desk.world.calls)

    desk.advance()

    made = [call["operation"] for call in list(desk.world.calls)[before:]]
    assert made == ["confirmShipment"] * 30 + ["getOrder"] * submission_processor.FEW
    assert all(len(desk.world.effects("shipment", number)) == 1 for number in numbers)
