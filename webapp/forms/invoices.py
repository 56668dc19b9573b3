"""A new invoice."""

from typing import Any

from webapp.domain import order_states
from webapp.forms.documents import DocumentForm, no_more, with_lines
from webapp.models.orders import Order


def invoice_form(order: Order, **options: Any) -> DocumentForm:
    """Filled with what is left, unless something was sent."""
    form = with_lines(DocumentForm, order.items, no_more)(**options)
    if not form.is_submitted():
        for line in order.items:
            form[f"quantity-{line.id}"].data = str(order_states.left_to_invoice(line))
    return form
