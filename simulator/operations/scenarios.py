"""Scenarios: the orders a world begins with, by name. The same name, seed and time give the same orders."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from simulator.operations import generator, lifecycle, returns
from simulator.operations.generator import OrderSpec
from simulator.operations.order_features import add_features
from simulator.operations.sample_data import DIFFICULT_RECIPIENTS
from simulator.state.clock import format_iso
from simulator.state.orders import OrderRecord
from simulator.state.sellers import Seller
from simulator.state.world_state import WorldState

# The orders of busy_monday: (status, fulfilled by) -> count, 300 in all.
BUSY_MONDAY = {
    ("PENDING", "MERCHANT"): 12,
    ("PENDING", "AMAZON"): 8,
    ("PENDING_AVAILABILITY", "MERCHANT"): 4,
    ("UNSHIPPED", "MERCHANT"): 68,
    ("UNSHIPPED", "AMAZON"): 12,
    ("PARTIALLY_SHIPPED", "MERCHANT"): 10,
    ("SHIPPED", "MERCHANT"): 90,
    ("SHIPPED", "AMAZON"): 65,
    ("CANCELLED", "MERCHANT"): 20,
    ("CANCELLED", "AMAZON"): 5,
    ("UNFULFILLABLE", "AMAZON"): 6,
}
COUNTRY_WEIGHTS = {"DE": 30, "GB": 18, "FR": 15, "SE": 10, "PL": 10, "JP": 17}
# How long ago, in hours, an order of a status was placed: (earliest, latest).
AGES = {
    "PENDING": (0.0, 0.5),
    "PENDING_AVAILABILITY": (24.0, 240.0),
    "UNSHIPPED": (1.0, 72.0),
    "PARTIALLY_SHIPPED": (24.0, 96.0),
    "SHIPPED": (30.0, 720.0),
    "CANCELLED": (4.0, 720.0),
    "UNFULFILLABLE": (48.0, 600.0),
}
# The features of orders of busy_monday, each of another order.
SPECIAL_FEATURES = (
    ("customized", "signature"),
    ("used", "pickup_point"),
    ("age_check", "identity_check", "transparency"),
    ("ioss",),
    ("scheduled", "delivery_hours", "pallet"),
    ("subscription", "serial_numbers"),
    ("invoice_preference", "cash_on_delivery"),
    ("no_substitution", "points"),
    ("easy_ship",),
)
CARRIERS = (
    ("DHL", "Paket"),
    ("DPD", "Classic"),
    ("Royal Mail", "Tracked 48"),
    ("GLS", "Parcel"),
    ("YamatoTransport", "TA-Q-BIN"),
)


class UnknownScenarioError(ValueError):
    """There is no scenario of that name."""


def check_name(name: str) -> None:
    kind, _, count = name.partition(":")
    if name in SCENARIOS or (kind == "many" and count.isascii() and count.isdigit() and int(count) <= 1_000_000):
        return
    raise UnknownScenarioError(f"there is no scenario {name!r}; there are {', '.join(SCENARIOS)} and many:NUMBER")


def populate(world: WorldState) -> None:
    kind, _, count = world.scenario.partition(":")
    if kind == "many":
        many(world, int(count))
    else:
        SCENARIOS[world.scenario](world)


def find_seller(world: WorldState, country: str) -> Seller:
    """Return the seller of a country. Raises KeyError."""
    for seller in world.sellers.values():
        if country in seller.countries:
            return seller
    raise KeyError(f"no seller sells in {country}")


def add_order(world: WorldState, spec: OrderSpec, created: datetime) -> OrderRecord:
    """Add a new order, as placed or released."""
    seller = find_seller(world, spec.country)
    body = generator.generate_order(world.seed, world.next_serial("order"), spec, created)
    return world.add_order(OrderRecord(seller.id, body))


def place(world: WorldState, **fields: Any) -> str:
    """Place a buyer's order now; return its number. `fields` are those of OrderSpec."""
    spec = OrderSpec(**fields)
    now = world.next_timestamp()
    order = add_order(world, spec, now)
    if spec.status not in lifecycle.PENDING:
        set_status(order, spec, now, random.Random(f"{world.seed}/{order.id}"))
    elif spec.status == "PENDING":
        world.schedule(order, now + timedelta(seconds=world.pending_seconds), "release")
    return order.id


def draw_programs(rng: random.Random) -> tuple[str, ...]:
    return rng.choices(((), ("PRIME",), ("AMAZON_BUSINESS",), ("PREMIUM",)), (76, 13, 8, 3))[0]


# --- scenarios


def empty(world: WorldState) -> None:
    """Create sellers without orders."""


def one_order(world: WorldState) -> None:
    """Create one unshipped order from Germany, an hour old."""
    add_order(world, OrderSpec(lines=((0, 2),), gift=False, discount=False), world.now() - timedelta(hours=1))


def many(world: WorldState, count: int) -> None:
    """Create `count` orders of the first seller, placed over the last 30 days; three of four are unshipped."""
    rng = random.Random(f"{world.seed}/many")
    seller, now = next(iter(world.sellers.values())), world.now()
    step = timedelta(days=30) / max(count, 1)
    for index in range(count):
        created = now - timedelta(minutes=10) - step * (count - index - 1)
        spec = OrderSpec(country=rng.choice(seller.countries), status="SHIPPED" if index % 4 == 3 else "UNSHIPPED")
        order = add_order(world, spec, created)
        set_status(order, spec, min(created + timedelta(hours=6), now - timedelta(minutes=5)), rng)


def packing_day(world: WorldState) -> None:
    """Create 12 orders from Germany to pack: one with two lines, two with cancellation requests, one Ship+, and one of
    which a unit was already shipped elsewhere.
    """
    now = world.now()
    lines = [((0, 3), (1, 1)), *(((product, 1),) for product in range(2, 10)), ((2, 1),), ((3, 2),), ((4, 2),)]
    orders = [
        add_order(world, OrderSpec(lines=items, gift=False, discount=False), now - timedelta(minutes=90 - 5 * index))
        for index, items in enumerate(lines)
    ]
    for order in orders[4:6]:
        lifecycle.request_cancel(world, order, "Changed my mind")
    orders[-2].body["programs"] = ["FBM_SHIP_PLUS"]
    _set_shipped(orders[-1], "PARTIALLY_SHIPPED", random.Random(f"{world.seed}/packing_day"))


def busy_monday(world: WorldState) -> None:
    """Create 300 orders in every status and six marketplaces, some with names and addresses that are hard to handle."""
    rng = random.Random(f"{world.seed}/busy_monday")
    now = world.now()
    kinds = [kind for kind, count in BUSY_MONDAY.items() for _ in range(count)]
    plans = sorted((_draw_age(rng, kind[0]), index, *kind) for index, kind in enumerate(kinds))
    countries = _draw_countries(world, rng, len(plans))
    recipients = iter(range(len(DIFFICULT_RECIPIENTS)))
    shipped: dict[str, str] = {}
    replacements = 4
    for (age, index, status, fulfilled_by), country in zip(reversed(plans), countries, strict=True):
        plain = (status, fulfilled_by) == ("UNSHIPPED", "MERCHANT")
        awkward = next(recipients, None) if plain else None
        replaced = shipped.get(country) if plain and awkward is None and replacements else None
        replacements -= bool(replaced)
        spec = OrderSpec(
            country=country,
            fulfilled_by=fulfilled_by,
            status=status,
            replaces=replaced,
            programs=("PREORDER",) if status == "PENDING_AVAILABILITY" else draw_programs(rng),
            awkward=awkward,
            cancelled_by=rng.choice(("BUYER", "BUYER", "MERCHANT", "AMAZON")),
            cancel_reason=generator.draw_cancel_reason(rng),
            facilitator=index % 12 == 0 and find_seller(world, country).region == "EU",
        )
        created = now - timedelta(hours=age)
        order = add_order(world, spec, created)
        if (status, fulfilled_by) == ("SHIPPED", "MERCHANT"):
            shipped[country] = order.id
        if status in lifecycle.PENDING:
            _schedule_release(world, order, created, rng)
            continue
        age_now = (now - created).total_seconds()
        set_status(order, spec, created + timedelta(seconds=age_now * rng.uniform(0.1, 0.9)), rng)
        if (status, fulfilled_by) == ("UNSHIPPED", "AMAZON"):
            world.schedule(order, now + timedelta(hours=rng.uniform(0.5, 12)), "ship")
    _add_special_cases(world, rng)
    _open_returns(world)


def _open_returns(world: WorldState) -> None:
    """Let buyers return an item of some shipped orders; the parcel of every second return has arrived."""
    reasons = ("CR-UNWANTED_ITEM", "CR-DEFECTIVE", "CR-QUALITY_UNACCEPTABLE", "CR-ORDERED_WRONG_ITEM")
    shipped = [order for order in world.orders.values() if order.status == "SHIPPED" and not order.is_fba]
    for place, order in enumerate(shipped[:8]):
        return_id = returns.open_return(
            world,
            order,
            reason=reasons[place % len(reasons)],
            returnless=place == 7,
            requested=order.body["lastUpdatedTime"],
        )
        if place % 2:
            returns.deliver(world, return_id)


def _draw_age(rng: random.Random, status: str) -> float:
    earliest, latest = AGES[status]
    return rng.uniform(earliest, latest)


def _draw_countries(world: WorldState, rng: random.Random, count: int) -> list[str]:
    countries = [country for seller in world.sellers.values() for country in seller.countries]
    drawn = rng.choices(countries, [COUNTRY_WEIGHTS.get(country, 5) for country in countries], k=count)
    # Each marketplace has at least one order.
    drawn[-len(countries) :] = countries
    return drawn


def _schedule_release(world: WorldState, order: OrderRecord, created: datetime, rng: random.Random) -> None:
    hours = 0.5 if order.status == "PENDING" else 24 * 20
    release = created + timedelta(hours=hours)
    world.schedule(order, release, "release")
    if order.is_fba:
        world.schedule(order, release + timedelta(hours=rng.uniform(1, 8)), "ship")


def _add_special_cases(world: WorldState, rng: random.Random) -> None:
    """Add cancellation requests, Ship+ orders, fields that are present but empty, and orders of special programmes."""
    open_orders = [order for order in world.orders.values() if order.status == "UNSHIPPED" and not order.is_fba]
    for order in open_orders[20:28]:
        lifecycle.set_cancel_requested(order, generator.draw_cancel_reason(rng))
    for order in open_orders[30:32]:
        order.body["programs"] = [*order.body.get("programs", []), "FBM_SHIP_PLUS"]
    for order in open_orders[33:36]:
        order.body.update(programs=[], orderAliases=[], packages=[], associatedOrders=[])
        order.body["buyer"] = {}
        order.body["orderItems"][0]["product"].pop("sellerSku", None)
        order.body["orderItems"][0]["product"]["title"] = ""
    for order, features in zip(open_orders[40:], SPECIAL_FEATURES, strict=False):
        add_features(order.body, features)


def set_status(order: OrderRecord, spec: OrderSpec, at: datetime, rng: random.Random) -> None:
    """Set the status of a new order to that of `spec`, as if it had changed at `at`."""
    body = order.body
    body["fulfillment"]["fulfillmentStatus"] = spec.status
    body["lastUpdatedTime"] = format_iso(max(at, datetime.fromisoformat(body["createdTime"])))
    if spec.status == "CANCELLED":
        execution = {
            "cancelledBy": spec.cancelled_by,
            **({"cancelReason": spec.cancel_reason} if spec.cancel_reason else {}),
        }
        lifecycle.set_cancelled(order, execution)
    elif spec.status in ("SHIPPED", "PARTIALLY_SHIPPED"):
        _set_shipped(order, spec.status, rng)


def _set_shipped(order: OrderRecord, status: str, rng: random.Random) -> None:
    body, at = order.body, order.body["lastUpdatedTime"]
    if order.is_fba:
        lifecycle.set_all_shipped(body)
        return
    lines = [{"orderItemId": item["orderItemId"], "quantity": item["quantityOrdered"]} for item in body["orderItems"]]
    if status == "PARTIALLY_SHIPPED":
        lines = lines[:1]
        if len(body["orderItems"]) == 1:
            lines[0]["quantity"] = max(1, lines[0]["quantity"] - 1)
    carrier, service = rng.choice(CARRIERS)
    body["packages"] = [
        {
            "packageReferenceId": "1",
            "createdTime": at,
            "packageStatus": {"status": rng.choice(("IN_TRANSIT", "DELIVERED", "SHIPPED"))},
            "carrier": carrier,
            # A later time would make nearly all orders of the demo late.
            "shipTime": min(at, body["fulfillment"]["shipByWindow"]["latestDateTime"]),
            "shippingService": service,
            "trackingNumber": f"00340434{rng.randrange(10**12):012d}",
            "packageItems": lines,
        }
    ]
    lifecycle.update_quantities(body)


SCENARIOS: dict[str, Callable[[WorldState], None]] = {
    "empty": empty,
    "one_order": one_order,
    "packing_day": packing_day,
    "busy_monday": busy_monday,
}
