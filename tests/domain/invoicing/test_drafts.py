"""Partial documents: whatever is written in whatever portions sums to the order, and nothing is ever over it."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import example, given, strategies

from webapp.domain.errors import AppError
from webapp.domain.invoicing import drafts
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.domain.orders import amounts as order_amounts
from webapp.domain.orders import state_machine as order_states

PARTS = ("subtotal", "shipping", "tax", "discount", "other")


@dataclass
class Line:
    id: int
    ordered: int
    subtotal: int
    shipping: int = 0
    tax: int = 0
    discount: int = 0
    other: int = 0
    invoiced: int = 0
    shipped: int = 0
    refunded: int = 0
    refunding: int = 0
    canceled: int = 0
    sku: str | None = None

    @property
    def amount_quantity(self) -> int:
        return self.ordered

    @property
    def total(self) -> int:
        return sum(getattr(self, name) for name in PARTS)


@dataclass
class History:
    """An order and all that was written of it, kept as the actions keep it."""

    lines: list[Line]
    total: int
    invoices: list[drafts.Draft] = field(default_factory=list)
    memos: list[drafts.Draft] = field(default_factory=list)
    # What Amazon is asked to refund and has not answered for.
    asked: list[drafts.Draft] = field(default_factory=list)

    @property
    def money_left(self) -> int:
        return sum(d.total for d in self.invoices) - sum(d.total for d in (*self.memos, *self.asked))

    @property
    def given(self) -> dict[int, dict[str, int]]:
        found: dict[int, dict[str, int]] = {}
        for part in (part for memo in (*self.memos, *self.asked) for part in memo.parts):
            so_far = found.setdefault(part.line_id, dict.fromkeys(PARTS, 0))
            for name in PARTS:
                so_far[name] += getattr(part, name)
        return found

    def invoice(self, quantities: dict[int, int] | None = None) -> drafts.Draft:
        draft = drafts.build_invoice(self.lines, self.total, quantities)
        for part in draft.parts:
            self.line(part.line_id).invoiced += part.quantity
        self.invoices.append(draft)
        return draft

    def draft(self, asked: CreditRequest) -> drafts.Draft:
        about: dict[str, Any] = {"given": self.given, "money_left": self.money_left}
        return drafts.build_credit_memo(self.lines, self.total, asked, currency="EUR", **about)

    def credit(self, asked: CreditRequest) -> drafts.Draft:
        return self.took(self.draft(asked))

    def ask(self, asked: CreditRequest) -> None:
        memo = self.draft(asked)
        for part in memo.parts:
            self.line(part.line_id).refunding += part.quantity
        self.asked.append(memo)

    def answer(self, place: int, refused: set[int]) -> None:
        """Amazon has refused these lines of a memo and refunded the others, and the adjustment with them.

        It gives back less than nothing for no line, and for no lines more than for all: a memo says what was given.
        """
        memo = self.asked.pop(place % len(self.asked))
        for part in memo.parts:
            self.line(part.line_id).refunding -= part.quantity
        kept = tuple(part for part in memo.parts if part.line_id not in refused)
        if len(kept) == len(memo.parts):
            self.took(memo)
        elif kept:
            worth = drafts.Draft(kept).total
            self.took(drafts.Draft(kept, max(0, -worth), max(0, worth - memo.total)))

    def took(self, memo: drafts.Draft) -> drafts.Draft:
        for part in memo.parts:
            self.line(part.line_id).refunded += part.quantity
        self.memos.append(memo)
        return memo

    def line(self, line_id: int) -> Line:
        return next(line for line in self.lines if line.id == line_id)


def an_order() -> History:
    """Three pieces for 10.00 with shipping 5.00, tax 1.00 and 0.50 off; one for 7.00; and 0.01 that is no line's."""
    return History([Line(1, 3, 1000, 500, 100, -50, sku="SKU-1"), Line(2, 1, 700)], 2251)


def amounts() -> strategies.SearchStrategy[int]:
    return strategies.integers(0, 3000)


@strategies.composite
def orders(draw: Any) -> History:
    """Orders whose lines are worth something or nothing, with an order-level amount that does not eat them up."""
    lines = []
    for n in range(1, draw(strategies.integers(1, 3)) + 1):
        goods = draw(amounts())
        discount = -draw(strategies.integers(0, goods))
        lines.append(Line(n, draw(strategies.integers(1, 5)), goods, draw(amounts()), draw(amounts()), discount))
    worth = sum(line.total for line in lines)
    return History(lines, worth + draw(strategies.integers(-worth, 500)))


steps = strategies.tuples(
    strategies.sampled_from(("invoice", "refund", "shipping", "adjust", "fee", "ask", "answer")),
    strategies.lists(strategies.integers(0, 3), min_size=3, max_size=3),
    strategies.integers(1, 400),
)


def take(history: History, step: tuple[str, list[int], int]) -> None:
    name, pieces, minor = step
    left = order_states.count_left_to_invoice if name == "invoice" else order_states.count_left_to_refund
    quantities = {line.id: min(n, left(line)) for line, n in zip(history.lines, pieces, strict=False)}
    asked = {
        "refund": CreditRequest(quantities, 0),
        "shipping": CreditRequest({}, minor),
        "adjust": CreditRequest({}, 0, adjustment_refund=minor),
        "fee": CreditRequest(quantities, 0, adjustment_fee=minor),
        "ask": CreditRequest(quantities, minor % 9, adjustment_refund=minor % 7, adjustment_fee=minor % 5),
    }
    if name == "invoice":
        history.invoice(quantities)
    elif name == "ask":
        history.ask(asked[name])
    elif name == "answer":
        if history.asked:
            history.answer(minor, {line_id for line_id, pieces in quantities.items() if pieces % 2})
    else:
        history.credit(asked[name])


def check(history: History) -> None:
    """Ordered = invoiced + left, to the last unit, in every part; never more given back than was billed."""
    invoiced = sum(draft.total for draft in history.invoices)
    refunded = sum(draft.total for draft in history.memos)
    assert 0 <= refunded <= refunded + sum(draft.total for draft in history.asked) <= invoiced
    assert all(draft.total >= 0 for draft in (*history.memos, *history.asked))
    for line in history.lines:
        assert 0 <= line.refunded <= line.refunded + line.refunding <= line.invoiced <= line.ordered
    for draft in (*history.invoices, *history.memos):
        parts = draft.amounts()
        adjustment = draft.adjustment_refund - draft.adjustment_fee
        assert parts.pop("total") == sum(parts.values()) + adjustment == draft.total
    left = 0
    if any(order_states.count_left_to_invoice(line) for line in history.lines):
        left = drafts.build_invoice(history.lines, history.total).total
    assert invoiced + left == history.total
    for line in history.lines:
        given = history.given.get(line.id, dict.fromkeys(PARTS, 0))
        for name in PARTS:
            billed = sum(getattr(p, name) for d in history.invoices for p in d.parts if p.line_id == line.id)
            assert min(0, billed) <= given[name] <= max(0, billed), name


# More was taken off than the goods of a line are worth: Amazon gives nothing back of them, not less than nothing.
@example(
    History([Line(1, 1, 0, 1, 324), Line(2, 1, 754, 118, 603)], 0),
    [("invoice", [1, 1, 0], 1), ("ask", [1, 0, 0], 1), ("answer", [0, 1, 0], 1)],
)
@given(orders(), strategies.lists(steps, max_size=6))
def test_whatever_is_written_in_whatever_sequence_the_sums_hold(history, sequence):
    for step in sequence:
        before = (len(history.invoices), len(history.memos), history.money_left)
        try:
            take(history, step)
        except AppError:
            assert (len(history.invoices), len(history.memos), history.money_left) == before
    check(history)


@given(orders(), strategies.lists(strategies.lists(strategies.integers(0, 2), min_size=3, max_size=3), max_size=8))
def test_invoices_in_any_portions_sum_to_the_order_in_every_part(history, portions):
    whole = drafts.build_invoice(history.lines, history.total).amounts()
    for pieces in portions:
        chosen = {
            line.id: min(n, order_states.count_left_to_invoice(line))
            for line, n in zip(history.lines, pieces, strict=False)
        }
        if any(chosen.values()):
            history.invoice(chosen)
    if any(order_states.count_left_to_invoice(line) for line in history.lines):
        history.invoice()

    sums = [draft.amounts() for draft in history.invoices]
    assert {name: sum(one[name] for one in sums) for name in whole} == whole
    assert whole["total"] == history.total
    assert [whole[name] for name in PARTS[:4]] == [sum(getattr(x, n) for x in history.lines) for n in PARTS[:4]]


@given(orders(), strategies.lists(steps, max_size=6))
def test_what_is_left_after_any_history_can_be_given_back_to_the_last_unit(history, sequence):
    for step in sequence:
        try:
            take(history, step)
        except AppError:
            continue

    draft = drafts.build_full_credit(history.lines, history.total, given=history.given, money_left=history.money_left)
    history.took(draft)

    assert history.money_left == 0
    assert all(line.refunded + line.refunding == line.invoiced for line in history.lines)
    # Whatever Amazon answers now, what it refuses can be given back again, and then nothing is left.
    while history.asked:
        history.answer(0, {history.lines[0].id})
    again = drafts.build_full_credit(history.lines, history.total, given=history.given, money_left=history.money_left)
    history.took(again)
    assert history.money_left == 0
    assert all(line.refunded == line.invoiced and not line.refunding for line in history.lines)


@given(strategies.lists(strategies.integers(-999, 999), min_size=1, max_size=5), strategies.integers(1, 9))
def test_a_portion_of_parts_is_the_portion_of_their_sum(values, of):
    parts = {str(n): value for n, value in enumerate(values)}

    portions = [order_amounts.split(parts, 1, of, n) for n in range(of)]

    assert [sum(one.values()) for one in portions] == [
        order_amounts.calculate_portion(sum(values), 1, of, n) for n in range(of)
    ]
    assert {name: sum(one[name] for one in portions) for name in parts} == parts


def test_a_part_that_divides_evenly_is_not_rounded():
    assert order_amounts.split({"subtotal": 3000, "tax": 400, "discount": -100}, 1, 3) == {
        "subtotal": 1000,
        "tax": 133,
        "discount": -33,
    }


def test_two_of_three_pieces_are_worth_two_thirds():
    draft = an_order().invoice({1: 2})

    assert draft.amounts() == {
        "subtotal": 667,
        "shipping": 333,
        "tax": 67,
        "discount": -33,
        "other": 0,
        "total": 1034,
    }


def test_the_last_unit_gets_what_is_left_when_another_is_being_refunded():
    line = Line(1, ordered=3, subtotal=10, invoiced=3, shipped=3, refunded=1, refunding=1)
    given = {1: dict.fromkeys(PARTS, 0) | {"subtotal": 6}}

    memo = drafts.build_credit_memo([line], 10, CreditRequest({1: 1}), given=given, money_left=4, currency="EUR")

    assert memo.total == 4


def test_units_that_cost_nothing_can_be_returned():
    line = Line(1, ordered=1, subtotal=0, invoiced=1, shipped=1)

    memo = drafts.build_credit_memo([line], 0, CreditRequest({1: 1}), given={}, money_left=0, currency="EUR")

    assert (memo.total, [part.quantity for part in memo.parts]) == (0, [1])
