"""Many parcels shipped at once: each is sent once, within Amazon's rate limits."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import update

from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.services.submissions import processor as submission_processor
from webapp.services.sync import run as sync_run


def test_many_parcels_need_one_sync_and_no_read_of_each_order(harness):
    numbers = [harness.world.place("DE", lines=((1, 1),)) for _ in range(120)]
    harness.sync()
    submissions = [submission for number in numbers for submission in harness.ship(number)]
    buyer = numbers[7]
    harness.at_amazon(buyer, "request-cancel", reason="Too late")
    harness.sync()
    reads = harness.world.call_counts["getOrder"]

    harness.advance()
    assert harness.world.call_counts["confirmShipment"] == 100
    # Orders are read one by one only to verify submissions.
    assert harness.world.call_counts["getOrder"] - reads <= submission_processor.MAX_READS
    harness.later(3)
    harness.advance()

    assert harness.world.call_counts["confirmShipment"] == 119
    # The last parcels need no preflight read either; the pass verifies a few submissions.
    assert harness.world.call_counts["getOrder"] - reads <= 2 * submission_processor.MAX_READS
    harness.sync()
    for submission in submissions:
        harness.session.refresh(submission)
    assert Counter(submission.state for submission in submissions) == {"verified": 119, "conflict": 1}
    assert submissions[7].state == "conflict"
    assert [len(harness.world.effects("shipment", number)) for number in numbers].count(1) == 119


def test_without_a_sync_each_order_is_read_before_its_parcel_is_sent(harness):
    numbers = [harness.world.place("DE", lines=((1, 1),)) for _ in range(30)]
    harness.sync()
    submissions = [submission for number in numbers for submission in harness.ship(number)]
    harness.later(600)
    harness.at_amazon(numbers[3], "cancel", actor="BUYER")

    for _ in range(8):
        harness.advance()
        harness.later(30)

    for submission in submissions:
        harness.session.refresh(submission)
    assert Counter(submission.state for submission in submissions) == {"verified": 29, "conflict": 1}
    assert harness.world.call_counts["confirmShipment"] == 29


def test_parcels_of_orders_just_imported_are_sent_without_another_sync(harness):
    numbers = [harness.world.place("DE", lines=((1, 1),)) for _ in range(60)]
    harness.sync()
    submissions = [submission for number in numbers for submission in harness.ship(number)]
    harness.session.execute(update(Account).values(last_synced_at=harness.clock() - timedelta(hours=1)))
    harness.session.commit()
    cancelling, moved = numbers[5], numbers[9]
    harness.at_amazon(cancelling, "request-cancel", reason="Too late")
    harness.at_amazon(moved, "cancel", actor="BUYER")
    for number in (cancelling, moved):
        sync_run.refresh_order(
            harness.session, harness.amazon, harness.order(number), now=harness.clock(), actor="test"
        )
    reads = harness.world.call_counts["getOrder"]

    harness.advance()

    assert harness.world.call_counts["confirmShipment"] == 58
    assert harness.world.call_counts["getOrder"] - reads <= submission_processor.MAX_READS
    sent = [number for number in numbers if len(harness.world.effects("shipment", number)) == 1]
    assert set(numbers) - set(sent) == {cancelling, moved}
    states = []
    for submission in submissions:
        harness.session.refresh(submission)
        states.append(submission.state)
    assert [states[5], states[9], states.count("conflict")] == ["conflict", "conflict", 2]


def test_orders_read_long_ago_do_not_delay_the_others(harness):
    numbers = [harness.world.place("DE", lines=((1, 1),)) for _ in range(60)]
    harness.sync()
    for number in numbers:
        harness.ship(number)
    long_ago = harness.clock() - timedelta(hours=1)
    harness.session.execute(update(Account).values(last_synced_at=long_ago))
    old = update(AmazonOrder).where(AmazonOrder.number.in_(numbers[:40]))
    harness.session.execute(old.values(read_at=long_ago))
    harness.session.commit()

    harness.advance()

    sent = {number for number in numbers if harness.world.effects("shipment", number)}
    assert sent >= set(numbers[40:])
    # Of the others, as many were read and sent as a pass may read.
    assert len(sent) == 20 + submission_processor.MAX_READS


def test_sending_goes_before_verifying(harness, monkeypatch):
    # A slow machine takes longer for the reads than a run may check while others wait.
    monkeypatch.setattr(submission_processor, "CHECK_TIME", timedelta(minutes=5))
    numbers = [harness.world.place("DE", lines=((1, 1),)) for _ in range(60)]
    harness.sync()
    for number in numbers[:30]:
        harness.ship(number)
    harness.advance()
    for number in numbers[30:]:
        harness.ship(number)
    harness.later(30)
    before = len(harness.world.calls)

    harness.advance()

    made = [call["operation"] for call in list(harness.world.calls)[before:]]
    assert made == ["confirmShipment"] * 30 + ["getOrder"] * submission_processor.MAX_READS
    assert all(len(harness.world.effects("shipment", number)) == 1 for number in numbers)
