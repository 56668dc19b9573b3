"""Build the content of credit memos."""

from webapp.domain.invoicing import amazon_refunds
from webapp.models.documents import CreditMemo
from webapp.models.orders import Order
from webapp.printing import document_parts, localised_text
from webapp.printing.content import DocumentContent, Total


def build_credit_memo(memo: CreditMemo, order: Order, invoices: tuple[str, ...]) -> DocumentContent:
    """Return the content of a credit memo. `invoices`: the numbers of the order's invoices."""
    say = localised_text.build_store_locale(order.store, order.currency)
    facts = [
        (say("Credit memo number"), memo.number),
        (say("Credit memo date"), say.day(memo.created_at)),
        *([(say("For invoice"), ", ".join(invoices))] if invoices else []),
        *document_parts.list_order_details(order, say),
        *document_parts.list_tax_number(order, say),
    ]
    totals = document_parts.build_totals(memo, say)
    if memo.adjustment_refund:
        totals.append(Total(say("Adjustment refund"), say.money(memo.adjustment_refund)))
    if memo.adjustment_fee:
        totals.append(Total(say("Adjustment fee"), say.money(-memo.adjustment_fee)))
    return DocumentContent(
        title=say("Credit memo"),
        number=memo.number,
        written_at=memo.created_at,
        words=say,
        sender=document_parts.list_sender_lines(order.store),
        recipient=document_parts.list_recipient_lines(order, say),
        facts=tuple(facts),
        sections=(document_parts.build_line_table(order, memo.items, say),) if memo.items else (),
        totals=(*totals, Total(say("Total refunded"), say.money(memo.total), grand=True)),
        notes=_build_notes(memo, say),
        footer=order.store.documents_footer,
        letter=document_parts.uses_letter_paper(order.store),
    )


def _build_notes(memo: CreditMemo, say: localised_text.DocumentLocale) -> tuple[str, ...]:
    """Return a note on the refund method, if known. Offline credit memos are not refunded by Amazon."""
    if memo.state == amazon_refunds.OFFLINE:
        return ()
    return (say("The amount is paid back through Amazon, the way the order was paid."),)
