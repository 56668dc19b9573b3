"""Every cell of the table of moves, and the states that follow from quantities."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies

from webapp.domain.common.transitions import InvalidTransition
from webapp.domain.orders import state_machine as order_states
from webapp.domain.orders.state_machine import STATES, TRANSITIONS
from webapp.domain.submissions import shipment_confirmation

# The whole table by hand: what may be done in each state.
ALLOWED = {
    "new": {"invoice", "ship", "hold", "cancel"},
    "processing": {"invoice", "ship", "refund", "hold", "cancel"},
    "holded": {"unhold", "cancel"},
    "awaiting_amazon": {"refund"},
    "complete": {"refund"},
    "closed": set(),
    "canceled": set(),
}


@dataclass
class Line:
    ordered: int
    invoiced: int = 0
    shipped: int = 0
    refunded: int = 0
    canceled: int = 0
    refunding: int = 0


def test_each_cell_of_the_table():
    for move, state in itertools.product(TRANSITIONS, STATES):
        assert order_states.is_allowed(move, state) is (move in ALLOWED[state]), (move, state)
        if move in ALLOWED[state]:
            assert order_states.check(move, state) is TRANSITIONS[move], (move, state)
        else:
            with pytest.raises(InvalidTransition) as refused:
                order_states.check(move, state)
            assert (refused.value.name, refused.value.state) == (move, state), (move, state)


def test_nothing_leads_out_of_a_final_state_and_nobody_sets_a_derived_one():
    assert all(not move.from_states & order_states.FINAL for move in TRANSITIONS.values())
    assert all(move.to_state not in order_states.DERIVED for move in TRANSITIONS.values())


def test_the_state_follows_from_the_quantities():
    for lines, state in [
        ([Line(2)], "new"),
        ([Line(2, invoiced=1)], "processing"),
        ([Line(2, invoiced=2)], "processing"),
        ([Line(2, shipped=1)], "processing"),
        ([Line(2, invoiced=2, shipped=2)], "complete"),
        ([Line(2, invoiced=2, shipped=2), Line(1, invoiced=1)], "processing"),
        ([Line(2, invoiced=2, shipped=1, refunded=1)], "complete"),
        ([Line(3, invoiced=2, shipped=2, canceled=1)], "complete"),
        ([Line(2, invoiced=2, refunded=2)], "closed"),
        ([Line(2, invoiced=2, shipped=2, refunded=1)], "complete"),
        ([Line(2, invoiced=1, shipped=1, refunded=1, canceled=1)], "closed"),
        # What Amazon has not said yet has not happened.
        ([Line(2, invoiced=2, shipped=1, refunding=1)], "processing"),
        ([Line(2, invoiced=2, shipped=2, refunding=2)], "complete"),
        ([Line(2, invoiced=2, shipped=2, refunded=1, refunding=1)], "complete"),
    ]:
        assert order_states.derive(lines) == state, (lines, state)


def test_a_shipped_order_is_complete_only_when_amazon_shows_every_shipment():
    for confirmation, state in [
        ("confirmed", "complete"),
        ("unconfirmed", "awaiting_amazon"),
        ("failed", "processing"),
    ]:
        assert (
            order_states.derive([Line(2, invoiced=2, shipped=2), Line(1, invoiced=1, canceled=1)], confirmation)
            == state
        )
        assert order_states.derive([Line(2, shipped=2)], confirmation) == "processing", (confirmation, state)
        assert order_states.derive([Line(2, invoiced=2, shipped=1)], confirmation) == "processing", confirmation
        assert order_states.derive([Line(2, invoiced=2, shipped=2, refunded=2)], confirmation) == "closed", confirmation
        assert order_states.derive([Line(2)], confirmation) == "new", (confirmation, state)


def test_the_confirmation_follows_from_the_latest_submission_of_each_parcel():
    for amazon_status, states, confirmation in [
        ("UNSHIPPED", [], "confirmed"),
        ("UNSHIPPED", ["verified", "verified"], "confirmed"),
        ("UNSHIPPED", ["verified", "queued"], "unconfirmed"),
        ("PARTIALLY_SHIPPED", ["sending", "sent", "accepted"], "unconfirmed"),
        ("UNSHIPPED", ["queued", "rejected"], "failed"),
        ("UNSHIPPED", ["undone"], "failed"),
        ("UNSHIPPED", ["unproved"], "failed"),
        ("UNSHIPPED", ["conflict"], "failed"),
        ("CANCELLED", ["verified", None], "failed"),
        ("SHIPPED", ["rejected", "queued", None], "confirmed"),
    ]:
        assert shipment_confirmation.derive_confirmation(amazon_status, states) == confirmation, amazon_status


@given(
    strategies.lists(
        strategies.tuples(*[strategies.integers(0, 4)] * 4).map(
            lambda n: Line(
                ordered=max(n[0], 1),
                invoiced=min(n[1], max(n[0], 1)),
                shipped=min(n[2], max(n[0], 1)),
                refunded=min(n[3], n[1], max(n[0], 1)),
            )
        ),
        min_size=1,
        max_size=4,
    )
)
def test_derived_is_never_a_state_that_needs_a_person(lines):
    state = order_states.derive(lines)

    assert state in {"new", "processing", "complete", "closed"}
    if state == "complete":
        assert all(order_states.count_left_to_invoice(line) == 0 for line in lines)
    if state == "closed":
        assert all(line.refunded == line.ordered for line in lines)


def test_a_hold_without_an_end_or_beyond_the_ship_by_time_makes_the_order_late():
    for ship_by, until, past in [
        (None, None, False),
        (None, datetime(2026, 1, 2, tzinfo=UTC), False),
        (datetime(2026, 1, 2, tzinfo=UTC), None, True),
        (datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), False),
        (datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, 0, 1, tzinfo=UTC), True),
    ]:
        assert order_states.is_held_past(ship_by, until) is past, (ship_by, until, past)


def test_what_amazon_is_asked_to_refund_may_be_neither_shipped_nor_refunded_again():
    line = Line(3, invoiced=3, shipped=1, refunding=2)
    assert (order_states.count_left_to_ship(line), order_states.count_left_to_refund(line)) == (0, 1)


def test_pieces_given_back_spare_the_parcel_what_has_not_left():
    for line, pieces, spared in [
        (Line(3, invoiced=3), 2, 2),
        (Line(3, invoiced=3, shipped=2), 3, 1),
        (Line(3, invoiced=3, shipped=3), 1, 0),
        # Whether Amazon has refunded the others or is only asked to, those need not be sent already.
        (Line(3, invoiced=3, shipped=1, refunded=1), 1, 1),
        (Line(3, invoiced=3, shipped=1, refunding=1), 1, 1),
        (Line(3, invoiced=3, shipped=1, refunded=1, refunding=1), 1, 0),
    ]:
        assert order_states.count_not_to_ship(line, pieces) == spared, (line, pieces, spared)


def test_refunded_pieces_that_were_cancelled_have_not_come_back():
    for line, given_back in [
        (Line(3, invoiced=3, shipped=3, refunded=2), 2),
        (Line(3, invoiced=3, shipped=1, refunded=2, canceled=2), 0),
        (Line(3, invoiced=3, shipped=1, refunded=3, canceled=2), 1),
        # What was cancelled and never invoiced was not refunded either.
        (Line(3, invoiced=1, shipped=1, refunded=1, canceled=2), 1),
    ]:
        assert order_states.count_given_back(line) == given_back, (line, given_back)
