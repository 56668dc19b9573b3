"""The states of an order as one table. Buttons, errors, the documentation and the tests are made from it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from webapp.domain.common.transitions import Transition, TransitionTable

NEW = "new"
PROCESSING = "processing"
ON_HOLD = "holded"
# Everything is invoiced and shipped, but Amazon does not show every shipment yet.
AWAITING = "awaiting_amazon"
COMPLETE = "complete"
CLOSED = "closed"
CANCELED = "canceled"

STATES = (NEW, PROCESSING, ON_HOLD, AWAITING, COMPLETE, CLOSED, CANCELED)
# Nothing leads out of these.
FINAL = frozenset({CLOSED, CANCELED})
# Never set by hand: they follow from what was invoiced, shipped and refunded.
DERIVED = frozenset({AWAITING, COMPLETE, CLOSED})

# Confirmation of an order's shipments at Amazon. FAILED: a user has to retry, correct or remove one.
CONFIRMED = "confirmed"
UNCONFIRMED = "unconfirmed"
FAILED = "failed"


class Quantities(Protocol):
    """The quantities of a line, in units. `refunding`: those with a refund pending at Amazon."""

    @property
    def ordered(self) -> int: ...
    @property
    def invoiced(self) -> int: ...
    @property
    def shipped(self) -> int: ...
    @property
    def refunded(self) -> int: ...
    @property
    def refunding(self) -> int: ...
    @property
    def canceled(self) -> int: ...


TRANSITIONS = TransitionTable(
    Transition("invoice", frozenset({NEW, PROCESSING}), "", "something left to invoice"),
    Transition("ship", frozenset({NEW, PROCESSING}), "", "something left to ship"),
    Transition("refund", frozenset({PROCESSING, AWAITING, COMPLETE}), "", "something invoiced and not yet refunded"),
    Transition("hold", frozenset({NEW, PROCESSING}), ON_HOLD, "a reason"),
    Transition("unhold", frozenset({ON_HOLD}), "", "the state before the hold"),
    Transition("cancel", frozenset({NEW, PROCESSING, ON_HOLD}), CANCELED, "Amazon's proof that it is cancelled there"),
)
is_allowed = TRANSITIONS.is_allowed
check = TRANSITIONS.check


def is_held_past(ship_by: datetime | None, until: datetime | None) -> bool:
    """Return whether a hold `until` an instant, or without an end (None), lasts beyond the ship-by time."""
    return ship_by is not None and (until is None or until > ship_by)


def count_left_to_invoice(line: Quantities) -> int:
    return max(0, line.ordered - line.canceled - line.invoiced)


def count_given_back(line: Quantities) -> int:
    """Count refunded units that were not cancelled: not to be shipped, or shipped and returned."""
    return _count_beyond_canceled(line, line.refunded)


def count_left_to_ship(line: Quantities) -> int:
    """Count the units that may be shipped, excluding those whose refund is pending at Amazon."""
    return _count_owed(line, line.refunded + line.refunding)


def count_unshipped(line: Quantities) -> int:
    """Count the units still to be shipped: refunded ones are excluded, those with a pending refund are not."""
    return _count_owed(line, line.refunded)


def count_not_to_ship(line: Quantities, pieces: int) -> int:
    """Count the units among these refunded ones that no longer need to be shipped."""
    so_far = line.refunded + line.refunding
    return _count_owed(line, so_far) - _count_owed(line, so_far + pieces)


def count_left_to_refund(line: Quantities) -> int:
    """Count the units that can be refunded, excluding those whose refund is pending."""
    return line.invoiced - line.refunded - line.refunding


def count_left_to_credit(line: Quantities) -> int:
    """Count cancelled units that were invoiced and not refunded: a credit memo is due for them."""
    return max(0, line.invoiced + line.canceled - line.ordered - line.refunded - line.refunding)


def _count_owed(line: Quantities, refunded: int) -> int:
    """Return the owed units. Units both cancelled and refunded count once."""
    return max(0, line.ordered - line.canceled - line.shipped - _count_beyond_canceled(line, refunded))


def _count_beyond_canceled(line: Quantities, refunded: int) -> int:
    return max(0, refunded - max(0, line.invoiced + line.canceled - line.ordered))


def derive(lines: Iterable[Quantities], confirmation: str = CONFIRMED) -> str:
    """Return the state that follows from the quantities of an order that is neither on hold nor canceled.

    `confirmation`: of the order's shipments at Amazon. An order is complete only when it is CONFIRMED.
    What Amazon is only asked to refund changes nothing.
    """
    lines = list(lines)
    if all(line.invoiced == 0 and line.shipped == 0 for line in lines):
        return NEW
    all_invoiced = all(count_left_to_invoice(line) == 0 for line in lines)
    if all_invoiced and any(line.refunded for line in lines) and all(line.refunded == line.invoiced for line in lines):
        return CLOSED
    if all(line.ordered == line.canceled for line in lines):
        # Nothing is left of it, and nothing was done: Amazon ends it when it cancels the order itself.
        return PROCESSING
    if not all_invoiced or any(count_unshipped(line) for line in lines):
        return PROCESSING
    return _WITH_NOTHING_LEFT[confirmation]


_WITH_NOTHING_LEFT = {CONFIRMED: COMPLETE, UNCONFIRMED: AWAITING, FAILED: PROCESSING}
