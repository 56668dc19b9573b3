"""Match the lines of a tracking file to orders and parcels, with the reason for each line that is not shipped.

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
from webapp.domain.shipping.carrier_names import find_by_name, is_other
from webapp.domain.shipping.carriers import Carrier
from webapp.domain.shipping.tracking import parser as tracking_parser
from webapp.domain.shipping.tracking.numbers import (
    CARRIER_UNKNOWN,
    NOT_A_NUMBER,
    classify,
    is_rounded,
)
from webapp.domain.shipping.tracking.parser import TrackingLine

# States of a line. `READY` can be shipped unchanged, `CHOOSE` after a user has chosen the carrier.
# `LEFT_OUT` needs no action: voided labels, and lines that name no order and no parcel.
# Numbers to `CONFIRM` can be shipped once a user has confirmed them.
READY, CHOOSE, CONFIRM, ALREADY, BLOCKED = "ready", "choose", "confirm", "already", "blocked"
LEFT_OUT = "left_out"
STANDINGS = (READY, CHOOSE, CONFIRM, ALREADY, BLOCKED, LEFT_OUT)
_POSSIBLE = frozenset({READY, CHOOSE, CONFIRM})
# Questions about a number that was found within a longer text.
_FOUND_INSIDE = frozenset({"tracking_link", "tracking_in_text", "tracking_decimal"})
# A text of this form contains nothing besides the number.
_PLAIN = re.compile(r"[0-9A-Z ]*")
_OPEN = order_states.TRANSITIONS["ship"].from_states


@dataclass(frozen=True, slots=True)
class Item:
    """A line of an order: `unshipped` units are not shipped yet. `order_item_id` is Amazon's."""

    id: int
    sku: str
    unshipped: int
    order_item_id: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An order. `refusal`: the code and arguments in `messages` if it cannot be shipped; `numbers`: of its parcels.

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
    """A user's choices for a line: whether it is shipped, and a carrier key, empty for the file's carrier.

    `shared`: other orders with its tracking number are in the same parcel. `confirmed`: the number is right although it
    is doubtful.
    """

    selected: bool = True
    carrier: str = ""
    shared: bool = False
    confirmed: bool = False


@dataclass(slots=True)
class Match:
    """A matched line. `code` and `args` explain its state, empty while it is ready.

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
    # Another order has the same number, and a user decides whether both are in one parcel.
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
    """Match each line. `orders` by the number in a line; `used`: tracking number → order that has it."""
    matches = [_match_single_line(line, choice, orders.get(line.order), now) for line, choice in lines]
    _drop_voided(matches)
    _check_shared_numbers(matches, used)
    by_order: dict[int, list[Match]] = defaultdict(list)
    for line_match in matches:
        if line_match.order is not None and line_match.standing in _POSSIBLE:
            by_order[line_match.order.id].append(line_match)
    for order_matches in by_order.values():
        _pack(order_matches)
    _hold_incomplete_parcels(matches)
    return matches


def group_shipments(matches: Iterable[Match]) -> dict[int, list[parcels.Parcel]]:
    """Return the parcels of each order from its ready lines. A parcel is shipped whole or not at all."""
    by_parcel: dict[tuple[int, str], list[Match]] = defaultdict(list)
    for line_match in matches:
        if line_match.order is not None and line_match.standing in _POSSIBLE:
            by_parcel[line_match.order.id, line_match.line.tracking_number].append(line_match)
    shipments: dict[int, list[parcels.Parcel]] = defaultdict(list)
    for (order_id, number), order_matches in by_parcel.items():
        if not all(line_match.goes for line_match in order_matches):
            continue
        first = order_matches[0]
        quantities: dict[int, int] | None = None
        if first.quantities is not None:
            quantities = defaultdict(int)
            for line_match in order_matches:
                for line_id, pieces in (line_match.quantities or {}).items():
                    quantities[line_id] += pieces
            quantities = dict(quantities)
        written = first.line.written if first.line.question else number
        is_confirmed = all(line_match.choice.confirmed for line_match in order_matches)
        shipments[order_id].append(
            parcels.Parcel(
                quantities,
                first.carrier,
                first.title,
                written,
                shared=first.asks_shared,
                confirmed=is_confirmed,
                shipping_method=first.line.shipping_method,
            )
        )
    return dict(shipments)


def collect_ship_dates(matches: Iterable[Match]) -> dict[int, str]:
    """Return the first ship date (ISO 8601) in each order's lines, for orders that have one."""
    days: dict[int, str] = {}
    for line_match in matches:
        if line_match.order is not None and line_match.goes and line_match.line.shipped_on:
            days[line_match.order.id] = min(
                line_match.line.shipped_on, days.get(line_match.order.id, line_match.line.shipped_on)
            )
    return days


def resolve_ship_time(day: str, zone: ZoneInfo, ordered: datetime, now: datetime) -> datetime | None:
    """Return noon of that day in the seller's zone, limited to after the order and not in the future. None: now."""
    if not day:
        return None
    noon = datetime.combine(date.fromisoformat(day), time(12), zone)
    return min(max(noon, ordered + timedelta(minutes=1)), now)


def _match_single_line(line: TrackingLine, choice: Choice, order: Order | None, now: datetime) -> Match:
    """Match a line on its own, without regard to the other lines."""
    line_match = Match(line, choice, BLOCKED, order=order)
    number = line.tracking_number
    if line.problem:
        return _set(line_match, LEFT_OUT if line.problem in tracking_parser.LEFT_OUT else BLOCKED, line.problem)
    if order is None:
        return _set(line_match, BLOCKED, "tracking_order_unknown", number=line.order)
    line_match.late = order.ship_by is not None and order.ship_by < now
    nothing_unshipped = not any(item.unshipped for item in order.items)
    if number in order.failed or (order.failed and nothing_unshipped):
        failed = number if number in order.failed else min(order.failed)
        return _set(line_match, BLOCKED, "tracking_parcel_failed", number=failed)
    if number in order.numbers:
        return _set(line_match, ALREADY, "tracking_known", number=number)
    if order.state in {order_states.AWAITING, order_states.COMPLETE}:
        return _set(line_match, ALREADY, "tracking_shipped")
    if nothing_unshipped and order.state in _OPEN:
        # It need not have been shipped: Amazon may have cancelled all of its lines.
        return _set(line_match, ALREADY, "tracking_nothing_left")
    if order.refusal is not None:
        code, args = order.refusal
        return _set(line_match, BLOCKED, code, **args)
    return _resolve_carrier(line_match, order)


def find_number(line: TrackingLine) -> TrackingLine:
    """Extract the number from a line's link, text or decimal; return other lines unchanged."""
    if line.problem not in {"", "tracking_malformed"} or _PLAIN.fullmatch(line.written):
        return line
    if carriers.clean(line.written)[: len(line.tracking_number)] != line.tracking_number:
        return line
    classification = classify(line.written)
    if classification.code in _FOUND_INSIDE:
        return replace(line, tracking_number=classification.number, question=classification.code, problem="")
    if line.problem and classification.outcome == NOT_A_NUMBER:
        return replace(line, problem=classification.code)
    return line


def _resolve_carrier(line_match: Match, order: Order) -> Match:
    line = line_match.line
    chosen = carriers.BY_KEY.get(line_match.choice.carrier) or find_by_name(line.carrier)
    # A carrier we do not know is one all the same: Amazon takes its name.
    other = "" if chosen or is_other(line.carrier) else line.carrier
    # A date or an order's number is seen to be one by its dashes, which the cleaned number does not have.
    is_whole = carriers.clean(line.written) == line.tracking_number
    classification = classify(line.written if is_whole else line.tracking_number, chosen, order.country, other=other)
    line_match.guesses = classification.carriers
    if classification.outcome == NOT_A_NUMBER:
        return _set(line_match, BLOCKED, classification.code, **classification.args)
    carrier = chosen or classification.carrier
    if carrier is None and not other:
        return _set(line_match, CHOOSE, classification.code or CARRIER_UNKNOWN, **classification.args)
    code, name = (carrier.code, carrier.name) if carrier else (carriers.OTHER, other)
    if code == carriers.OTHER and order.country in carriers.WITHOUT_OTHER:
        return _set(line_match, CHOOSE, "carrier_not_listed", carrier=name)
    line_match.carrier, line_match.title = code, name
    question = classification.code or line.question
    if question and not line_match.choice.confirmed:
        return _set(line_match, CONFIRM, question, **{"number": line.tracking_number, **classification.args})
    return _set(line_match, READY, "")


def _drop_voided(matches: Sequence[Match]) -> None:
    """Hold back numbers that another line marks as voided: some programs list a voided label again."""
    voided = {
        line_match.line.tracking_number: line_match
        for line_match in matches
        if line_match.line.problem == "line_voided"
    }
    for line_match in matches:
        void = voided.get(line_match.line.tracking_number)
        if void is not None and line_match.line.tracking_number and line_match.standing in _POSSIBLE:
            _set(line_match, BLOCKED, "tracking_voided", line=void.line.place)


def _check_shared_numbers(matches: Sequence[Match], used: Mapping[str, str]) -> None:
    """Ask at each line whether the orders with the same number share a parcel, since any of them may be wrong."""
    by_number: dict[str, dict[int, Match]] = defaultdict(dict)
    selected = [
        line_match
        for line_match in matches
        if line_match.order is not None and line_match.standing in _POSSIBLE and line_match.choice.selected
    ]
    for line_match in selected:
        if line_match.order is not None:
            by_number[line_match.line.tracking_number].setdefault(line_match.order.id, line_match)
    for line_match in selected:
        number, others = (
            line_match.line.tracking_number,
            list(islice(by_number[line_match.line.tracking_number].values(), 2)),
        )
        if number in used:
            code, args = "tracking_shared_used", dict[str, Any](order=used[number])
        elif len(others) == 2 and line_match.order is not None:
            line = others[others[0].order == line_match.order]
            other = line.order.number if line.order else ""
            code, args = "tracking_shared_line", dict[str, Any](line=line.line.place, order=other)
        else:
            continue
        line_match.asks_shared = True
        if not line_match.choice.shared:
            _set(line_match, CHOOSE, code, **args)


def _pack(order_matches: list[Match]) -> None:
    """Assign the contents of each parcel of one order."""
    order = order_matches[0].order
    if order is None:
        return
    _drop_repeated(order_matches)
    open_ = [line_match for line_match in order_matches if line_match.standing in _POSSIBLE]
    plain = [
        line_match
        for line_match in open_
        if not line_match.line.sku and not line_match.line.item and line_match.line.quantity is None
    ]
    numbers = {line_match.line.tracking_number for line_match in open_}
    if len(numbers) == 1 and len(plain) == len(open_):
        return
    remaining = {item.id: item.unshipped for item in order.items}
    for line_match in open_:
        _assign_quantities(line_match, order, remaining, alone=len(numbers) == 1)


def _drop_repeated(order_matches: list[Match]) -> None:
    seen: dict[tuple[str, str, str, int | None], Match] = {}
    for line_match in order_matches:
        key = (
            line_match.line.tracking_number,
            line_match.line.sku,
            _normalize_item_id(line_match.line.item),
            line_match.line.quantity,
        )
        first = seen.setdefault(key, line_match)
        if first is not line_match:
            _set(line_match, ALREADY, "tracking_repeated", line=first.line.place)


def _hold_incomplete_parcels(matches: Sequence[Match]) -> None:
    """Block a parcel when one of its lines is blocked: nothing can be added to a parcel after it is sent."""
    blocked: dict[tuple[int, str], Match] = {}
    for line_match in matches:
        if line_match.order is not None and line_match.standing == BLOCKED:
            blocked.setdefault((line_match.order.id, line_match.line.tracking_number), line_match)
    for line_match in matches:
        if line_match.order is not None and line_match.standing in _POSSIBLE:
            first = blocked.get((line_match.order.id, line_match.line.tracking_number))
            if first is not None:
                _set(line_match, BLOCKED, "tracking_parcel_waits", line=first.line.place)


def _assign_quantities(line_match: Match, order: Order, remaining: dict[int, int], *, alone: bool) -> None:
    """Deduct a line's units from the remaining ones of its order."""
    line, unshipped_items = line_match.line, [item for item in order.items if item.unshipped]
    if line.item:
        items = _find_item_by_id(order, line.item)
        if not items:
            _set(line_match, BLOCKED, "tracking_item_unknown", item=line.item)
            return
    elif line.sku:
        # A column whose head is not known may hold order-item-ids.
        items = [item for item in order.items if item.sku == line.sku] or _find_item_by_id(order, line.sku)
        if not items:
            _set(
                line_match,
                BLOCKED,
                "tracking_sku_unknown",
                sku=line.sku,
                known=", ".join(item.sku for item in order.items),
            )
            return
    elif alone or (line.quantity is not None and len(unshipped_items) == 1):
        items = unshipped_items
    else:
        _set(line_match, BLOCKED, "tracking_contents_unknown")
        return
    available = sum(remaining[item.id] for item in items)
    quantity = available if line.quantity is None else line.quantity
    if quantity > available or not quantity:
        _set(
            line_match,
            BLOCKED,
            "quantity_over",
            item=line.sku or line.item or order.number,
            asked=quantity or 1,
            left=available,
        )
        return
    line_match.quantities = {}
    for item in items:
        taken = min(quantity, remaining[item.id])
        if taken:
            line_match.quantities[item.id] = taken
            remaining[item.id] -= taken
            quantity -= taken


def _find_item_by_id(order: Order, text: str) -> list[Item]:
    """Return an order's line by its order-item-id, which spreadsheets may round or strip of leading zeros."""
    if is_rounded(text):
        return list(order.items) if len(order.items) == 1 else []
    return [
        item
        for item in order.items
        if item.order_item_id and _normalize_item_id(item.order_item_id) == _normalize_item_id(text)
    ]


def _normalize_item_id(order_item_id: str) -> str:
    return order_item_id.strip().lstrip("0")


def _set(line_match: Match, standing: str, code: str, **args: Any) -> Match:
    line_match.standing, line_match.code, line_match.args = standing, code, args
    return line_match
