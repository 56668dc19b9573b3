"""What pages are looked at with: an account, what has arrived for it, and the day it is."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.support.factories import NOW, a_store, an_account, an_item, an_order, shipped_fields
from tests.support.order_processing import create_orders
from tests.support.stock import a_product
from webapp.domain.amazon.types import AmazonOrder
from webapp.models.accounts import Account
from webapp.models.orders import Order
from webapp.models.stores import Store
from webapp.services.sync.importing import import_page


@pytest.fixture
def account(session: Session) -> Account:
    """Of one who sells in Germany, Great Britain and France."""
    account = an_account(session, ("DE", "GB", "FR"))
    session.commit()
    return account


@pytest.fixture
def store(session: Session) -> Store:
    """The only one of an account."""
    store = a_store(an_account(session))
    session.commit()
    return store


@pytest.fixture
def monday() -> Iterator[time_machine.Traveller]:
    """The factories' orders are of this morning."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def post(session: Session) -> Callable[..., TestResponse]:
    """Post as this person, after the test's transaction has ended: SQLite has one writer at a time."""

    def post(person: FlaskClient, url: str, **options: Any) -> TestResponse:
        session.commit()
        return person.post(url, **options)

    return post


@pytest.fixture
def import_orders(session: Session, account: Account) -> Callable[..., str]:
    """Lets orders arrive from Amazon; answers the number of the first."""

    def import_orders(*orders: AmazonOrder, minutes: int = 0) -> str:
        now = NOW + timedelta(minutes=minutes)
        import_page.import_page(session, account.id, orders, now=now, actor="amazon")
        session.commit()
        return orders[0].number

    return import_orders


@pytest.fixture
def order(session: Session, import_orders: Callable[..., str]) -> Order:
    """Number 100001: two pieces at 26.00, invoiced at import."""
    import_orders(an_order(1))
    order = session.scalars(select(Order)).one()
    session.commit()
    return order


@pytest.fixture
def lines(session: Session, order: Order) -> list[int]:
    """The ids of the order's lines."""
    ids = [item.id for item in order.items]
    session.rollback()
    return ids


@pytest.fixture
def orders(session: Session) -> dict[str, int]:
    """The ids, by their numbers, of three Orders that are processing, the newest first, and an older one complete."""
    an_account(session, ("DE", "GB"))
    found = create_orders(
        session,
        *(an_order(n, purchased_at=NOW - timedelta(hours=n)) for n in range(1, 4)),
        an_order(4, purchased_at=NOW - timedelta(hours=4), **shipped_fields(an_order(4))),
    )
    numbers = {order.number: order.id for order in found}
    session.commit()
    return numbers


@pytest.fixture
def shop(session: Session, account: Account) -> None:
    """A mug that sells well, one oversold, one an order made, and one that is disabled."""
    a_product(session, "MUG-1", 40)
    a_product(session, "MUG-2", 1)
    a_product(session, "MUG-4", None, enabled=False)
    create_orders(
        session, an_order(1, items=(an_item(1, 2, sku="MUG-2"), an_item(2, 1, sku="MUG-3", title="Mug ümlaut")))
    )
    session.rollback()
