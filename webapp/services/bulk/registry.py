"""Registry of bulk action handlers. A new kind also needs a label in `messages/status_labels.py` and a form."""

from webapp.domain.errors import NotFoundError
from webapp.services.bulk import labels as bulk_labels
from webapp.services.bulk import orders as bulk_orders
from webapp.services.bulk import printing as bulk_printing
from webapp.services.bulk import shipping as bulk_shipping
from webapp.services.bulk import submissions as bulk_submissions
from webapp.services.bulk.handlers import BulkHandler

HANDLERS: dict[str, BulkHandler] = {
    handler.name: handler
    for handler in (
        *bulk_orders.HANDLERS,
        *bulk_printing.HANDLERS,
        bulk_shipping.SHIP,
        bulk_labels.BUY_LABELS,
        bulk_submissions.RETRY,
    )
}


def get_handler(name: str) -> BulkHandler:
    """Return the handler of a kind of bulk action. Raises NotFoundError."""
    if name not in HANDLERS:
        raise NotFoundError("bulk_kind_unknown", name=name)
    return HANDLERS[name]
