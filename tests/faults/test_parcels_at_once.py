"""Parcels that several people change at the same moment."""

from collections import Counter
from threading import Barrier

import pytest
from sqlalchemy import select

from tests.faults.test_writers import WRITERS, import_orders
from tests.support.factories import NOW, an_account, an_order
from webapp.domain.shipping.parcels import Parcel
from webapp.models.orders import Order
from webapp.models.shipments import Parcel as ParcelRow
from webapp.services.shipping import parcels, shipments

pytestmark = pytest.mark.both_databases


@pytest.fixture
def account(session):
    return an_account(session)


def test_a_parcel_removed_in_two_tabs_frees_its_units_once(session, account, run_concurrently):
    import_orders(session, account, an_order(1))
    order = session.scalars(select(Order)).one()
    (line,) = order.items
    for number in ("JJD01460000A1", "JJD01460000B1"):
        packed = [Parcel({line.id: 1}, "DHL", "", number)]
        shipment = shipments.create(session, order.id, packed, undo_seconds=30, now=NOW, actor="test")
    parcel_id = shipment.parcels[0].id
    session.commit()
    both_have_it = Barrier(2)

    def work(session):
        # As a page does that shows it before it asks; one of SQLite's two waits until the other is done.
        parcel_row = session.get(ParcelRow, parcel_id)
        if parcel_row is not None and session.get_bind().dialect.name == "postgresql":
            assert [item.quantity for item in parcel_row.items] == [1]
            both_have_it.wait(120)
        return parcels.delete(session, parcel_id, now=NOW, actor="test")

    results = run_concurrently(work, work)

    assert sorted(getattr(one, "code", "done") for one in results) == ["done", "parcel_unknown"]
    session.expire_all()
    assert (line.ordered, line.shipped, order.state) == (2, 1, "processing")


def test_a_tracking_number_is_given_to_one_parcel_of_several_accounts(session, run_concurrently):
    parcel_ids = []
    for n in range(WRITERS):
        account = an_account(session, name=f"Desk {n}", seller_id=f"A{n}SELLER")
        (amazon_order_id,) = import_orders(session, account, an_order(n))
        order = session.scalars(select(Order).where(Order.amazon_order_id == amazon_order_id)).one()
        packed = [Parcel(None, "DHL", "", f"JJD01460000A{n}")]
        shipment = shipments.create(session, order.id, packed, undo_seconds=0, now=NOW, actor="test")
        parcel_ids.append(shipment.parcels[0].id)
    session.commit()

    def work(parcel_id):
        def corrected(session):
            about = {"carrier": "DHL", "title": "", "tracking_number": "JJD01460000X1", "undo_seconds": 0}
            return parcels.edit(session, parcel_id, **about, now=NOW, actor="test").kind

        return corrected

    results = run_concurrently(*(work(parcel_id) for parcel_id in parcel_ids))

    assert Counter(getattr(one, "code", one) for one in results) == {"shipment": 1, "tracking_shared": 7}
    assert len(session.scalars(select(ParcelRow).where(ParcelRow.tracking_number == "JJD01460000X1")).all()) == 1
