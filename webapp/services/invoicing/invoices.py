"""Billing an Order, or part of it."""

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
    seen: int | None = None,
    now: datetime,
    actor: str,
) -> Invoice:
    """Write an invoice of these pieces (by id of the Order's line), or of all that is left. Commits.

    `notify`: the customer gets it by e-mail, with the comment in it where `append` says so.
    Raises InvalidError for what cannot be taken, RefusedError where the Order cannot be invoiced; nothing is changed
    then.
    """
    with order_editing.edit_order(session, order_id, "invoice", seen=seen) as order:
        invoice = write(session, order, quantities, now=now, actor=actor)
        said = comments.write(
            session, order, comment, notify=notify and append, now=now, actor=actor, invoice_id=invoice.id
        )
        if notify:
            mail_outbox.queue_document(
                session, "invoice", order, invoice.id, comment=said if append else None, now=now, actor=actor
            )
        order_editing.recompute(session, order, now=now, actor=actor)
        vat_invoices.follow(session, [order.amazon_order_id], now=now, actor=actor)
    return invoice


def write(
    session: Session, order: Order, quantities: Mapping[int, int] | None = None, *, now: datetime, actor: str
) -> Invoice:
    """Write the invoice and what it changes on the Order's lines, but not the Order's state. Does not commit.

    Raises InvalidError and RefusedError as `create` does.
    """
    draft = drafts.invoice(order.items, order.total, quantities)
    number = str(number_sequences.next_numbers(session, "invoice")[0])
    invoice = Invoice(number=number, order_id=order.id, created_at=now, **draft.amounts())
    lines = {item.id: item for item in order.items}
    for part in draft.parts:
        lines[part.line_id].invoiced += part.quantity
        invoice.items.append(InvoiceItem(order_item_id=part.line_id, quantity=part.quantity, **part.amounts()))
    order.total_invoiced += draft.total
    session.add(invoice)
    session.flush()
    worth = Money(draft.total, order.currency)
    about = {"number": number, "amount": worth.amount, "currency": order.currency}
    audit_log.record_on_order(session, "order_invoiced", order, now=now, actor=actor, **about)
    return invoice
