"""Copy our orders in plain text for programs that encrypt nothing: two tables with suitable indexes.

python -m benchmarks.plain FOLDER [--database sqlite|postgresql|URL] [--orders 1000000]
"""

import itertools
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from benchmarks import orders as made
from benchmarks.bulk import connect
from benchmarks.fill import NOW
from benchmarks.parts import parser
from benchmarks.places import Place, opened

CHUNK = 20_000
TABLES = """
CREATE TABLE orders (
  id bigint PRIMARY KEY, number varchar(32) NOT NULL, buyer_name varchar(200) NOT NULL,
  buyer_email varchar(200) NOT NULL, status varchar(32) NOT NULL, channel varchar(16) NOT NULL,
  marketplace varchar(32) NOT NULL, currency varchar(3) NOT NULL, total bigint NOT NULL,
  purchased_at timestamp{zone} NOT NULL, ship_by timestamp{zone} NOT NULL);
CREATE TABLE order_items (
  id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders (id), sku varchar(64) NOT NULL,
  asin varchar(16) NOT NULL, title varchar(200) NOT NULL, quantity integer NOT NULL, unit_price bigint NOT NULL,
  total bigint NOT NULL);
CREATE TABLE staff (id integer PRIMARY KEY, email varchar(200) NOT NULL UNIQUE, password varchar(200) NOT NULL)
"""
INDEXES = """
CREATE UNIQUE INDEX orders_number ON orders (number);
CREATE INDEX orders_purchased ON orders (purchased_at, id);
CREATE INDEX orders_status ON orders (status, purchased_at, id);
CREATE INDEX orders_marketplace ON orders (marketplace, purchased_at, id);
CREATE INDEX order_items_order ON order_items (order_id)
"""
# A substring of a name, or of a number, by an index: SQLite has none that their statements could use.
TRIGRAMS = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX orders_name_trigrams ON orders USING gin (buyer_name gin_trgm_ops);
CREATE INDEX orders_number_trigrams ON orders USING gin (number gin_trgm_ops)
"""


def fill(place: Place, many: int, seed: int) -> float:
    """Create the copy unless it has as many orders already; return the seconds it took."""
    started = time.perf_counter()
    with closing(connect(place.peer_database("plain"))) as database:
        if database.count("orders") == many:
            return 0.0
        database.drop("order_items", "orders", "staff")
        database.run(TABLES.format(zone=" with time zone" if database.postgresql else ""))
        rows = made.orders(many, NOW, seed)
        numbers, lines = itertools.count(1), itertools.count(1)
        while chunk := [(next(numbers), order) for order in itertools.islice(rows, CHUNK)]:
            database.add("orders", (_order(id_, order) for id_, order in chunk))
            database.add("order_items", (item for id_, order in chunk for item in _items(lines, id_, order)))
        database.run(INDEXES + (";" + TRIGRAMS if database.postgresql else ""))
        database.analyze()
    return time.perf_counter() - started


def _order(id_: int, order: Any) -> tuple[Any, ...]:
    who = (order.number, order.buyer.name, order.buyer.email, order.status, order.fulfilled_by, order.marketplace_id)
    return (id_, *who, order.total.currency, order.total.minor, order.purchased_at, order.ship_by)


def _items(lines: Iterator[int], order_id: int, order: Any) -> Iterator[tuple[Any, ...]]:
    for item in order.items:
        what = (item.sku, item.asin, item.title, item.quantity, item.unit_price.minor, item.total.minor)
        yield (next(lines), order_id, *what)


def main() -> None:
    options = parser(__doc__).parse_args()
    with opened(options.folder, options.database) as place:
        print(f"Plain copy: {fill(place, options.orders, options.seed):.0f} s")


if __name__ == "__main__":
    main()
