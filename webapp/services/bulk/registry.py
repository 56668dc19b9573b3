"""Every kind of bulk action, by name. A new one is an object of its noun and a line here, in `labels` and a form."""

from webapp.domain.errors import NotFoundError
from webapp.services.bulk import orders as bulk_orders
from webapp.services.bulk import printing as bulk_printing
from webapp.services.bulk import shipping as bulk_shipping
from webapp.services.bulk.handlers import BulkHandler

KINDS: dict[str, BulkHandler] = {
    kind.name: kind for kind in (*bulk_orders.KINDS, *bulk_printing.KINDS, bulk_shipping.KIND)
}


def find(name: str) -> BulkHandler:
    """Raises NotFoundError."""
    if name not in KINDS:
        raise NotFoundError("bulk_kind_unknown", name=name)
    return KINDS[name]
