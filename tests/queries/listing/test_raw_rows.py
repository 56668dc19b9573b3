"""Rows that come as they are stored, and say the same as those that come opened."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.support.factories import NOW, an_account, an_order
from webapp.db.encryption import FieldCipher
from webapp.domain.amazon.types import Buyer
from webapp.queries.accounts import stores
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing.fetch import Grid, Page, parse_page_request
from webapp.queries.listing.raw_rows import RawRows
from webapp.queries.orders import orders
from webapp.queries.sync import amazon_orders
from webapp.services.sync import import_page

GRIDS = {"orders": orders.grid, "amazon_orders": amazon_orders.grid}


@pytest.fixture
def three(session: Session) -> None:
    account = an_account(session)
    many = [an_order(n, buyer=Buyer(name=f"Buyer {n}")) for n in (1, 2, 3)]
    import_page.import_page(session, account.id, many, now=NOW, actor="test")
    session.commit()


def page(session: Session, grid: Grid, **arguments: str) -> Page:
    return grid_fetch.fetch_page(session, grid, parse_page_request(grid, arguments), {})


@pytest.mark.both_databases
@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("sort", ["-purchased", "ship_by", "total"])
def test_a_sealed_row_opens_to_what_the_other_says(session: Session, three: None, name: str, sort: str) -> None:
    every = GRIDS[name](stores.by_name(session))
    grid = every.choose([column.name for column in every.columns])
    sealed, plain = page(session, grid, sort=sort), page(session, replace(grid, sealed=False), sort=sort)

    assert isinstance(sealed.rows, RawRows)
    assert [row._asdict() for row in sealed.rows] == [row._asdict() for row in plain.rows]
    assert [list(map(type, row)) for row in sealed.rows] == [list(map(type, row)) for row in plain.rows]
    assert len(sealed.rows) == 3
    assert list(sealed.rows[1:]) == [sealed.rows[1], sealed.rows[2]]
    # So that what was made of it can be kept by it, whatever the driver would make of JSON.
    assert len({tuple(row) for row in sealed.rows.stored}) == 3


def test_no_name_is_opened_before_somebody_looks(
    session: Session, three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[bytes] = []
    unseal = FieldCipher.unseal

    def looking(self: FieldCipher, sealed: bytes) -> Any:
        opened.append(sealed)
        return unseal(self, sealed)

    grid = amazon_orders.grid(stores.by_name(session)).choose(["number", "buyer"])
    monkeypatch.setattr(FieldCipher, "unseal", looking)

    # Two of them are opened for where the page begins and ends.
    rows = page(session, grid).rows
    assert all("Buyer" not in str(value) for row in rows.stored for value in row)
    opened.clear()

    assert rows[0].buyer_name == "Buyer 3"
    assert len(opened) == 1
