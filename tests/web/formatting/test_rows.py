"""The rows of each list have a cell for each column one can choose, and hide names from who may not see them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from markupsafe import Markup

from webapp.domain.common.marketplaces import BY_COUNTRY
from webapp.views.listing import registry as list_registry


@dataclass(frozen=True)
class Shop:
    name: str = "<Laden>"
    import_orders: bool = True
    marketplace: Any = BY_COUNTRY["DE"]


class Row:
    """A row that says little: whatever it is not asked for here is not there."""

    id = 7
    store_id = 1
    number = "303-1234567-1234567"
    order_number = amazon_number = "100<001"
    state = status = amazon_status = memo_state = "<odd>"
    fulfilled_by = "MERCHANT"
    quantity = orders = 3
    label_type = carrier = rma = "<odd>"
    name = bill_to_name = ship_to_name = buyer_name = "Ada <Byron>"
    total, currency = 123450, "EUR"
    created_at = ship_by = requested_at = datetime(2025, 7, 1, 12, 0, 30, tzinfo=UTC)

    def __iter__(self) -> Iterator[Any]:
        return iter((self.id, self.number))

    def __getattr__(self, name: str) -> None:
        return None


def drawn(app: Flask, listing: str, *columns: str) -> Markup:
    folder = list_registry.LISTINGS[listing].folder
    rows = app.jinja_env.get_template(f"{folder}/_rows.html").module.rows
    with app.test_request_context(headers={"Accept-Language": "en"}):
        found: Markup = rows([Row()], columns, {1: Shop()}, listing)
        return found


def cells_of(row: str) -> list[str]:
    return re.findall(r"<td.*?</td>", row, re.DOTALL)


def test_every_column_has_its_cell(app: Flask) -> None:
    for name, listing in list_registry.LISTINGS.items():
        for column in listing.headings:
            row = drawn(app, name, column)
            assert row.count("<td") == row.count("</td>") == 1, (name, column)
            assert [text for text in ("<odd", "<Laden", "<001", "<Byron", "Ada") if text in row] == [], (name, column)


def test_cells_stand_in_the_order_of_the_columns(app: Flask) -> None:
    for listing in list_registry.LISTINGS:
        columns = list(list_registry.LISTINGS[listing].headings)
        cells = [cell for column in columns for cell in cells_of(drawn(app, listing, column))]
        assert cells_of(drawn(app, listing, *columns)) == cells, listing
        assert cells_of(drawn(app, listing, *reversed(columns))) == cells[::-1], listing


def test_an_odd_number_leads_to_the_address_the_desk_gives_it(app: Flask) -> None:
    assert 'href="/orders/100%3C001">100&lt;001<' in drawn(app, "invoices", "order")
    assert 'href="/orders/100%3C001">303-1234567-1234567<' in drawn(app, "amazon_orders", "number")
    assert '<a href="/orders/303-1234567-1234567">303-1234567-1234567</a>' in drawn(app, "orders", "id")
