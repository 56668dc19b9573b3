"""Build the content of invoices."""

from webapp.models.documents import Invoice
from webapp.models.orders import Order
from webapp.printing import document_parts, localised_text
from webapp.printing.content import DocumentContent, Total


def build_invoice(invoice: Invoice, order: Order) -> DocumentContent:
    say = localised_text.build_store_locale(order.store, order.currency)
    facts = [
        (say("Invoice number"), invoice.number),
        (say("Invoice date"), say.day(invoice.created_at)),
        *document_parts.list_order_details(order, say),
        *document_parts.list_tax_number(order, say),
    ]
    if buyer := document_parts.find_other_buyer(order):
        facts.append((say("Ordered by"), buyer))
    return DocumentContent(
        title=say("Invoice"),
        number=invoice.number,
        written_at=invoice.created_at,
        words=say,
        sender=document_parts.list_sender_lines(order.store),
        recipient=document_parts.list_recipient_lines(order, say),
        facts=tuple(facts),
        sections=(document_parts.build_line_table(order, invoice.items, say),),
        totals=(
            *document_parts.build_totals(invoice, say),
            Total(say("Grand total"), say.money(invoice.total), grand=True),
        ),
        notes=(say("Paid through Amazon. Nothing is left to pay."),),
        footer=order.store.documents_footer,
        letter=document_parts.uses_letter_paper(order.store),
    )
