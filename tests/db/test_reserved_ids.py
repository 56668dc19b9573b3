"""An id that was given once names nothing else ever after, on either database."""

import pytest
from sqlalchemy import delete, func, select

from tests.support.factories import NOW, a_store, an_account, an_order
from webapp.db.bulk_write import allocate_ids, insert_many
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.bulk_actions import BulkAction
from webapp.models.customers import Customer
from webapp.models.documents import Invoice
from webapp.models.orders import Order
from webapp.models.sync_runs import SyncRun
from webapp.services.accounts import stores
from webapp.services.bulk import runner as bulk_runner
from webapp.services.sync.importing import import_page

pytestmark = pytest.mark.both_databases

BY = {"now": NOW, "actor": "user:1"}


def last_ids(session):
    return {model: session.scalar(select(func.max(model.id))) for model in (AmazonOrder, Order, Invoice, Customer)}


def test_a_store_that_is_deleted_leaves_its_ids_to_nobody(session):
    account = an_account(session, ("DE", "FR"))
    a_store(account).customer_creation = "account"
    session.commit()
    gone, later = an_order(1, country="DE"), an_order(2, country="FR")
    import_page.import_page(session, account.id, [gone], **BY)
    session.commit()
    before = last_ids(session)
    action = bulk_runner.create_draft(session, "hold", [before[Order]], **BY).id

    store = a_store(account)
    stores.delete_store(session, store, store.name, **BY)
    import_page.import_page(session, account.id, [later], **BY)
    session.commit()
    bulk_runner.begin(session, action, {"reason": "of the other"}, **BY)
    bulk_runner.process_rows(session, action, lambda: NOW)

    after = last_ids(session)
    assert all(after[model] is None or after[model] > before[model] for model in before)
    assert after[Order] is not None
    assert session.scalars(select(Order.state)).all() == ["processing"]
    assert session.get_one(BulkAction, action).failed == 1


def test_ids_are_reserved_behind_the_last_that_was_given(session):
    given = allocate_ids(session, SyncRun, 3)
    account = an_account(session)
    run = {"account_id": account.id, "actor": "test", "started_at": NOW, "updated_after": NOW}
    insert_many(session, SyncRun, [run | {"id": id_} for id_ in given])
    session.execute(delete(SyncRun).where(SyncRun.id > given[0]))

    assert min(allocate_ids(session, SyncRun, 2)) > max(given)
