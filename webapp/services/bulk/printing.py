"""Bulk actions that print the documents of many orders, or many documents, as one file."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.domain import bulk_states
from webapp.printing import renderer
from webapp.queries.invoicing import printing as queries
from webapp.queries.invoicing.printing import Key
from webapp.services.bulk import printed_files
from webapp.services.bulk.handlers import BulkHandler, Outcome, Task

PERMISSION = "documents.print"
# Kind of bulk action → the kinds of documents of an order it prints.
OF_ORDERS = {
    "print_invoices": ("invoice",),
    "print_credit_memos": ("credit_memo",),
    "print_all": tuple(queries.KINDS),
}
# Kind of bulk action → the kind of documents that its rows are.
OF_DOCUMENTS = {
    "print_these_invoices": "invoice",
    "print_these_packing_slips": "shipment",
    "print_these_credit_memos": "credit_memo",
}


def _build_handler(
    name: str,
    subject: str,
    keys_of: Callable[[Session, Sequence[int]], list[Key]],
    render: Callable[[Session, Sequence[Key]], bytes] = renderer.render_documents,
) -> BulkHandler:
    def process(session: Session, task: Task) -> Outcome:
        """Check that there is something to print; `finish` prints it."""
        count = len(keys_of(session, [task.subject_id]))
        return (
            Outcome("bulk_printed", {"count": count})
            if count
            else Outcome("bulk_nothing_to_print", {}, bulk_states.SKIPPED)
        )

    def finish(session: Session, action_id: int, now: datetime) -> None:
        printed_files.create_file(session, action_id, keys_of, now, render)

    return BulkHandler(name, PERMISSION, process, subject=subject, immediate=True, finish=finish)


def _list_documents_of_orders(kinds: tuple[str, ...]) -> Callable[[Session, Sequence[int]], list[Key]]:
    return lambda session, ids: queries.list_of_orders(session, ids, kinds)


def _list_documents(kind: str) -> Callable[[Session, Sequence[int]], list[Key]]:
    return lambda session, ids: queries.filter_existing(session, kind, ids)


HANDLERS = (
    # Includes what is not shipped yet.
    _build_handler("print_packing_slips", "order", queries.list_packing_slips),
    _build_handler("print_pick_list", "order", queries.list_unshipped, renderer.render_pick_list),
    *(_build_handler(name, "order", _list_documents_of_orders(kinds)) for name, kinds in OF_ORDERS.items()),
    *(_build_handler(name, subject, _list_documents(subject)) for name, subject in OF_DOCUMENTS.items()),
)
