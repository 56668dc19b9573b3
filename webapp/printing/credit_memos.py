"""What stands on a credit memo."""

from webapp.domain import refunds
from webapp.models.credit_memos import CreditMemo
from webapp.models.orders import Order
from webapp.printing import parts, words
from webapp.printing.content import Content, Total


def content(memo: CreditMemo, order: Order, invoices: tuple[str, ...]) -> Content:
    """`invoices`: the numbers of the Order's invoices."""
    say = words.of_store(order.store, order.currency)
    facts = [
        (say("Credit memo number"), memo.number),
        (say("Credit memo date"), say.day(memo.created_at)),
        *([(say("For invoice"), ", ".join(invoices))] if invoices else []),
        *parts.facts(order, say),
        *parts.tax_number(order, say),
    ]
    totals = parts.totals(memo, say)
    if memo.adjustment_refund:
        totals.append(Total(say("Adjustment refund"), say.money(memo.adjustment_refund)))
    if memo.adjustment_fee:
        totals.append(Total(say("Adjustment fee"), say.money(-memo.adjustment_fee)))
    return Content(
        title=say("Credit memo"),
        number=memo.number,
        written_at=memo.created_at,
        words=say,
        sender=parts.sender(order.store),
        recipient=parts.recipient(order, say),
        facts=tuple(facts),
        sections=(parts.lines(order, memo.items, say),) if memo.items else (),
        totals=(*totals, Total(say("Total refunded"), say.money(memo.total), grand=True)),
        notes=_notes(memo, say),
        footer=order.store.documents_footer,
        letter=parts.letter(order.store),
    )


def _notes(memo: CreditMemo, say: words.Words) -> tuple[str, ...]:
    """How the buyer gets it, where that is known: of one written offline Amazon was told nothing."""
    if memo.state == refunds.OFFLINE:
        return ()
    return (say("The amount is paid back through Amazon, the way the order was paid."),)
