"""What would be done with each line of a sheet of tracking numbers: which parcel of which order, or why nothing.

Lines of one order with the same tracking number are one parcel. Pure: what is known of the orders is handed in.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping import carriers, parcels
from webapp.domain.shipping.carrier_names import is_other, named
from webapp.domain.shipping.carriers import Carrier
from webapp.domain.shipping.tracking import parser as tracking_parser
from webapp.domain.shipping.tracking.numbers import (
    CARRIER_UNKNOWN,
    NOT_A_NUMBER,
    classify,
    is_rounded,
)
from webapp.domain.shipping.tracking.parser import TrackingLine

# Where a line stands. `READY` and `CHOOSE` can be shipped, the one as it is, the other once somebody said by whom.
# Nothing is to be done about those `LEFT_OUT`: voided labels, and lines that name no order and no parcel.
# Numbers to `CONFIRM` can be shipped once somebody said that they are right.
READY, CHOOSE, CONFIRM, ALREADY, BLOCKED = "ready", "choose", "confirm", "already", "blocked"
LEFT_OUT = "left_out"
STANDINGS = (READY, CHOOSE, CONFIRM, ALREADY, BLOCKED, LEFT_OUT)
_POSSIBLE = frozenset({READY, CHOOSE, CONFIRM})
# Questions about a number that was found within a longer text.
_FOUND_INSIDE = frozenset({"tracking_link", "tracking_in_text", "tracking_decimal"})
# What is written so says no more than the number itself.
_PLAIN = re.compile(r"[0-9A-Z ]*")
_OPEN = order_states.TRANSITIONS["ship"].from_states


@dataclass(frozen=True, slots=True)
class Item:
    """A line of an order: `left` pieces are not shipped yet. `order_item_id` is Amazon's."""

    id: int
    sku: str
    left: int
    order_item_id: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """`refusal`: why it cannot be shipped, as code and arguments of `sentences`; `numbers`: of its parcels so far.

    `failed`: the numbers of those parcels that Amazon does not show and that a person has to retry, correct or remove.
    """

    id: int
    number: str
    state: str
    country: str
    items: tuple[Item, ...]
    numbers: frozenset[str] = frozenset()
    ship_by: datetime | None = None
    refusal: tuple[str, dict[str, Any]] | None = None
    failed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person said of a line: whether it goes, and the key of the carrier, empty for what the sheet says.

    `shared`: other orders with its tracking number are in the same parcel. `confirmed`: the number is right although it
    is doubtful.
    """

    selected: bool = True
    carrier: str = ""
    shared: bool = False
    confirmed: bool = False


@dataclass(slots=True)
class Match:
    """`code` and `args` say in words why a line is where it is, empty while it is ready.

    `guesses`: who may carry such a number, likeliest first. `quantities` by line of the order, None: all that is left.
    """

    line: TrackingLine
    choice: Choice
    standing: str
    code: str = ""
    args: dict[str, Any] = field(default_factory=dict)
    order: Order | None = None
    late: bool = False
    carrier: str = ""
    title: str = ""
    guesses: tuple[Carrier, ...] = ()
    quantities: dict[int, int] | None = None
    # Another order has the number too, and a person says whether both are in one parcel.
    asks_shared: bool = False

    @property
    def goes(self) -> bool:
        return self.standing == READY and self.choice.selected


def match(
    lines: Sequence[tuple[TrackingLine, Choice]],
    orders: Mapping[str, Order],
    used: Mapping[str, str],
    now: datetime,
) -> list[Match]:
    """One answer a line. `orders` by the number a line gives; `used`: tracking number → order that has it."""
    found = [_match_single_line(line, choice, orders.get(line.order), now) for line, choice in lines]
    _drop_voided(found)
    _check_shared_numbers(found, used)
    by_order: dict[int, list[Match]] = defaultdict(list)
    for one in found:
        if one.order is not None and one.standing in _POSSIBLE:
            by_order[one.order.id].append(one)
    for several in by_order.values():
        _pack(several)
    _hold_incomplete_parcels(found)
    return found


def group_shipments(matches: Iterable[Match]) -> dict[int, list[parcels.Parcel]]:
    """Order → its parcels, of the lines that go. A parcel goes whole or not at all."""
    wanted: dict[tuple[int, str], list[Match]] = defaultdict(list)
    for one in matches:
        if one.order is not None and one.standing in _POSSIBLE:
            wanted[one.order.id, one.line.tracking_number].append(one)
    answer: dict[int, list[parcels.Parcel]] = defaultdict(list)
    for (order_id, number), several in wanted.items():
        if not all(one.goes for one in several):
            continue
        first = several[0]
        quantities: dict[int, int] | None = None
        if first.quantities is not None:
            quantities = defaultdict(int)
            for one in several:
                for line_id, pieces in (one.quantities or {}).items():
                    quantities[line_id] += pieces
            quantities = dict(quantities)
        written = first.line.written if first.line.question else number
        is_confirmed = all(one.choice.confirmed for one in several)
        answer[order_id].append(
            parcels.Parcel(
                quantities, first.carrier, first.title, written, shared=first.asks_shared, confirmed=is_confirmed
            )
        )
    return dict(answer)


def collect_ship_dates(matches: Iterable[Match]) -> dict[int, str]:
    """Order → the first day (ISO 8601) that a line of it says it was shipped on, where one does."""
    days: dict[int, str] = {}
    for one in matches:
        if one.order is not None and one.goes and one.line.shipped_on:
            days[one.order.id] = min(one.line.shipped_on, days.get(one.order.id, one.line.shipped_on))
    return days


def resolve_ship_time(day: str, zone: ZoneInfo, ordered: datetime, now: datetime) -> datetime | None:
    """An instant of that day where the seller is, within what can be: after the order and not to come. None: now."""
    if not day:
        return None
    noon = datetime.combine(date.fromisoformat(day), time(12), zone)
    return min(max(noon, ordered + timedelta(minutes=1)), now)


def _match_single_line(line: TrackingLine, choice: Choice, order: Order | None, now: datetime) -> Match:
    """What a line says by itself, whatever the others say."""
    one = Match(line, choice, BLOCKED, order=order)
    number = line.tracking_number
    if line.problem:
        return _set(one, LEFT_OUT if line.problem in tracking_parser.LEFT_OUT else BLOCKED, line.problem)
    if order is None:
        return _set(one, BLOCKED, "tracking_order_unknown", number=line.order)
    one.late = order.ship_by is not None and order.ship_by < now
    nothing_left = not any(item.left for item in order.items)
    if number in order.failed or (order.failed and nothing_left):
        failed = number if number in order.failed else min(order.failed)
        return _set(one, BLOCKED, "tracking_parcel_failed", number=failed)
    if number in order.numbers:
        return _set(one, ALREADY, "tracking_known", number=number)
    if order.state in {order_states.AWAITING, order_states.COMPLETE}:
        return _set(one, ALREADY, "tracking_shipped")
    if nothing_left and order.state in _OPEN:
        # It need not have been shipped: Amazon may have cancelled all of its lines.
        return _set(one, ALREADY, "tracking_nothing_left")
    if order.refusal is not None:
        code, args = order.refusal
        return _set(one, BLOCKED, code, **args)
    return _resolve_carrier(one, order)


def find_number(line: TrackingLine) -> TrackingLine:
    """Return the line with the number that stands within its link, text or decimal; any other line as it is."""
    if line.problem not in {"", "tracking_malformed"} or _PLAIN.fullmatch(line.written):
        return line
    if carriers.clean(line.written)[: len(line.tracking_number)] != line.tracking_number:
        return line
    found = classify(line.written)
    if found.code in _FOUND_INSIDE:
        return replace(line, tracking_number=found.number, question=found.code, problem="")
    if line.problem and found.outcome == NOT_A_NUMBER:
        return replace(line, problem=found.code)
    return line


def _resolve_carrier(one: Match, order: Order) -> Match:
    line = one.line
    chosen = carriers.BY_KEY.get(one.choice.carrier) or named(line.carrier)
    # A carrier we do not know is one all the same: Amazon takes its name.
    other = "" if chosen or is_other(line.carrier) else line.carrier
    # A date or an order's number is seen to be one by its dashes, which the cleaned number does not have.
    is_whole = carriers.clean(line.written) == line.tracking_number
    found = classify(line.written if is_whole else line.tracking_number, chosen, order.country, other=other)
    one.guesses = found.carriers
    if found.outcome == NOT_A_NUMBER:
        return _set(one, BLOCKED, found.code, **found.args)
    carrier = chosen or found.carrier
    if carrier is None and not other:
        return _set(one, CHOOSE, found.code or CARRIER_UNKNOWN, **found.args)
    one.carrier, one.title = (carrier.code, carrier.name) if carrier else (carriers.OTHER, other)
    question = found.code or line.question
    if question and not one.choice.confirmed:
        return _set(one, CONFIRM, question, **{"number": line.tracking_number, **found.args})
    return _set(one, READY, "")


def _drop_voided(matches: Sequence[Match]) -> None:
    """Hold back numbers that another line says were voided: some programs list a label again when it is."""
    voided = {one.line.tracking_number: one for one in matches if one.line.problem == "line_voided"}
    for one in matches:
        void = voided.get(one.line.tracking_number)
        if void is not None and one.line.tracking_number and one.standing in _POSSIBLE:
            _set(one, BLOCKED, "tracking_voided", line=void.line.place)


def _check_shared_numbers(matches: Sequence[Match], used: Mapping[str, str]) -> None:
    """Ask whether the orders of one number are in one parcel. Each line is asked: any of them may be the wrong one."""
    by_number: dict[str, dict[int, Match]] = defaultdict(dict)
    asked = [one for one in matches if one.order is not None and one.standing in _POSSIBLE and one.choice.selected]
    for one in asked:
        if one.order is not None:
            by_number[one.line.tracking_number].setdefault(one.order.id, one)
    for one in asked:
        number, others = one.line.tracking_number, list(islice(by_number[one.line.tracking_number].values(), 2))
        if number in used:
            code, args = "tracking_shared_used", dict[str, Any](order=used[number])
        elif len(others) == 2 and one.order is not None:
            line = others[others[0].order == one.order]
            other = line.order.number if line.order else ""
            code, args = "tracking_shared_line", dict[str, Any](line=line.line.place, order=other)
        else:
            continue
        one.asks_shared = True
        if not one.choice.shared:
            _set(one, CHOOSE, code, **args)


def _pack(several: list[Match]) -> None:
    """Say what is in each parcel of one order."""
    order = several[0].order
    if order is None:
        return
    _drop_repeated(several)
    open_ = [one for one in several if one.standing in _POSSIBLE]
    plain = [one for one in open_ if not one.line.sku and not one.line.item and one.line.quantity is None]
    numbers = {one.line.tracking_number for one in open_}
    if len(numbers) == 1 and len(plain) == len(open_):
        return
    left = {item.id: item.left for item in order.items}
    for one in open_:
        _assign_quantities(one, order, left, alone=len(numbers) == 1)


def _drop_repeated(several: list[Match]) -> None:
    seen: dict[tuple[str, str, str, int | None], Match] = {}
    for one in several:
        key = one.line.tracking_number, one.line.sku, _bare(one.line.item), one.line.quantity
        first = seen.setdefault(key, one)
        if first is not one:
            _set(one, ALREADY, "tracking_repeated", line=first.line.place)


def _hold_incomplete_parcels(matches: Sequence[Match]) -> None:
    """A parcel of which one line cannot go waits: once it went its number is taken, and nothing can be added to it."""
    blocked: dict[tuple[int, str], Match] = {}
    for one in matches:
        if one.order is not None and one.standing == BLOCKED:
            blocked.setdefault((one.order.id, one.line.tracking_number), one)
    for one in matches:
        if one.order is not None and one.standing in _POSSIBLE:
            first = blocked.get((one.order.id, one.line.tracking_number))
            if first is not None:
                _set(one, BLOCKED, "tracking_parcel_waits", line=first.line.place)


def _assign_quantities(one: Match, order: Order, left: dict[int, int], *, alone: bool) -> None:
    """Take the pieces of a line out of what is left of its order."""
    line, with_left = one.line, [item for item in order.items if item.left]
    if line.item:
        items = _find_item_by_id(order, line.item)
        if not items:
            _set(one, BLOCKED, "tracking_item_unknown", item=line.item)
            return
    elif line.sku:
        # A column whose head is not known may hold order-item-ids.
        items = [item for item in order.items if item.sku == line.sku] or _find_item_by_id(order, line.sku)
        if not items:
            _set(one, BLOCKED, "tracking_sku_unknown", sku=line.sku, known=", ".join(item.sku for item in order.items))
            return
    elif alone or (line.quantity is not None and len(with_left) == 1):
        items = with_left
    else:
        _set(one, BLOCKED, "tracking_contents_unknown")
        return
    there = sum(left[item.id] for item in items)
    wanted = there if line.quantity is None else line.quantity
    if wanted > there or not wanted:
        _set(one, BLOCKED, "quantity_over", item=line.sku or line.item or order.number, asked=wanted or 1, left=there)
        return
    one.quantities = {}
    for item in items:
        taken = min(wanted, left[item.id])
        if taken:
            one.quantities[item.id] = taken
            left[item.id] -= taken
            wanted -= taken


def _find_item_by_id(order: Order, text: str) -> list[Item]:
    """The line of an order with this order-item-id. Spreadsheets drop its leading zeros, and may round it."""
    if is_rounded(text):
        return list(order.items) if len(order.items) == 1 else []
    return [item for item in order.items if item.order_item_id and _bare(item.order_item_id) == _bare(text)]


def _bare(order_item_id: str) -> str:
    return order_item_id.strip().lstrip("0")


def _set(one: Match, standing: str, code: str, **args: Any) -> Match:
    one.standing, one.code, one.args = standing, code, args
    return one
