"""Invoices, packing slips and credit memos as PDF, in the store's language and time zone.

Nothing is reckoned here: each amount is the stored one. The same documents printed again are the same bytes.
"""

from collections.abc import Sequence
from contextlib import closing

from sqlalchemy.orm import Session

from webapp.domain.common.batches import batched
from webapp.printing import credit_memos, invoices, packing_slips, pick_lists
from webapp.printing.content import Content
from webapp.printing.pdf.canvas import PdfCanvas
from webapp.printing.pdf.layout import Layout
from webapp.queries.invoicing import printing as queries
from webapp.queries.invoicing.printing import Key, Printed

# Documents loaded at a time; the rendered pages are small.
_BATCH = 200


def render_invoice(session: Session, invoice_id: int) -> bytes:
    """Render an invoice. Raises NotFoundError, like the other functions."""
    return render_documents(session, [("invoice", invoice_id)])


def render_credit_memo(session: Session, credit_memo_id: int) -> bytes:
    return render_documents(session, [("credit_memo", credit_memo_id)])


def render_documents(session: Session, wanted: Sequence[Key]) -> bytes:
    """Render these documents into one file, (kind, id) each: kinds are "invoice", "shipment", "credit_memo"
    and "unshipped", the packing slip of what is left to ship of an order, by the id of the order.

    Each document begins on a page of its own and counts its own pages. Raises ValueError when none is asked for.
    """
    if not wanted:
        raise ValueError("A file of no documents cannot be printed.")
    with closing(PdfCanvas()) as sheet:
        first_and_last = list[Content]()
        for batch in batched(wanted, _BATCH):
            for printed in queries.load_documents(session, batch):
                content = _build_content(printed)
                Layout(sheet, content).draw()
                # The title of the file names its first and last document.
                first_and_last = [*first_and_last[:1], content]
        names = dict.fromkeys(f"{content.title} {content.number}" for content in first_and_last)
        newest = max(content.written_at for content in first_and_last)
        sheet.set_metadata(" – ".join(names), first_and_last[0].sender[0], first_and_last[0].words.language, newest)
        return sheet.build_file()


def render_pick_list(session: Session, wanted: Sequence[Key]) -> bytes:
    """Return one pick list for the orders of these keys, (queries.UNSHIPPED, order id) each.

    Raises ValueError when none is asked for.
    """
    if not wanted:
        raise ValueError("A pick list of no orders cannot be printed.")
    content = pick_lists.build_content([printed.order for printed in queries.load_documents(session, wanted)])
    with closing(PdfCanvas()) as sheet:
        Layout(sheet, content).draw()
        sheet.set_metadata(content.title, content.sender[0], content.words.language, content.written_at)
        return sheet.build_file()


def _build_content(printed: Printed) -> Content:
    if printed.kind == "invoice":
        return invoices.build_content(printed.document, printed.order)  # type: ignore[arg-type]
    if printed.kind == "shipment":
        return packing_slips.build_content(printed.document, printed.order)  # type: ignore[arg-type]
    if printed.kind == queries.UNSHIPPED:
        return packing_slips.build_unshipped_content(printed.order)
    return credit_memos.build_content(printed.document, printed.order, printed.invoices)  # type: ignore[arg-type]
