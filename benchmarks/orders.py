"""Generate any number of orders from a seed, placed one after the other over three years until now."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from webapp.domain.amazon.types import (
    Address,
    AmazonItem,
    AmazonOrder,
    Buyer,
    Component,
)
from webapp.domain.common.marketplaces import find
from webapp.domain.common.money import Money

COUNTRIES = ("DE", "FR", "IT", "ES", "GB")
# A name that one in ten thousand has, one in 333, and one in seven.
RARE, FREQUENT, COMMON = "Zehntausend", "Dreitausend", "Siebenfach"
_YEARS = timedelta(days=3 * 365)
_SYLLABLES = ("ba", "do", "fel", "gim", "hor", "ka", "lun", "mir", "no", "pel", "ras", "sol", "tir", "vo", "wen", "zu")
_GOODS = ("Mug", "Lamp", "Cable", "Chair", "Clock", "Towel", "Shelf", "Bottle", "Basket", "Blanket")
_KINDS = ("blue", "green", "large", "small", "foldable", "wireless", "wooden", "soft", "heavy", "round")


def orders(many: int, now: datetime, seed: int = 1) -> Iterator[AmazonOrder]:
    """Generate `many` orders with 1.5 items each on average, the oldest first."""
    chance = random.Random(seed)
    for n in range(many):
        yield _order(chance, n, now - _YEARS * (1 - n / many))


def _order(chance: random.Random, n: int, purchased_at: datetime) -> AmazonOrder:
    marketplace = find(chance.choice(COUNTRIES))
    assert marketplace is not None
    items = tuple(
        _item(chance, n * 3 + place) for place in range(1 if chance.random() < 0.6 else chance.choice((2, 3)))
    )
    items = items[:2] if chance.random() < 0.7 else items
    total = sum(item.total.minor for item in items if item.total)
    status = chance.choices(("SHIPPED", "CANCELLED", "UNSHIPPED", "PENDING"), (84, 13, 2, 1))[0]
    by_amazon = chance.random() < 0.3
    name = f"{_word(chance)} {_surname(chance, n)}".title()
    return AmazonOrder(
        number=f"{300 + n % 7}-{n // 10_000_000:07}-{n % 10_000_000:07}",
        marketplace_id=marketplace.id,
        purchased_at=purchased_at,
        last_updated_at=purchased_at + timedelta(hours=2),
        items=tuple(_sent(item) for item in items) if status == "SHIPPED" else items,
        status=status,
        fulfilled_by="AMAZON" if by_amazon else "MERCHANT",
        programs=("PRIME",) if chance.random() < 0.1 else (),
        total=Money(total, "EUR"),
        buyer=Buyer(name, f"{_word(chance, 5)}@marketplace.amazon.de"),
        recipient=Address(
            name=name,
            line1=f"{_word(chance)}street {n % 200}".title(),
            city=_word(chance).title(),
            postal_code=f"{chance.randrange(100_000):05}",
            country_code=marketplace.country_code,
            phone=f"+49 30 {chance.randrange(10**7):07}",
        ),
        ship_by=purchased_at + timedelta(days=2),
        raw={"orderId": n, "said": [name, "x" * 1500]},
    )


def _item(chance: random.Random, n: int) -> AmazonItem:
    quantity, price = chance.choice((1, 1, 1, 2)), Money(chance.randrange(500, 20_000), "EUR")
    product = chance.randrange(2_000)
    total = price * quantity
    return AmazonItem(
        order_item_id=f"{n:014}",
        quantity=quantity,
        sku=f"SKU-{product}",
        asin=f"B0{product:08}",
        title=f"{_GOODS[product % 10]}, {_KINDS[product // 10 % 10]}, {_KINDS[product // 100 % 10]}, No. {product}",
        unit_price=price,
        total=total,
        components=(Component("ITEM", None, total),),
    )


def _sent(item: AmazonItem) -> AmazonItem:
    fields = {name: getattr(item, name) for name in item.__slots__}
    return AmazonItem(**fields | {"quantity_shipped": item.quantity})


def _word(chance: random.Random, syllables: int = 3) -> str:
    return "".join(chance.choices(_SYLLABLES, k=syllables))


def _surname(chance: random.Random, n: int) -> str:
    return surname_is(n) or _word(chance, 4)


def surname_is(n: int) -> str:
    """Return the known name of the order at this index, if it has one; "" otherwise."""
    if n % 10_000 == 7:
        return RARE
    if n % 333 == 5:
        return FREQUENT
    return COMMON if n % 7 == 3 else ""
