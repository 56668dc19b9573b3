"""Common parts of the forms of new invoices, shipments and credit memos: quantities, comment, order version."""

import re
import secrets
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, Form, HiddenField, StringField, TextAreaField

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.errors import AppError, InvalidError
from webapp.domain.orders import state_machine as order_states
from webapp.messages import text_for
from webapp.models.orders import Order, OrderItem

F = TypeVar("F", bound=Form)
_QUANTITY = re.compile(r"-?[0-9]{1,9}", re.ASCII)


class DocumentForm(FlaskForm):
    """`idempotency_key` lets a form that is sent twice create one document; `expected_version` is that of its order."""

    idempotency_key = HiddenField()
    expected_version = HiddenField()
    comment = TextAreaField(_l("Comment"))
    notify = BooleanField(_l("E-mail a copy to the customer"))
    append = BooleanField(_l("Include the comment in the e-mail"), default=True)

    def bind_order(self, order: Order) -> None:
        """Bind the form to the current version of the order."""
        self.idempotency_key.data = self.idempotency_key.data or secrets.token_hex(16)
        self.expected_version.data = str(order.version)

    def find_field(self, error: AppError) -> Field | None:
        """Return the field of an error, the first quantity if no quantity was entered."""
        name = getattr(error, "field", "")
        if name == "quantities":
            name = next((field.short_name for field in self if field.short_name.startswith("quantity-")), "")
        error_field: Field | None = self._fields.get(name)
        return error_field

    def show_error(self, error: AppError) -> bool:
        """Show the error at its field. Return whether there is one."""
        field = self.find_field(error)
        if field is not None:
            field.errors = [text_for(error.code, error.arguments)]
        return field is not None

    def clear_errors(self) -> None:
        """Remove all field errors."""
        for field in self:
            field.errors = []

    def parse_version(self) -> int:
        """Return the submitted order version, -1 if it is malformed."""
        text = self.expected_version.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def build_line_form(base: type[F], lines: Sequence[OrderItem], more: Callable[[OrderItem], dict[str, Any]]) -> type[F]:
    """Return a form class with a field `quantity-7` for each line and the fields that `more` returns."""
    fields: dict[str, Any] = {}
    for line in lines:
        fields[f"quantity-{line.id}"] = StringField(line.sku or line.title or "")
        fields |= more(line)
    return type(base.__name__, (base,), fields)


def add_no_fields(_line: OrderItem) -> dict[str, Any]:
    return {}


def parse_quantities(form: Form, lines: Sequence[OrderItem]) -> dict[int, int]:
    """Return the entered quantities by line id, 0 for empty fields. Raises InvalidError naming the field."""
    return {line.id: _parse_quantity(form[f"quantity-{line.id}"].data, f"quantity-{line.id}", line) for line in lines}


def _parse_quantity(text: str | None, field: str, line: OrderItem) -> int:
    text = (text or "").strip() or "0"
    if not _QUANTITY.fullmatch(text):
        raise InvalidError("quantity_malformed", field=field, item=line.sku or line.id, text=text[:40])
    return int(text)


def invoice_form(order: Order, **options: Any) -> DocumentForm:
    """Return the form of a new invoice, filled with the remaining quantities unless it was submitted."""
    form = build_line_form(DocumentForm, order.items, add_no_fields)(**options)
    if not form.is_submitted():
        for line in order.items:
            form[f"quantity-{line.id}"].data = str(order_states.count_left_to_invoice(line))
    return form
