"""Shipping labels against the simulator: each is bought at most once."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.support.account_harness import AccountHarness
from tests.support.labels import BOX, buy, choose, process, request_services, set_senders
from tests.support.order_processing import event_kinds, expect_refusal
from webapp.db import leases, number_sequences
from webapp.domain.errors import BusyError
from webapp.domain.shipping.labels import CHEAPEST, CHEAPEST_IN_TIME
from webapp.models.accounts import Account
from webapp.models.shipments import Shipment
from webapp.models.shipping_labels import ShippingLabel
from webapp.models.submissions import Submission
from webapp.services import fences
from webapp.services.shipping import label_processor, labels


@pytest.fixture
def number(harness: AccountHarness) -> str:
    number = harness.world.place("DE", lines=((0, 2),))
    harness.sync()
    set_senders(harness)
    return number


def labels_at_amazon(harness: AccountHarness, number: str) -> int:
    return len(harness.world.effects("label", number))


def test_services_are_sorted_by_price_and_wait_for_a_choice(harness: AccountHarness, number: str) -> None:
    label = request_services(harness, number)
    process(harness)
    assert (label.state, label.due_at) == ("offered", None)
    prices = [offer.price.minor for offer in label.service_offers]
    assert prices == sorted(prices)
    assert labels_at_amazon(harness, number) == 0


def test_a_bought_label_ships_the_order_without_a_confirmation(harness: AccountHarness, number: str) -> None:
    label = buy(harness, number)
    order = harness.commerce_order(number)
    assert (label.state, label.carrier, label.money.amount, label.cause) == ("bought", "DHL", "6.29", None)
    assert (label.document or b"").startswith(b"%PDF")
    shipment = harness.session.get_one(Shipment, label.shipment_id)
    (parcel,) = shipment.parcels
    assert (parcel.carrier, parcel.tracking_number) == ("DHL", label.tracking_number)
    assert order.state == "awaiting_amazon"
    (submission,) = harness.session.scalars(select(Submission)).all()
    assert submission.state == "accepted"
    assert "label_bought" in event_kinds(harness.session, order)
    harness.later(5)
    harness.advance()
    assert harness.commerce_order(number).state == "complete"
    assert harness.world.call_counts["confirmShipment"] == 0
    assert labels_at_amazon(harness, number) == 1


def test_a_lost_answer_buys_no_second_label(harness: AccountHarness, number: str) -> None:
    label = request_services(harness, number)
    process(harness)
    choose(harness, label)
    harness.world.faults.arm("lost_answer", "createShipment")
    process(harness)
    assert (label.state, label.cause) == ("unknown", "label_answer_lost")
    harness.later(3)
    process(harness)
    assert (label.state, label.document) == ("bought", None)
    assert label.cause in {"label_without_document", "label_shown_at_amazon"}
    (package,) = harness.order(number).packages
    assert label.tracking_number == package.tracking_number
    harness.later(600)
    process(harness)
    assert labels_at_amazon(harness, number) == 1


def test_a_label_that_the_order_does_not_show_waits_for_a_person(harness: AccountHarness, number: str) -> None:
    label = request_services(harness, number)
    process(harness)
    choose(harness, label)
    harness.world.faults.arm("lost_answer", "createShipment")
    harness.world.faults.arm("package_unseen", "createShipment")
    for _ in range(12):
        process(harness)
        harness.later(130)
    assert (label.state, label.due_at) == ("unknown", None)
    order_id = label.order_id
    code, _ = expect_refusal(
        lambda: labels.request_services(harness.session, order_id, BOX, now=harness.clock(), actor="user:1")
    )
    assert code == "label_buying"
    assert labels_at_amazon(harness, number) == 1


def test_the_shipment_id_brings_back_a_label_whose_answer_was_lost(harness: AccountHarness, number: str) -> None:
    label = request_services(harness, number)
    process(harness)
    choose(harness, label)
    harness.world.faults.arm("lost_answer", "createShipment")
    harness.world.faults.arm("package_unseen", "createShipment")
    process(harness)
    (effect,) = harness.world.effects("label", number)
    labels.identify(harness.session, label.id, f" {effect['shipment']} ", now=harness.clock(), actor="user:1")
    process(harness)
    assert (label.state, label.cause) == ("bought", None)
    assert label.document is not None
    assert label.shipment_id is not None


def test_the_shipment_id_of_another_order_is_not_taken(harness: AccountHarness, number: str) -> None:
    other = harness.world.place("DE")
    harness.sync()
    buy(harness, other)
    (effect,) = harness.world.effects("label", other)
    label = request_services(harness, number)
    process(harness)
    choose(harness, label)
    harness.world.faults.arm("lost_answer", "createShipment")
    harness.world.faults.arm("package_unseen", "createShipment")
    process(harness)
    labels.identify(harness.session, label.id, effect["shipment"], now=harness.clock(), actor="user:1")
    process(harness)
    assert (label.state, label.cause, label.amazon_shipment_id) == ("unknown", "label_of_other_order", None)


def test_a_process_that_dies_during_the_call_buys_no_second_label(harness: AccountHarness, number: str) -> None:
    label = request_services(harness, number)
    process(harness)
    choose(harness, label)
    label = labels.load_locked(harness.session, label.id)
    labels.apply(label, "send", harness.clock())
    label.due_at = harness.clock()
    harness.session.commit()
    process(harness)
    assert label.state == "unknown"
    assert labels_at_amazon(harness, number) == 0


def test_a_label_that_was_not_bought_can_be_bought_again(harness: AccountHarness, number: str) -> None:
    label = request_services(harness, number)
    process(harness)
    choose(harness, label)
    label = labels.load_locked(harness.session, label.id)
    labels.apply(label, "send", harness.clock())
    labels.apply(label, "lose", harness.clock())
    harness.session.commit()
    labels.discard(harness.session, label.id, now=harness.clock(), actor="user:1")
    assert buy(harness, number).state == "bought"
    assert "label_not_bought" in event_kinds(harness.session, harness.commerce_order(number))


@pytest.mark.parametrize(
    ("fault", "cause"), [("insufficient_funds", "label_no_funds"), ("offer_expired", "label_offers_old")]
)
def test_amazons_refusal_is_shown_and_nothing_is_bought(
    harness: AccountHarness, number: str, fault: str, cause: str
) -> None:
    harness.world.faults.arm(fault, "createShipment")
    label = buy(harness, number)
    assert (label.state, label.cause, label.due_at) == ("failed", cause, None)
    assert harness.commerce_order(number).state == "processing"
    assert labels_at_amazon(harness, number) == 0


def test_a_passing_error_is_repeated(harness: AccountHarness, number: str) -> None:
    label = request_services(harness, number)
    harness.world.faults.arm("error_503_html", "getEligibleShipmentServices", times=4)
    process(harness)
    assert label.state == "requested"
    harness.later(10)
    process(harness)
    assert label.state == "offered"


@pytest.mark.parametrize("verb", ["cancel", "ship", "request-cancel"])
def test_the_order_is_read_again_before_paying(harness: AccountHarness, number: str, verb: str) -> None:
    label = request_services(harness, number)
    process(harness)
    choose(harness, label)
    harness.at_amazon(number, verb)
    process(harness)
    assert label.state == "failed"
    assert labels_at_amazon(harness, number) == 0


def test_old_prices_are_not_paid(harness: AccountHarness, number: str) -> None:
    label = request_services(harness, number)
    process(harness)
    harness.later(601)
    label_id = label.id
    code, _ = expect_refusal(
        lambda: labels.choose(harness.session, label_id, "DHL_PTP_PARCEL", now=harness.clock(), actor="user:1")
    )
    assert code == "label_offers_old"


def test_a_service_that_needs_customs_data_is_not_bought(harness: AccountHarness, number: str) -> None:
    label = request_services(harness, number)
    process(harness)
    label = labels.load_locked(harness.session, label.id)
    label.offers = [{**row, "needs_inputs": True} for row in label.offers]
    harness.session.commit()
    label_id = label.id
    code, _ = expect_refusal(
        lambda: labels.choose(harness.session, label_id, "DHL_PTP_PARCEL", now=harness.clock(), actor="user:1")
    )
    assert code == "label_needs_inputs"


def test_a_rule_buys_the_cheapest_service_that_arrives_in_time(harness: AccountHarness, number: str) -> None:
    order = harness.order(number)
    order.deliver_by = harness.clock() + timedelta(days=3, hours=12)
    harness.session.commit()
    label = request_services(harness, number, rule=CHEAPEST_IN_TIME)
    process(harness)
    # DPD is cheaper and takes a day longer.
    assert (label.state, label.carrier) == ("bought", "DHL")


def test_a_rule_without_a_service_in_time_buys_nothing(harness: AccountHarness, number: str) -> None:
    order = harness.order(number)
    order.deliver_by = harness.clock() + timedelta(hours=1)
    harness.session.commit()
    label = request_services(harness, number, rule=CHEAPEST_IN_TIME)
    process(harness)
    assert (label.state, label.cause) == ("failed", "label_none_in_time")
    cheapest = request_services(harness, number, rule=CHEAPEST)
    process(harness)
    assert (cheapest.state, cheapest.carrier) == ("bought", "DPD")


def test_a_ship_plus_order_is_shipped_with_a_label(harness: AccountHarness) -> None:
    number = harness.world.place("DE", programs=("FBM_SHIP_PLUS",))
    harness.sync()
    set_senders(harness)
    label = buy(harness, number)
    assert (label.state, label.money.minor) == ("bought", 0)
    assert label.shipment_id is not None


def test_an_unused_label_is_refunded(harness: AccountHarness, number: str) -> None:
    label = buy(harness, number)
    labels.refund(harness.session, label.id, now=harness.clock(), actor="user:1")
    process(harness)
    assert (label.state, label.document) == ("refund_pending", None)
    harness.world.clock.move(61)
    harness.later(6 * 3600 + 1)
    process(harness)
    assert (label.state, label.due_at) == ("refunded", None)
    assert {"label_refund_requested", "label_refund_pending", "label_refunded"} <= set(
        event_kinds(harness.session, harness.commerce_order(number))
    )


def test_a_lost_answer_of_a_refund_requests_it_once(harness: AccountHarness, number: str) -> None:
    label = buy(harness, number)
    labels.refund(harness.session, label.id, now=harness.clock(), actor="user:1")
    harness.world.faults.arm("lost_answer", "cancelShipment")
    process(harness)
    assert label.state == "refund_queued"
    harness.later(10)
    process(harness)
    assert label.state == "refund_pending"
    assert len(harness.world.effects("label_refund", number)) == 1


def test_a_refund_that_comes_too_late_is_refused(harness: AccountHarness, number: str) -> None:
    label = buy(harness, number)
    harness.world.faults.arm("refund_too_late", "cancelShipment")
    labels.refund(harness.session, label.id, now=harness.clock(), actor="user:1")
    process(harness)
    assert (label.state, label.cause) == ("bought", "label_refund_too_late")
    assert label.document is not None


def test_a_carrier_can_reject_a_refund(harness: AccountHarness, number: str) -> None:
    label = buy(harness, number)
    labels.refund(harness.session, label.id, now=harness.clock(), actor="user:1")
    process(harness)
    harness.world.faults.arm("refund_rejected", "getShipment")
    harness.world.clock.move(61)
    harness.later(6 * 3600 + 1)
    process(harness)
    assert label.state == "refund_rejected"


def test_nothing_is_bought_during_a_fence(harness: AccountHarness, number: str) -> None:
    label = request_services(harness, number)
    process(harness)
    choose(harness, label)
    fences.start(harness.session, "restored", now=harness.clock())
    harness.later(20)
    process(harness)
    assert (label.state, labels_at_amazon(harness, number)) == ("queued", 0)
    harness.session.get_one(Account, harness.account.id).feeds_compared_at = harness.clock()
    harness.session.commit()
    fences.release_all(harness.session, now=harness.clock(), actor="user:1")
    harness.session.expire_all()
    assert (label.state, label.cause) == ("discarded", "label_before_restore")


def test_each_purchase_is_counted(harness: AccountHarness, number: str) -> None:
    other = harness.world.place("DE")
    harness.sync()
    buy(harness, number)
    before = number_sequences.load_all(harness.session)["outgoing"]
    buy(harness, other)
    assert number_sequences.load_all(harness.session)["outgoing"] == before + 1


def test_a_store_without_a_sender_address_buys_nothing(harness: AccountHarness) -> None:
    number = harness.world.place("DE")
    harness.sync()
    order_id = harness.commerce_order(number).id
    code, _ = expect_refusal(
        lambda: labels.request_services(harness.session, order_id, BOX, now=harness.clock(), actor="user:1")
    )
    assert code == "label_sender_missing"


def test_two_choices_buy_one_label(harness: AccountHarness, number: str) -> None:
    first, second = request_services(harness, number), request_services(harness, number)
    process(harness)
    choose(harness, first)
    second_id = second.id
    code, _ = expect_refusal(
        lambda: labels.choose(harness.session, second_id, "DHL_PTP_PARCEL", now=harness.clock(), actor="user:1")
    )
    assert code == "label_buying"
    assert harness.session.scalar(select(func.count()).select_from(ShippingLabel)) == 2


def test_a_second_run_at_the_same_time_is_refused(harness: AccountHarness, number: str) -> None:
    name = leases.build_lease_name("labels", harness.account.id)
    leases.acquire(harness.session, name, harness.clock())
    with pytest.raises(BusyError):
        label_processor.process_due(harness.session, harness.amazon, harness.account.id, clock=harness.clock)
