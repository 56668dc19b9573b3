"""Render invoices, packing slips, credit memos and pick lists as PDF, in the language and time zone of the store.

Amounts are printed as they are stored. Printing a document again gives the same bytes.
"""

from collections.abc import Sequence
from contextlib import closing

from sqlalchemy.orm import Session

from webapp.domain.common.batches import batched
from webapp.printing import credit_memos, invoices, packing_slips, pick_lists
from webapp.printing.content import DocumentContent
from webapp.printing.pdf.canvas import PdfCanvas
from webapp.printing.pdf.layout import DocumentLayout
from webapp.queries.invoicing import printing as queries
from webapp.queries.invoicing.printing import Key, Printed

# Documents loaded at a time; the rendered pages are small.
_BATCH = 200


def render_invoice(session: Session, invoice_id: int) -> bytes:
    """Render an invoice. Raises NotFoundError, like the other functions."""
    return render_documents(session, [("invoice", invoice_id)])


def render_credit_memo(session: Session, credit_memo_id: int) -> bytes:
    return render_documents(session, [("credit_memo", credit_memo_id)])


def render_documents(session: Session, keys: Sequence[Key]) -> bytes:
    """Render documents into one file. `keys`: (kind, id) of each; kinds are "invoice", "shipment" (a packing slip),
    "credit_memo" and "unshipped", the packing slip of the unshipped items of the order with this id.

    Each document begins on a new page and numbers its own pages. Raises ValueError without keys.
    """
    if not keys:
        raise ValueError("A file of no documents cannot be printed.")
    with closing(PdfCanvas()) as canvas:
        first_and_last = list[DocumentContent]()
        for batch in batched(keys, _BATCH):
            for printed in queries.load_documents(session, batch):
                content = _build_content(printed)
                DocumentLayout(canvas, content).draw()
                # The title of the file names its first and last document.
                first_and_last = [*first_and_last[:1], content]
        names = dict.fromkeys(f"{content.title} {content.number}" for content in first_and_last)
        newest = max(content.written_at for content in first_and_last)
        canvas.set_metadata(" – ".join(names), first_and_last[0].sender[0], first_and_last[0].words.language, newest)
        return canvas.build_file()


def render_pick_list(session: Session, keys: Sequence[Key]) -> bytes:
    """Render one pick list for the orders of these keys, (queries.UNSHIPPED, order id) each.

    Raises ValueError without keys.
    """
    if not keys:
        raise ValueError("A pick list of no orders cannot be printed.")
    content = pick_lists.build_pick_list([printed.order for printed in queries.load_documents(session, keys)])
    with closing(PdfCanvas()) as canvas:
        DocumentLayout(canvas, content).draw()
        canvas.set_metadata(content.title, content.sender[0], content.words.language, content.written_at)
        return canvas.build_file()


def _build_content(printed: Printed) -> DocumentContent:
    if printed.kind == "invoice":
        return invoices.build_invoice(printed.document, printed.order)  # type: ignore[arg-type]
    if printed.kind == "shipment":
        return packing_slips.build_packing_slip(printed.document, printed.order)  # type: ignore[arg-type]
    if printed.kind == queries.UNSHIPPED:
        return packing_slips.build_unshipped_packing_slip(printed.order)
    return credit_memos.build_credit_memo(printed.document, printed.order, printed.invoices)  # type: ignore[arg-type]
