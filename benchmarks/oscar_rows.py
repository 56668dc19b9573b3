"""Write the same orders into django-oscar's own tables: order, lines, address, customer."""

import itertools
import time
from contextlib import closing
from typing import Any

from benchmarks import orders as made
from benchmarks.bulk import connect
from benchmarks.fill import NOW
from benchmarks.places import Place

CHUNK = 20_000
# Customers come after whoever signs in.
FIRST_CUSTOMER = 1_000
COUNTRIES = "iso_3166_1_a2, iso_3166_1_a3, iso_3166_1_numeric, printable_name, display_order, is_shipping_country, name"
USERS = (
    "id, password, last_login, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name"
)
ADDRESSES = (
    "id, title, first_name, last_name, line1, line2, line3, line4, state, postcode, search_text, "
    "phone_number, notes, country_id, code"
)
ORDERS = (
    "id, number, currency, total_incl_tax, total_excl_tax, shipping_incl_tax, shipping_excl_tax, "
    "shipping_method, shipping_code, status, guest_email, date_placed, shipping_address_id, user_id, "
    "analytics_tracked"
)
LINES = (
    "id, partner_name, partner_sku, partner_line_reference, partner_line_notes, title, upc, quantity, "
    "line_price_incl_tax, line_price_excl_tax, line_price_before_discounts_incl_tax, "
    "line_price_before_discounts_excl_tax, unit_price_incl_tax, unit_price_excl_tax, status, order_id, "
    "tax_code, allocation_cancelled, num_allocated"
)
INDEXES = "CREATE INDEX IF NOT EXISTS order_status_placed ON order_order (status, date_placed)"
# What its search by name asks for: the beginning of a name, in any case.
NAMES = """
CREATE INDEX IF NOT EXISTS user_first_name ON auth_user (upper(first_name) text_pattern_ops);
CREATE INDEX IF NOT EXISTS user_last_name ON auth_user (upper(last_name) text_pattern_ops)
"""


def fill(place: Place, many: int, seed: int) -> float:
    """Fill its tables unless they have as many orders; answers the seconds it took."""
    started = time.perf_counter()
    with closing(connect(place.peer_database("oscar"))) as database:
        if database.count("order_order") == many:
            return 0.0
        for table in ("order_line", "order_order", "order_shippingaddress"):
            database.run(f"DELETE FROM {table}")
        database.run(f"DELETE FROM auth_user WHERE id >= {FIRST_CUSTOMER}; DELETE FROM address_country")
        yes_no = bool if database.postgresql else int
        countries = [(c, c, "", c, 0, yes_no(1), c) for c in made.COUNTRIES]
        database.add("address_country", countries, COUNTRIES)
        rows, numbers, lines = made.orders(many, NOW, seed), itertools.count(1), itertools.count(1)
        while chunk := [(next(numbers), order) for order in itertools.islice(rows, CHUNK)]:
            database.add("auth_user", (_user(id_, order, yes_no) for id_, order in chunk), USERS)
            database.add("order_shippingaddress", (_address(id_, order) for id_, order in chunk), ADDRESSES)
            database.add("order_order", (_order(id_, order, yes_no) for id_, order in chunk), ORDERS)
            items = ((next(lines), id_, item) for id_, order in chunk for item in order.items)
            database.add("order_line", (_line(*item, yes_no) for item in items), LINES)
        database.run(INDEXES + (";" + NAMES if database.postgresql else ""))
        database.analyze()
    return time.perf_counter() - started


def _user(id_: int, order: Any, yes_no: Any) -> tuple[Any, ...]:
    first, last = order.buyer.name.split(" ", 1)
    customer = FIRST_CUSTOMER + id_
    return (
        *(customer, "!", None, yes_no(0), f"customer-{id_}", last, order.buyer.email, yes_no(0), yes_no(1)),
        *(order.purchased_at, first),
    )


def _address(id_: int, order: Any) -> tuple[Any, ...]:
    to = order.recipient
    first, last = to.name.split(" ", 1)
    words = f"{to.name} {to.line1} {to.city} {to.postal_code}"
    where = (to.line1, "", "", to.city, "", to.postal_code, words, to.phone.replace(" ", ""), "", to.country_code)
    return (id_, "", first, last, *where, None)


def _order(id_: int, order: Any, yes_no: Any) -> tuple[Any, ...]:
    total = f"{order.total.minor / 100:.2f}"
    return (
        *(id_, order.number, order.total.currency, total, total, "0.00", "0.00", "Standard", "standard"),
        *(order.status, "", order.purchased_at, id_, FIRST_CUSTOMER + id_, yes_no(0)),
    )


def _line(id_: int, order_id: int, item: Any, yes_no: Any) -> tuple[Any, ...]:
    total, price = f"{item.total.minor / 100:.2f}", f"{item.unit_price.minor / 100:.2f}"
    return (
        *(id_, "", item.sku, "", "", item.title, item.asin, item.quantity, total, total, total, total),
        *(price, price, "", order_id, "", yes_no(0), 0),
    )
