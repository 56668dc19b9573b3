"""Content of invoices."""

from webapp.models.documents import Invoice
from webapp.models.orders import Order
from webapp.printing import common as document_parts
from webapp.printing import localised_text
from webapp.printing.content import Content, Total


def content(invoice: Invoice, order: Order) -> Content:
    say = localised_text.of_store(order.store, order.currency)
    facts = [
        (say("Invoice number"), invoice.number),
        (say("Invoice date"), say.day(invoice.created_at)),
        *document_parts.facts(order, say),
        *document_parts.tax_number(order, say),
    ]
    if buyer := document_parts.ordered_by(order):
        facts.append((say("Ordered by"), buyer))
    return Content(
        title=say("Invoice"),
        number=invoice.number,
        written_at=invoice.created_at,
        words=say,
        sender=document_parts.sender(order.store),
        recipient=document_parts.recipient(order, say),
        facts=tuple(facts),
        sections=(document_parts.lines(order, invoice.items, say),),
        totals=(*document_parts.totals(invoice, say), Total(say("Grand total"), say.money(invoice.total), grand=True)),
        notes=(say("Paid through Amazon. Nothing is left to pay."),),
        footer=order.store.documents_footer,
        letter=document_parts.letter(order.store),
    )
