"""Reading products asks the index that answers, however many products there are."""

import pytest
from sqlalchemy import event

from tests.support.factories import NOW, an_account
from webapp.core.extensions import db
from webapp.queries.accounts import alerts
from webapp.queries.products import products

pytestmark = pytest.mark.only_sqlite


def test_what_needs_attention_is_counted_in_its_own_index(session):
    account = an_account(session)
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2:4]))
    alerts.load_alerts(session, account.stores, NOW)
    products.count_problems(session)

    plans = [
        row[3]
        for statement, values in list(asked)
        if statement.startswith("SELECT")
        for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    ]

    assert "SEARCH amazon_orders USING INDEX ix_amazon_orders_blocked_store (store_id=? AND blocked>?)" in plans
    assert sorted(row for row in plans if "products" in row) == [
        "SCAN products USING INDEX ix_products_flagged",
        "SCAN products USING INDEX ix_products_flagged",
        "SCAN products USING INDEX ix_products_oversold",
        "SCAN products USING INDEX ix_products_oversold",
    ]
