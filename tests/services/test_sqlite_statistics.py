from sqlalchemy import text

from tests.support.factories import NOW, a_store, an_account, an_order
from webapp.services import sqlite_statistics
from webapp.services.accounts import stores
from webapp.services.sync.importing import import_page


def arrive(session, account, numbers):
    import_page.import_page(session, account.id, [an_order(n) for n in numbers], now=NOW, actor="test")
    session.commit()


def test_sqlite_statistics_are_updated_when_the_orders_have_doubled(session, monkeypatch):
    monkeypatch.setattr(sqlite_statistics, "_MIN_ORDERS", 4)
    account = an_account(session)
    arrive(session, account, range(1, 4))
    assert not sqlite_statistics.refresh(session)
    arrive(session, account, [4])
    assert sqlite_statistics.refresh(session)
    assert not sqlite_statistics.refresh(session)
    arrive(session, account, range(5, 8))
    assert not sqlite_statistics.refresh(session)
    arrive(session, account, [8])

    assert sqlite_statistics.refresh(session)

    counted = {
        index: int(stat.split()[0]) for index, stat in session.execute(text("SELECT idx, stat FROM sqlite_stat1"))
    }
    assert (counted["ix_amazon_orders_purchased"], counted["ix_orders_state_purchased"]) == (8, 8)
    assert counted["sqlite_autoindex_orders_1"] == 8


def test_orders_that_are_gone_do_not_count(session, monkeypatch):
    monkeypatch.setattr(sqlite_statistics, "_MIN_ORDERS", 2)
    account = an_account(session, ("DE", "FR"))
    arrive(session, account, range(1, 8))
    store = a_store(account)
    stores.delete_store(session, store, store.name, now=NOW, actor="test")
    later = [an_order(n, country="FR") for n in (8, 9)]
    import_page.import_page(session, account.id, later, now=NOW, actor="test")
    session.commit()

    assert sqlite_statistics.refresh(session)
    assert not sqlite_statistics.refresh(session)
