"""Create orders to be processed, and assert that a refused step changed nothing."""

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.support.factories import NOW, a_store, an_account, an_item, an_order, shipped_fields
from webapp.core.extensions import db
from webapp.db.base import Base
from webapp.db.engine import read_only
from webapp.domain.amazon.types import AmazonOrder
from webapp.domain.errors import AppError
from webapp.models.audit_log import Event
from webapp.models.documents import CreditMemo, CreditMemoItem, Invoice, InvoiceItem
from webapp.models.orders import Order
from webapp.services.sync.importing.import_page import import_page

AUDIT_ARGS = {"now": NOW, "actor": "user:1"}


def create_orders(session: Session, *amazon_orders: AmazonOrder) -> list[Order]:
    """Import Amazon orders and return all orders by id."""
    import_page(session, 1, amazon_orders, now=NOW, actor="test")
    session.commit()
    return list(session.scalars(select(Order).order_by(Order.id)))


def create_processing_order(session: Session, *, invoiced: bool = True, **more: Any) -> Order:
    """Create an order of two units for 26.00 and one for 16.00: 10.00 each, 3.00 shipping, 4.00 tax, 1.00 off."""
    account = an_account(session)
    a_store(account).auto_invoice = invoiced
    session.commit()
    items = (an_item(1, quantity=2), an_item(2, quantity=1))
    return create_orders(session, an_order(**{"items": items} | more))[0]


def set_vat_rate(session: Session, order: Order, percent: int = 19) -> None:
    """Give the items of an order and of its documents exactly this rate, and commit. The totals stay as they are."""
    invoice_items = select(InvoiceItem).join(Invoice, Invoice.id == InvoiceItem.invoice_id)
    memo_items = select(CreditMemoItem).join(CreditMemo, CreditMemo.id == CreditMemoItem.credit_memo_id)
    for item in (
        *order.items,
        *session.scalars(invoice_items.where(Invoice.order_id == order.id)),
        *session.scalars(memo_items.where(CreditMemo.order_id == order.id)),
    ):
        net = item.total - item.tax
        item.tax = round(net * percent / 100)
        item.total = net + item.tax
    session.commit()


def create_seven_orders(session: Session) -> list[Order]:
    """Create six orders that are processing and one that is complete, none of them invoiced."""
    account = an_account(session)
    a_store(account).auto_invoice = False
    session.commit()
    return create_orders(session, *(an_order(n) for n in range(1, 7)), an_order(7, **shipped_fields(an_order(7))))


def line_quantities(order: Order) -> list[tuple[int, int, int, int]]:
    """(invoiced, shipped, refunded, canceled) of each line."""
    return [(item.invoiced, item.shipped, item.refunded, item.canceled) for item in order.items]


def event_kinds(session: Session, order: Order) -> list[str]:
    """Return the event kinds of an order, without its creation and its shipment confirmations."""
    kinds = session.scalars(select(Event.kind).where(Event.order_id == order.id).order_by(Event.id)).all()
    creation = {"order_created", "order_invoiced_at_import"}
    return [kind for kind in kinds if kind not in creation and not kind.startswith("shipment_")]


def dump_tables() -> dict[str, list[tuple[Any, ...]]]:
    """Return every committed row of every table."""
    with read_only(), db.engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {name} ORDER BY 1"))]
            for name in Base.metadata.tables
        }


def expect_refusal(step: Callable[[], Any]) -> tuple[str, dict[str, Any]]:
    """Return code and arguments of the expected error, after which every table is unchanged."""
    before = dump_tables()
    try:
        step()
    except AppError as error:
        assert dump_tables() == before
        return error.code, error.arguments
    raise AssertionError("The step was not refused.")


def run_concurrently(app: Any, *steps: Callable[[Session], Any]) -> list[str]:
    """Run the steps at the same time, each in its own session. Return "done" or the error code of each, sorted."""
    outcomes = [""] * len(steps)
    start = threading.Barrier(len(steps))

    def run(index: int, step: Callable[[Session], Any]) -> None:
        with app.app_context(), Session(db.engine) as session:
            start.wait(120)
            try:
                step(session)
                outcomes[index] = "done"
            except AppError as error:
                outcomes[index] = error.code

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return sorted(outcomes)
