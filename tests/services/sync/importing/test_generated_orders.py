"""Generated orders: what Amazon's model allows is never quarantined, and nothing raises an exception.

`GENERATED_ORDERS` and `HOSTILE_ORDERS` set how many are imported; the suite imports few.
"""

import os
import random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.support.amazon_models import check, needs_models
from tests.support.factories import NOW, an_account
from tests.support.generated_orders import damage_order, generate_order
from webapp.amazon.order_schema import lazy_orders
from webapp.domain.common.batches import batched
from webapp.models.amazon_orders import AmazonOrder, QuarantinedOrder
from webapp.services.sync.importing.import_page import import_page

MODEL_TRUE = int(os.environ.get("GENERATED_ORDERS", "150"))
DAMAGED = int(os.environ.get("HOSTILE_ORDERS", "150"))


@needs_models
def test_no_order_that_the_model_allows_is_quarantined(session: Session) -> None:
    account, rng = an_account(session), random.Random(1)
    for serials in batched(list(range(MODEL_TRUE)), 100):
        bodies = [generate_order(rng, serial) for serial in serials]
        check({"orders": bodies[:1]}, "orders_2026-01-01", "SearchOrdersResponse")
        counts = import_page(session, account.id, lazy_orders(bodies), now=NOW, actor="test")
        session.commit()
        assert counts.quarantined == 0, session.scalars(select(QuarantinedOrder.cause)).all()[:5]
    assert session.scalar(select(func.count()).select_from(AmazonOrder)) == MODEL_TRUE


@needs_models
def test_no_hostile_order_raises_an_exception(session: Session) -> None:
    account, rng = an_account(session), random.Random(2)
    received = 0
    for serials in batched(list(range(DAMAGED)), 100):
        bodies = [damage_order(rng, generate_order(rng, serial)) for serial in serials]
        counts = import_page(session, account.id, lazy_orders(bodies), now=NOW, actor="test")
        session.commit()
        received += counts.received
    assert received == DAMAGED
