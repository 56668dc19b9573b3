"""Details of programmes and regulations are stored with the order, and kept while Amazon refuses their dataset."""

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.factories import NOW, an_account, an_item, an_order
from webapp.domain.amazon.order_details import ItemDetails, OrderDetails, load, load_items
from webapp.models.amazon_orders import AmazonOrder
from webapp.services.sync.importing.import_page import import_page

pytestmark = pytest.mark.both_databases

ITEM = an_item(details=ItemDetails(constraints=("signatureConfirmation",), ioss_number="IM1", tax_schemes=("IOSS",)))


def test_details_are_stored_and_marked(session: Session) -> None:
    account = an_account(session)
    orders = [an_order(1, items=(ITEM,), details=OrderDetails(invoice_preference="BUSINESS")), an_order(2)]
    import_page(session, account.id, orders, now=NOW, actor="test")
    session.commit()
    first, second = session.scalars(select(AmazonOrder).order_by(AmazonOrder.number))
    assert load(first.details).invoice_preference == "BUSINESS"
    assert load_items(first.details)[ITEM.order_item_id].ioss_number == "IM1"
    assert (first.handling, second.handling, second.details) == (" signature ", None, None)


def test_details_of_a_refused_dataset_stay_and_others_follow_amazon(session: Session) -> None:
    account = an_account(session)
    import_page(session, account.id, [an_order(1, items=(ITEM,))], now=NOW, actor="test")
    changed = an_order(
        1, updated=5, items=(replace(ITEM, details=ItemDetails(ioss_number="IM2")),), missing=frozenset({"TAX"})
    )
    import_page(session, account.id, [changed], now=NOW, actor="test")
    session.commit()
    row = session.scalars(select(AmazonOrder)).one()
    assert load_items(row.details)[ITEM.order_item_id] == ItemDetails(ioss_number="IM2", tax_schemes=("IOSS",))
    assert row.handling is None


def test_the_delivery_hours_of_an_address_stay_as_long_as_the_address(session: Session) -> None:
    account = an_account(session)
    details = OrderDetails(delivery_hours=("MON 09:00-17:00",), address_type="PICKUP_POINT")
    import_page(session, account.id, [an_order(1, details=details)], now=NOW, actor="test")
    import_page(session, account.id, [an_order(1, updated=5, recipient=None)], now=NOW, actor="test")
    session.commit()
    row = session.scalars(select(AmazonOrder)).one()
    assert load(row.details) == details
    assert row.recipient is not None
