"""Create invoices of orders or parts of them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.db import number_sequences
from webapp.domain.common.money import Money
from webapp.domain.invoicing import drafts
from webapp.models.documents import Invoice, InvoiceItem
from webapp.models.orders import Order
from webapp.services import audit_log
from webapp.services.mail import outbox as mail_outbox
from webapp.services.orders import comments
from webapp.services.orders import editing as order_editing
from webapp.services.submissions import vat_invoices


def create(
    session: Session,
    order_id: int,
    quantities: Mapping[int, int] | None = None,
    *,
    comment: str = "",
    notify: bool = False,
    append: bool = True,
    expected_version: int | None = None,
    now: datetime,
    actor: str,
) -> Invoice:
    """Create an invoice of `quantities` (by id of the order's line), or of all remaining items. Commits.

    `notify`: send it to the customer by e-mail, including the comment if `append`. Raises InvalidError for invalid
    quantities, RefusedError if the order cannot be invoiced; nothing is changed then.
    """
    with order_editing.edit_order(session, order_id, "invoice", expected_version=expected_version) as order:
        invoice = add_invoice(session, order, quantities, now=now, actor=actor)
        written_comment = comments.add_comment(
            session, order, comment, notify=notify and append, now=now, actor=actor, invoice_id=invoice.id
        )
        if notify:
            mail_outbox.queue_document(
                session, "invoice", order, invoice.id, comment=written_comment if append else None, now=now, actor=actor
            )
        order_editing.recompute(session, order, now=now, actor=actor)
        vat_invoices.queue_due(session, [order.amazon_order_id], now=now, actor=actor)
    return invoice


def add_invoice(
    session: Session, order: Order, quantities: Mapping[int, int] | None = None, *, now: datetime, actor: str
) -> Invoice:
    """Add the invoice and update the order's lines, but not its state. Does not commit.

    Raises InvalidError and RefusedError like `create`.
    """
    draft = drafts.build_invoice(order.items, order.total, quantities)
    number = str(number_sequences.next_numbers(session, "invoice")[0])
    invoice = Invoice(number=number, order_id=order.id, created_at=now, **draft.amounts())
    lines = {item.id: item for item in order.items}
    for part in draft.parts:
        lines[part.line_id].invoiced += part.quantity
        invoice.items.append(InvoiceItem(order_item_id=part.line_id, quantity=part.quantity, **part.amounts()))
    order.total_invoiced += draft.total
    session.add(invoice)
    session.flush()
    total = Money(draft.total, order.currency)
    event_args = {"number": number, "amount": total.amount, "currency": order.currency}
    audit_log.record_on_order(session, "order_invoiced", order, now=now, actor=actor, **event_args)
    return invoice
