"""Draft partial invoices, shipments and credit memos of an order, with their quantities and amounts.

Amounts are minor units of the order's currency. Each function returns a draft and changes nothing. Drafts of the same
order, in any portions, sum to the order exactly: each portion is the amount of all units up to it, less the earlier
portions. What Amazon counts for the whole order and for none of its lines is spread over the lines by their value, so
that no portion is billed or given back more than it is worth.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from webapp.domain.common.money import Money, MoneyError, minor_digits
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.orders import amounts as order_amounts
from webapp.domain.orders import state_machine as order_states

_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")


class OrderLine(order_states.Quantities, Protocol):
    """A line of an order. The amounts are those of `amount_quantity` units; `total` is their sum."""

    id: int
    sku: str | None
    amount_quantity: int
    subtotal: int
    shipping: int
    tax: int
    discount: int
    other: int
    total: int


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A line of a drafted document."""

    line_id: int
    quantity: int
    subtotal: int = 0
    shipping: int = 0
    tax: int = 0
    discount: int = 0
    other: int = 0

    @property
    def total(self) -> int:
        return self.subtotal + self.shipping + self.tax + self.discount + self.other

    def amounts(self) -> dict[str, int]:
        """Return the amount columns of a document's line, including `total`."""
        return {name: getattr(self, name) for name in (*_GOODS, "shipping", "total")}


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice, or a credit memo with its adjustment refund and adjustment fee."""

    parts: tuple[DraftLine, ...]
    adjustment_refund: int = 0
    adjustment_fee: int = 0

    @property
    def total(self) -> int:
        return sum(part.total for part in self.parts) + self.adjustment_refund - self.adjustment_fee

    def amounts(self) -> dict[str, int]:
        """Return the amount columns of the document itself, including `total`."""
        sums = {name: sum(getattr(part, name) for part in self.parts) for name in (*_GOODS, "shipping")}
        return sums | {"total": self.total}


@dataclass(frozen=True, slots=True)
class CreditRequest:
    """A requested credit. `quantities` by line id; None credits all remaining quantities or shipping.

    `adjustment_refund` is added to the credit of the lines, `adjustment_fee` is deducted from it.
    """

    quantities: Mapping[int, int] | None = None
    shipping: int | None = None
    adjustment_refund: int = 0
    adjustment_fee: int = 0


_GOODS = ("subtotal", "tax", "discount", "other")


def parse_amount(text: str, currency: str, field: str) -> int:
    """Return an entered amount in minor units. Raises InvalidError: no number, negative, too many decimals."""
    text = text.strip()
    if not _AMOUNT.fullmatch(text):
        raise InvalidError("amount_malformed", field=field, text=text[:40])
    if text.startswith("-"):
        raise InvalidError("amount_negative", field=field)
    try:
        return Money.parse(text, currency).minor
    except MoneyError:
        digits = minor_digits(currency)
        raise InvalidError("amount_decimals", field=field, currency=currency, digits=digits) from None


def build_invoice(lines: Sequence[OrderLine], total: int, quantities: Mapping[int, int] | None = None) -> Draft:
    """Invoice these units (by line id), or all remaining ones. `total`: the order's.

    Raises InvalidError for what cannot be taken, RefusedError when nothing is left.
    """
    chosen = require_quantities(lines, quantities, order_states.count_left_to_invoice, "nothing_to_invoice")
    extra = _compute_remainders(lines, total)
    return Draft(
        tuple(
            DraftLine(
                line.id,
                chosen[line.id],
                shipping=order_amounts.calculate_portion(
                    line.shipping, chosen[line.id], line.amount_quantity, line.invoiced
                ),
                **_compute_goods(line, extra[line.id], chosen[line.id], line.invoiced),
            )
            for line in lines
            if chosen[line.id]
        )
    )


def build_credit_memo(
    lines: Sequence[OrderLine],
    total: int,
    request: CreditRequest,
    *,
    given: Mapping[int, Mapping[str, int]],
    money_left: int,
    currency: str,
) -> Draft:
    """Credit the request, at most the amount invoiced and not credited (`money_left`).

    `given`: what earlier credit memos gave back or are about to, in minor units by line id and part (`subtotal`,
    `shipping`, …). Raises InvalidError and RefusedError as `build_invoice` does.
    """
    if money_left <= 0 and not any(order_states.count_left_to_refund(line) for line in lines):
        raise RefusedError("nothing_to_refund")
    chosen = check_quantities(lines, request.quantities, order_states.count_left_to_refund)
    shipping = _compute_shipping_credit(lines, request.shipping, given, currency)
    for field in ("adjustment_refund", "adjustment_fee"):
        if getattr(request, field) < 0:
            raise InvalidError("amount_negative", field=field)
    extra = _compute_remainders(lines, total)
    parts = tuple(
        DraftLine(
            line.id,
            chosen[line.id],
            shipping=shipping[line.id],
            **_compute_goods_credit(line, extra[line.id], chosen[line.id], given.get(line.id, {})),
        )
        for line in lines
        if chosen[line.id] or shipping[line.id]
    )
    draft = Draft(parts, request.adjustment_refund, request.adjustment_fee)
    _check_refund(draft, money_left, currency)
    return draft


def build_full_credit(
    lines: Sequence[OrderLine], total: int, *, given: Mapping[int, Mapping[str, int]], money_left: int
) -> Draft:
    """Credit the whole remainder. Adjustments make up for earlier adjustment refunds and fees."""
    shipping = compute_remaining_shipping(lines, given)
    extra = _compute_remainders(lines, total)
    parts = tuple(
        DraftLine(
            line.id,
            quantity,
            shipping=shipping[line.id],
            **_compute_goods_credit(line, extra[line.id], quantity, given.get(line.id, {})),
        )
        for line in lines
        if (quantity := order_states.count_left_to_refund(line)) or shipping[line.id]
    )
    missing = money_left - Draft(parts).total
    return Draft(parts, adjustment_refund=max(0, missing), adjustment_fee=max(0, -missing))


def compute_remaining_shipping(lines: Iterable[OrderLine], given: Mapping[int, Mapping[str, int]]) -> dict[int, int]:
    """Return the shipping that was invoiced and not credited, by line id. `given` as in `build_credit_memo`."""
    return {
        line.id: max(
            0,
            order_amounts.calculate_portion(line.shipping, line.invoiced, line.amount_quantity)
            - given.get(line.id, {}).get("shipping", 0),
        )
        for line in lines
    }


def require_quantities(
    lines: Sequence[OrderLine],
    requested: Mapping[int, int] | None,
    count_left: Callable[[OrderLine], int],
    nothing: str,
) -> dict[int, int]:
    """Return quantities by line id, at least one unit. Raises RefusedError(`nothing`) if none remain."""
    if not any(count_left(line) for line in lines):
        raise RefusedError(nothing)
    chosen = check_quantities(lines, requested, count_left)
    if not any(chosen.values()):
        raise InvalidError("quantity_none", field="quantities")
    return chosen


def check_quantities(
    lines: Sequence[OrderLine], requested: Mapping[int, int] | None, count_left: Callable[[OrderLine], int]
) -> dict[int, int]:
    """Return the quantity of every line by id, 0 if not requested. None requests all remaining units."""
    if requested is None:
        return {line.id: count_left(line) for line in lines}
    for line_id in requested.keys() - {line.id for line in lines}:
        raise InvalidError("line_unknown", field="quantities", line=line_id)
    for line in lines:
        quantity, maximum = requested.get(line.id, 0), count_left(line)
        field, item = f"quantity-{line.id}", line.sku or line.id
        if quantity < 0:
            raise InvalidError("quantity_negative", field=field, item=item)
        if quantity > maximum:
            raise InvalidError("quantity_over", field=field, item=item, asked=quantity, left=maximum)
    return {line.id: requested.get(line.id, 0) for line in lines}


def distribute_unallocated(total: int, lines: Sequence[tuple[int, int]]) -> list[int]:
    """Distribute the part of the order's total that belongs to no line over the lines (quantity, total)."""
    missing = total - sum(amount for pieces, amount in lines if pieces)
    if not missing:
        return [0] * len(lines)
    portions = iter(order_amounts.distribute(missing, [amount for pieces, amount in lines if pieces]))
    return [next(portions) if pieces else 0 for pieces, _ in lines]


def _compute_remainders(lines: Sequence[OrderLine], total: int) -> dict[int, int]:
    portions = distribute_unallocated(total, [(line.amount_quantity, line.total) for line in lines])
    return {line.id: rest for line, rest in zip(lines, portions, strict=True)}


def _compute_goods(line: OrderLine, rest: int, quantity: int, before: int) -> dict[str, int]:
    """Return the amounts of a quantity without shipping, which is credited separately."""
    parts = {name: getattr(line, name) for name in _GOODS}
    parts["other"] += rest
    return order_amounts.split(parts, quantity, line.amount_quantity, before)


def _compute_goods_credit(line: OrderLine, rest: int, quantity: int, given: Mapping[str, int]) -> dict[str, int]:
    """Return the credit for a quantity; the last units of a line get its whole remainder.

    Refused refunds free units in any order, so earlier portions need not be consecutive.
    """
    if not quantity:
        return dict.fromkeys(_GOODS, 0)
    before = line.refunded + line.refunding
    amounts = _compute_goods(line, rest, quantity, before)
    remaining = {
        name: amount - given.get(name, 0) for name, amount in _compute_goods(line, rest, line.invoiced, 0).items()
    }
    if before + quantity == line.invoiced:
        return remaining
    return {
        name: max(min(0, remaining[name]), min(amount, max(0, remaining[name]))) for name, amount in amounts.items()
    }


def _compute_shipping_credit(
    lines: Sequence[OrderLine], requested: int | None, given: Mapping[int, Mapping[str, int]], currency: str
) -> dict[int, int]:
    """Return the credited shipping, on the lines it was paid for."""
    remaining = compute_remaining_shipping(lines, given)
    most = sum(remaining.values())
    if requested is None:
        return remaining
    if requested < 0:
        raise InvalidError("amount_negative", field="shipping")
    if requested > most:
        raise InvalidError("shipping_over", field="shipping", left=Money(most, currency).amount, currency=currency)
    if not requested:
        return dict.fromkeys(remaining, 0)
    return dict(zip(remaining, order_amounts.distribute(requested, list(remaining.values())), strict=True))


def _check_refund(draft: Draft, money_left: int, currency: str) -> None:
    if not any(part.quantity for part in draft.parts) and draft.total == 0:
        raise InvalidError("credit_memo_empty", field="quantities")
    if draft.total < 0:
        raise InvalidError("credit_memo_negative", field="adjustment_fee")
    if draft.total > money_left:
        refundable = Money(money_left, currency).amount
        raise InvalidError("refund_over", field="adjustment_refund", left=refundable, currency=currency)
