"""What stands on an invoice."""

from webapp.models.invoices import Invoice
from webapp.models.orders import Order
from webapp.printing import parts, words
from webapp.printing.content import Content, Total


def content(invoice: Invoice, order: Order) -> Content:
    say = words.of_store(order.store, order.currency)
    facts = [
        (say("Invoice number"), invoice.number),
        (say("Invoice date"), say.day(invoice.created_at)),
        *parts.facts(order, say),
        *parts.tax_number(order, say),
    ]
    if buyer := parts.ordered_by(order):
        facts.append((say("Ordered by"), buyer))
    return Content(
        title=say("Invoice"),
        number=invoice.number,
        written_at=invoice.created_at,
        words=say,
        sender=parts.sender(order.store),
        recipient=parts.recipient(order, say),
        facts=tuple(facts),
        sections=(parts.lines(order, invoice.items, say),),
        totals=(*parts.totals(invoice, say), Total(say("Grand total"), say.money(invoice.total), grand=True)),
        notes=(say("Paid through Amazon. Nothing is left to pay."),),
        footer=order.store.documents_footer,
        letter=parts.letter(order.store),
    )
