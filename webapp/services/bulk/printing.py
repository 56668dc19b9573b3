"""Printing the documents of many Orders, or many documents, as one file."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from webapp import printing
from webapp.domain import bulk_states
from webapp.queries.invoicing import printing as queries
from webapp.queries.invoicing.printing import Key
from webapp.services.bulk import printed_files
from webapp.services.bulk.handlers import BulkHandler, Outcome, Task

PERMISSION = "documents.print"
# Kind of bulk action → the documents of an Order it prints.
OF_ORDERS = {
    "print_invoices": ("invoice",),
    "print_credit_memos": ("credit_memo",),
    "print_all": tuple(queries.KINDS),
}
# Kind of bulk action → what its rows are: they are printed themselves.
OF_DOCUMENTS = {
    "print_these_invoices": "invoice",
    "print_these_packing_slips": "shipment",
    "print_these_credit_memos": "credit_memo",
}


def _kind(
    name: str,
    subject: str,
    keys_of: Callable[[Session, Sequence[int]], list[Key]],
    render: Callable[[Session, Sequence[Key]], bytes] = printing.many,
) -> BulkHandler:
    def do(session: Session, task: Task) -> Outcome:
        """Nothing is printed yet: a row is done when there is something to print."""
        count = len(keys_of(session, [task.subject_id]))
        return (
            Outcome("bulk_printed", {"count": count})
            if count
            else Outcome("bulk_nothing_to_print", {}, bulk_states.SKIPPED)
        )

    def finish(session: Session, action_id: int, now: datetime) -> None:
        printed_files.write(session, action_id, keys_of, now, render)

    return BulkHandler(name, PERMISSION, do, subject=subject, immediate=True, finish=finish)


def _of_orders(kinds: tuple[str, ...]) -> Callable[[Session, Sequence[int]], list[Key]]:
    return lambda session, ids: queries.of_orders(session, ids, kinds)


def _themselves(kind: str) -> Callable[[Session, Sequence[int]], list[Key]]:
    return lambda session, ids: queries.existing(session, kind, ids)


KINDS = (
    # Before they are shipped too: what is left to ship.
    _kind("print_packing_slips", "order", queries.packing_slips),
    _kind("print_pick_list", "order", queries.unshipped, printing.pick_list),
    *(_kind(name, "order", _of_orders(kinds)) for name, kinds in OF_ORDERS.items()),
    *(_kind(name, subject, _themselves(subject)) for name, subject in OF_DOCUMENTS.items()),
)
