"""Build the content of pick lists: the quantities to pick for several orders, by SKU."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from webapp.domain.orders import state_machine as order_states
from webapp.models.orders import Order
from webapp.printing import document_parts, localised_text
from webapp.printing.content import Cell, Column, DocumentContent, Section


@dataclass(slots=True)
class _Row:
    title: str
    asin: str
    quantity: int = 0
    orders: set[int] = field(default_factory=set)


def build_pick_list(orders: Sequence[Order]) -> DocumentContent:
    """Return the pick list of these orders, at least one, in the language and on the paper of the first one's store.

    Lines without a SKU are distinguished by their ASIN and title.
    """
    first = orders[0]
    say = localised_text.build_store_locale(first.store, first.currency)
    rows: dict[tuple[str, str], _Row] = defaultdict(lambda: _Row("", ""))
    for order in orders:
        for line in order.items:
            quantity = order_states.count_left_to_ship(line)
            if not quantity:
                continue
            key = (line.sku, "") if line.sku else ("", f"{line.asin} {line.title}")
            row = rows[key]
            row.title, row.asin = row.title or line.title or "", row.asin or line.asin or ""
            row.quantity += quantity
            row.orders.add(order.id)
    columns = (
        Column("", tick=True),
        Column(say("Quantity"), figures=True),
        Column(say("SKU")),
        Column(say("Article"), fills=True),
        Column(say("Orders"), figures=True),
    )
    table = tuple(
        (
            Cell(),
            Cell(say.number(row.quantity), strong=True),
            Cell(sku or "–"),
            Cell(row.title or "–", row.asin),
            Cell(say.number(len(row.orders))),
        )
        for (sku, _), row in sorted(rows.items())
    )
    return DocumentContent(
        title=say("Pick list"),
        number="",
        written_at=max(order.created_at for order in orders),
        words=say,
        sender=document_parts.list_sender_lines(first.store),
        recipient=(),
        facts=(
            (say("Orders"), say.number(len(orders))),
            (say("Quantity"), say.number(sum(row.quantity for row in rows.values()))),
        ),
        sections=(Section(columns, table),),
        letter=document_parts.uses_letter_paper(first.store),
    )
