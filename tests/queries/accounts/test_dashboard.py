from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from tests.support.factories import NOW, a_store, an_account, an_item, an_order, shipped_fields
from webapp.core.extensions import db
from webapp.domain.common.local_days import last_days
from webapp.domain.common.money import Money
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.daily_sales import DailySales
from webapp.models.stores import Store
from webapp.queries.accounts import dashboard, stores
from webapp.services.accounts import daily_sales
from webapp.services.accounts import stores as service
from webapp.services.sync.importing import import_page, order_decisions

pytestmark = pytest.mark.both_databases


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that were sent to the database inside."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def store(session: Session) -> Store:
    return a_store(an_account(session))


def arrive(session: Session, store: Store, *orders) -> None:
    import_page.import_page(session, store.account_id, list(orders), now=NOW, actor="test")
    session.commit()


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_a_day_is_the_marketplaces_day(session, store):
    # Berlin's March 2 begins at 23:00 UTC on March 1.
    arrive(
        session,
        store,
        an_order(1, purchased_at=at(2026, 3, 1, 22, 59)),
        an_order(2, purchased_at=at(2026, 3, 1, 23, 0)),
        an_order(3, purchased_at=at(2026, 3, 2, 8, 0)),
    )

    sales = dashboard.load_sales(session, store, 7, NOW)

    assert [day for day, _ in sales.days] == [date(2026, 2, 24) + timedelta(days=n) for n in range(7)]
    assert [money.minor for _, money in sales.days] == [0, 0, 0, 0, 0, 2600, 5200]
    assert (sales.total, sales.today) == (Money(7800, "EUR"), 2)


def test_only_what_was_sold_counts_as_revenue(session, store):
    yen = an_item(5, currency="JPY")
    arrive(
        session,
        store,
        an_order(1),
        an_order(2, **shipped_fields(an_order(2))),
        an_order(3, "CANCELLED"),
        an_order(4, "PENDING", total=None),
        an_order(5, items=(yen,)),
        an_order(6, items=(an_item(6, quantity=0),), total=Money(500, "EUR")),
    )
    session.scalars(select(AmazonOrder).where(AmazonOrder.number.like("%6"))).one().blocked = "no_items"
    session.commit()

    sales = dashboard.load_sales(session, store, 7, NOW)

    assert sales.total == Money(5200, "EUR")
    assert sales.counts == {"UNSHIPPED": 3, "SHIPPED": 1, "CANCELLED": 1, "PENDING": 1}


def test_growth_is_against_as_long_a_time_before(session, store):
    arrive(
        session,
        store,
        an_order(1, purchased_at=NOW - timedelta(hours=1)),
        an_order(2, purchased_at=NOW - timedelta(days=3)),
        an_order(3, purchased_at=NOW - timedelta(days=7, minutes=1)),
        # Later on that day than it is now, so it is not compared with today.
        an_order(4, purchased_at=NOW - timedelta(days=7) + timedelta(minutes=1)),
        an_order(5, purchased_at=NOW - timedelta(days=13)),
        an_order(6, purchased_at=NOW - timedelta(days=20)),
    )

    sales = dashboard.load_sales(session, store, 7, NOW)

    assert (sales.total.minor, sales.before.minor) == (5200, 5200)
    assert sales.change == 0.0


def test_growth_from_nothing_is_no_number(session, store):
    arrive(session, store, an_order(1))

    assert dashboard.load_sales(session, store, 30, NOW).change is None


def test_a_day_without_its_hour_still_ends_at_midnight():
    days = last_days("Europe/Berlin", at(2026, 3, 30, 12), 3)

    assert [(day.ends - day.begins) / timedelta(hours=1) for day in days] == [24, 23, 24]
    assert [day.date.day for day in days] == [28, 29, 30]


def test_what_waits_counts_over_all_time_and_says_what_is_late(session, store):
    arrive(
        session,
        store,
        an_order(1, purchased_at=NOW - timedelta(days=29), ship_by=NOW - timedelta(minutes=1)),
        an_order(2, ship_by=NOW + timedelta(hours=23)),
        an_order(3, ship_by=NOW + timedelta(hours=25)),
        an_order(4, fulfilled_by="AMAZON", ship_by=NOW - timedelta(days=1)),
        an_order(5, "PENDING"),
        an_order(6, **shipped_fields(an_order(6))),
    )

    waiting = dashboard.count_waiting(session, store, NOW)

    assert waiting.counts == {"UNSHIPPED": 4, "PENDING": 1}
    assert (waiting.overdue, waiting.due_soon) == (1, 1)


def test_the_ten_newest_orders_come_with_our_number(session, store):
    arrive(session, store, *(an_order(n, purchased_at=NOW - timedelta(minutes=n)) for n in range(1, 13)))
    arrive(session, store, an_order(20, "PENDING", purchased_at=NOW))

    rows = dashboard.load_recent_orders(session, store)

    assert [row.AmazonOrder.number[-2:] for row in rows] == ["20", *(f"{n:02}" for n in range(1, 10))]
    assert rows[0].order_number is None
    assert all(row.order_number for row in rows[1:])


def test_the_mark_changes_with_an_order_and_with_a_sync(session, store):
    def mark():
        return dashboard.state_fingerprint(store, dashboard.load_recent_orders(session, store))

    arrive(session, store, an_order(1))
    first = mark()
    assert mark() == first
    arrive(session, store, an_order(1, "CANCELLED", updated=1))
    second = mark()
    store.last_synced_at = NOW
    assert len({first, second, mark()}) == 3


def test_the_stores_page_costs_three_queries_however_many_stores_there_are(session):
    account = an_account(session, ("DE", "GB", "FR", "SE", "PL"))
    import_page.import_page(session, account.id, [an_order(1), an_order(2, country="GB")], now=NOW, actor="test")
    session.commit()

    with counted() as sent:
        cards = stores.load_cards(session, NOW)
        assert [card.store.account.name for card in cards] == ["Desk"] * 5

    assert len(sent) == 3
    by_country = {card.store.marketplace.country_code: card.activity for card in cards}
    assert by_country["DE"] == by_country["GB"] == [0] * 29 + [1]
    assert by_country["FR"] == [0] * 30


@pytest.mark.parametrize(
    "reading", [dashboard.load_recent_orders, lambda session, store: dashboard.load_sales(session, store, 30, NOW)]
)
def test_a_dashboards_orders_are_one_range_of_one_index(session, store, reading):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by how much there is")
    session.refresh(store)
    with counted() as sent:
        reading(session, store)

    statement = sent[-1]
    assert len(sent) <= 2
    blanks = [None] * statement.count("?")
    plan = " ".join(
        row[-1] for row in session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + statement, tuple(blanks))
    )
    assert "SEARCH amazon_orders USING INDEX ix_amazon_orders_store_purchased" in plan


def test_what_waits_is_counted_among_what_waits_alone(session, store):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by how much there is")
    session.refresh(store)
    with counted() as sent:
        dashboard.count_waiting(session, store, NOW)

    (statement,) = sent
    blanks = (None,) * statement.count("?")
    plan = [row[-1] for row in session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + statement, blanks)]
    read = [line for line in plan if "amazon_orders" in line]
    assert len(read) == 9
    assert all(" USING COVERING INDEX ix_amazon_orders_waiting (store_id=? AND status=?" in line for line in read)


def test_the_sums_of_a_day_follow_whatever_becomes_of_its_orders(session, store):
    def kept():
        session.commit()
        rows = session.scalars(select(DailySales)).all()
        return sorted((row.store_id, row.day, row.status, row.orders, row.revenue) for row in rows)

    def counted_anew():
        session.execute(delete(DailySales))
        daily_sales.mark_dirty(session, session.execute(select(AmazonOrder.store_id, AmazonOrder.purchased_at)).all())
        return kept()

    arrive(session, store, *(an_order(n, purchased_at=NOW - timedelta(hours=9 * n)) for n in range(6)))
    assert sum(row[3] for row in kept()) == 6
    assert kept() == counted_anew()

    arrive(session, store, an_order(1, "CANCELLED", updated=1, purchased_at=NOW - timedelta(hours=9)))
    assert ("CANCELLED", 1, 0) in {row[2:] for row in kept()}
    assert kept() == counted_anew()

    arrive(session, store, an_order(2, updated=1, purchased_at=NOW - timedelta(days=3)))
    assert kept() == counted_anew()

    service.set_active(session, store, False, now=NOW, actor="test")
    arrive(session, store, an_order(7))
    before = kept()
    assert before == counted_anew()
    service.set_active(session, store, True, now=NOW, actor="test")
    order_decisions.retry_blocked(session, store.account_id, now=NOW, actor="test")
    assert kept() != before
    assert kept() == counted_anew()


def test_what_was_rolled_back_is_not_summed(session, store):
    import_page.import_page(session, store.account_id, [an_order(1)], now=NOW, actor="test")
    session.rollback()
    session.commit()

    assert session.scalars(select(DailySales)).all() == []


def test_a_new_day_is_begun_without_looking_for_its_orders(session, store):
    with counted() as sent:
        arrive(session, store, an_order(1), an_order(2, purchased_at=NOW - timedelta(days=3)))

    assert not any("spans" in statement for statement in sent)
    assert sorted(session.scalars(select(DailySales.orders)).all()) == [1, 1]


def test_a_store_takes_its_sums_along(session, store):
    arrive(session, store, an_order(1))
    service.delete_store(session, store, store.name, now=NOW, actor="test")

    assert session.scalars(select(DailySales)).all() == []
