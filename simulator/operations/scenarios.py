"""The worlds one can start with, by name. The same name, seed and moment make the same world."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulator.operations import generator, lifecycle
from simulator.operations.generator import Wish
from simulator.operations.sample_data import AWKWARD
from simulator.state.clock import iso
from simulator.state.sellers import Seller

if TYPE_CHECKING:
    from simulator.operations.world import OrderRecord, World

# How many orders of each kind a busy Monday has: (status, fulfilled by) -> count; 300 in all.
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
CARRIERS = (
    ("DHL", "Paket"),
    ("DPD", "Classic"),
    ("Royal Mail", "Tracked 48"),
    ("GLS", "Parcel"),
    ("YamatoTransport", "TA-Q-BIN"),
)


class UnknownScenario(ValueError):
    """There is no scenario of that name."""


def check(name: str) -> None:
    kind, _, count = name.partition(":")
    if name in SCENARIOS or (kind == "many" and count.isascii() and count.isdigit() and int(count) <= 1_000_000):
        return
    raise UnknownScenario(f"there is no scenario {name!r}; there are {', '.join(SCENARIOS)} and many:NUMBER")


def fill(world: "World") -> None:
    kind, _, count = world.scenario.partition(":")
    if kind == "many":
        many(world, int(count))
    else:
        SCENARIOS[world.scenario](world)


def seller_in(world: "World", country: str) -> Seller:
    """Who sells there. KeyError when nobody does."""
    for seller in world.sellers.values():
        if country in seller.countries:
            return seller
    raise KeyError(f"nobody in this world sells in {country}")


def add(world: "World", wish: Wish, created: datetime) -> "OrderRecord":
    """An order as it is when it has just been placed or released; what happens to it later is another step."""
    from simulator.operations.world import OrderRecord

    seller = seller_in(world, wish.country)
    return world.add_order(
        OrderRecord(seller.id, generator.make(world.seed, world.next_serial("order"), wish, created))
    )


def place(world: "World", **wishes: Any) -> str:
    """A buyer orders at this moment."""
    wish = Wish(**wishes)
    now = world.stamp()
    record = add(world, wish, now)
    if wish.status not in generator.NOT_YET:
        become(record, wish, now, random.Random(f"{world.seed}/{record.id}"))
    elif wish.status == "PENDING":
        world.plan(record, now + timedelta(seconds=world.pending_seconds), "release")
    return record.id


def draw_programs(chance: random.Random) -> tuple[str, ...]:
    return chance.choices(((), ("PRIME",), ("AMAZON_BUSINESS",), ("PREMIUM",)), (76, 13, 8, 3))[0]


# --- scenarios


def empty(world: "World") -> None:
    """Sellers, and nobody who buys."""


def one_order(world: "World") -> None:
    """One unshipped order from Germany, an hour old."""
    add(world, Wish(lines=((0, 2),), gift=False, discount=False), world.now() - timedelta(hours=1))


def many(world: "World", count: int) -> None:
    """`count` orders of the first seller, placed over the last 30 days; three of four are unshipped."""
    chance = random.Random(f"{world.seed}/many")
    seller, now = next(iter(world.sellers.values())), world.now()
    step = timedelta(days=30) / max(count, 1)
    for index in range(count):
        created = now - timedelta(minutes=10) - step * (count - index - 1)
        wish = Wish(country=chance.choice(seller.countries), status="SHIPPED" if index % 4 == 3 else "UNSHIPPED")
        record = add(world, wish, created)
        become(record, wish, min(created + timedelta(hours=6), now - timedelta(minutes=5)), chance)


def packing_day(world: "World") -> None:
    """12 unshipped orders from Germany to pack: of one they want two parcels, two buyers ask to cancel, one is Ship+,
    and of one a piece has left by another door.
    """
    now = world.now()
    lines = [((0, 3), (1, 1)), *(((place, 1),) for place in range(2, 10)), ((2, 1),), ((3, 2),), ((4, 2),)]
    records = [
        add(world, Wish(lines=some, gift=False, discount=False), now - timedelta(minutes=90 - 5 * place))
        for place, some in enumerate(lines)
    ]
    for record in records[4:6]:
        lifecycle.request_cancel(world, record, "Changed my mind")
    records[-2].body["programs"] = ["FBM_SHIP_PLUS"]
    _have_shipped(records[-1], "PARTIALLY_SHIPPED", random.Random(f"{world.seed}/packing_day"))


def busy_monday(world: "World") -> None:
    """300 orders in every state there is, in six currencies' worth of shops, with buyers who are hard on software."""
    chance = random.Random(f"{world.seed}/busy_monday")
    now = world.now()
    kinds = [kind for kind, count in BUSY_MONDAY.items() for _ in range(count)]
    plans = sorted((_drawn_age(chance, status), place, status, by) for place, (status, by) in enumerate(kinds))
    countries = _countries(world, chance, len(plans))
    awkward = iter(range(len(AWKWARD)))
    shipped: dict[str, str] = {}
    replacements = 4
    for (age, _, status, by), country in zip(reversed(plans), countries, strict=True):
        plain = (status, by) == ("UNSHIPPED", "MERCHANT")
        awkwardly = next(awkward, None) if plain else None
        replaced = shipped.get(country) if plain and awkwardly is None and replacements else None
        replacements -= bool(replaced)
        wish = Wish(
            country=country,
            fulfilled_by=by,
            status=status,
            replaces=replaced,
            programs=("PREORDER",) if status == "PENDING_AVAILABILITY" else draw_programs(chance),
            awkward=awkwardly,
            cancelled_by=chance.choice(("BUYER", "BUYER", "MERCHANT", "AMAZON")),
            cancel_reason=generator.cancel_reason(chance),
        )
        created = now - timedelta(hours=age)
        record = add(world, wish, created)
        if (status, by) == ("SHIPPED", "MERCHANT"):
            shipped[country] = record.id
        if status in generator.NOT_YET:
            _plan_release(world, record, created, chance)
            continue
        age_now = (now - created).total_seconds()
        become(record, wish, created + timedelta(seconds=age_now * chance.uniform(0.1, 0.9)), chance)
        if (status, by) == ("UNSHIPPED", "AMAZON"):
            world.plan(record, now + timedelta(hours=chance.uniform(0.5, 12)), "ship")
    _specials(world, chance)


def _drawn_age(chance: random.Random, status: str) -> float:
    earliest, latest = AGES[status]
    return chance.uniform(earliest, latest)


def _countries(world: "World", chance: random.Random, count: int) -> list[str]:
    served = [country for seller in world.sellers.values() for country in seller.countries]
    drawn = chance.choices(served, [COUNTRY_WEIGHTS.get(country, 5) for country in served], k=count)
    # Each shop has something, whatever chance says.
    drawn[-len(served) :] = served
    return drawn


def _plan_release(world: "World", record: "OrderRecord", created: datetime, chance: random.Random) -> None:
    hours = 0.5 if record.status == "PENDING" else 24 * 20
    release = created + timedelta(hours=hours)
    world.plan(record, release, "release")
    if record.by_amazon:
        world.plan(record, release + timedelta(hours=chance.uniform(1, 8)), "ship")


def _specials(world: "World", chance: random.Random) -> None:
    """Buyers who asked to cancel, Ship+ orders, and fields that are there but empty."""
    open_orders = [order for order in world.orders.values() if order.status == "UNSHIPPED" and not order.by_amazon]
    for order in open_orders[20:28]:
        reason = generator.cancel_reason(chance)
        request = {"requester": "BUYER", **({"cancelReason": reason} if reason else {})}
        for item in order.body["orderItems"]:
            item["cancellation"] = {"cancellationRequest": dict(request)}
    for order in open_orders[30:32]:
        order.body["programs"] = [*order.body.get("programs", []), "FBM_SHIP_PLUS"]
    for order in open_orders[33:36]:
        order.body.update(programs=[], orderAliases=[], packages=[], associatedOrders=[])
        order.body["buyer"] = {}
        order.body["orderItems"][0]["product"].pop("sellerSku", None)
        order.body["orderItems"][0]["product"]["title"] = ""


def become(record: "OrderRecord", wish: Wish, at: datetime, chance: random.Random) -> None:
    """Bring a fresh order to the state it is wished in, as if it had got there at `at`."""
    body = record.body
    body["fulfillment"]["fulfillmentStatus"] = wish.status
    body["lastUpdatedTime"] = iso(max(at, datetime.fromisoformat(body["createdTime"])))
    if wish.status == "CANCELLED":
        execution = {
            "cancelledBy": wish.cancelled_by,
            **({"cancelReason": wish.cancel_reason} if wish.cancel_reason else {}),
        }
        for item in body["orderItems"]:
            item["cancellation"] = {"cancellationExecution": dict(execution)}
            item["fulfillment"].update(quantityFulfilled=0, quantityUnfulfilled=0)
    elif wish.status in ("SHIPPED", "PARTIALLY_SHIPPED"):
        _have_shipped(record, wish.status, chance)


def _have_shipped(record: "OrderRecord", status: str, chance: random.Random) -> None:
    body, at = record.body, record.body["lastUpdatedTime"]
    if record.by_amazon:
        for item in body["orderItems"]:
            item["fulfillment"].update(quantityFulfilled=item["quantityOrdered"], quantityUnfulfilled=0)
        return
    lines = [{"orderItemId": item["orderItemId"], "quantity": item["quantityOrdered"]} for item in body["orderItems"]]
    if status == "PARTIALLY_SHIPPED":
        lines = lines[:1]
        lines[0]["quantity"] = (
            max(1, lines[0]["quantity"] - 1) if len(body["orderItems"]) == 1 else lines[0]["quantity"]
        )
    carrier, service = chance.choice(CARRIERS)
    body["packages"] = [
        {
            "packageReferenceId": "1",
            "createdTime": at,
            "packageStatus": {"status": chance.choice(("IN_TRANSIT", "DELIVERED", "SHIPPED"))},
            "carrier": carrier,
            "shipTime": at,
            "shippingService": service,
            "trackingNumber": f"00340434{chance.randrange(10**12):012d}",
            "packageItems": lines,
        }
    ]
    lifecycle.settle_quantities(body)


SCENARIOS: dict[str, Callable[["World"], None]] = {
    "empty": empty,
    "one_order": one_order,
    "packing_day": packing_day,
    "busy_monday": busy_monday,
}
