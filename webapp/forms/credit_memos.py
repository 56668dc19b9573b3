"""Form of a new credit memo: quantities, adjustments and refund method."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from wtforms import BooleanField, Field, HiddenField, RadioField, SelectChoice, SelectField, StringField

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.common.money import Money
from webapp.domain.errors import AppError, InvalidError, RefusedError
from webapp.domain.invoicing import amazon_refunds, drafts
from webapp.forms.documents import DocumentForm, build_line_form, parse_quantities
from webapp.forms.fields import build_choices
from webapp.messages import text_for
from webapp.models.orders import Order, OrderItem
from webapp.queries.invoicing.refundable import Refundable

AMAZON, OFFLINE = "amazon", "offline"
AMOUNTS = ("shipping", "adjustment_refund", "adjustment_fee")


class CreditMemoForm(DocumentForm):
    shipping = StringField(_l("Refund shipping"))
    adjustment_refund = StringField(_l("Adjustment refund"))
    adjustment_fee = StringField(_l("Adjustment fee"))
    way = RadioField(_l("Refund method"), validate_choice=False)
    reason = SelectField(_l("Refund reason"), validate_choice=False)
    # The return the credit memo is created from.
    return_id = HiddenField()

    def __init__(self, *args: Any, order: Order, refundable: Refundable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order
        ways = {OFFLINE: _("Record only (offline refund)")}
        if not refundable.refused:
            ways = {AMAZON: _("Refund through Amazon"), **ways}
        self.way.choices = build_choices(ways)
        self.reason.choices = [
            SelectChoice("", _("Choose one")),
            *(SelectChoice(code, text_for(f"reason_{code}")) for code in amazon_refunds.COMMON_REASONS),
            *(
                SelectChoice(code, text_for(f"reason_{code}"), optgroup=_("More"))
                for code in amazon_refunds.OTHER_REASONS
            ),
        ]

    @property
    def on_amazon(self) -> bool:
        return self.way.data == AMAZON

    def fill(self, draft: drafts.Draft, *, on_amazon: bool) -> None:
        """Fill the form from the draft. `on_amazon`: Amazon would refund it unchanged.

        Where Amazon could refund the order but not this draft, the user has to choose: an offline refund cannot be
        undone.
        """
        chosen = {part.line_id: part.quantity for part in draft.parts}
        for line in self.order.items:
            self[f"quantity-{line.id}"].data = str(chosen.get(line.id, 0))
        amounts = {"shipping": sum(part.shipping for part in draft.parts), "adjustment_fee": draft.adjustment_fee}
        for name, minor in (amounts | {"adjustment_refund": draft.adjustment_refund}).items():
            self[name].data = Money(minor, self.order.currency).amount if minor or name == "shipping" else ""
        self.way.data = AMAZON if on_amazon else OFFLINE if len(self.way.choices) == 1 else None

    def fill_from_return(self, quantities: Mapping[int, int], return_id: int, *, to_stock: bool) -> None:
        """Refund the returned units only, with the reason a return has."""
        for line in self.order.items:
            quantity = quantities.get(line.id, 0)
            self[f"quantity-{line.id}"].data = str(quantity)
            self[f"stock-{line.id}"].data = bool(quantity) and to_stock
        for name in AMOUNTS:
            self[name].data = Money(0, self.order.currency).amount if name == "shipping" else ""
        self.way.data = self.way.choices[0].value
        self.reason.data = amazon_refunds.CUSTOMER_RETURN
        self.return_id.data = str(return_id)

    def check_way(self) -> None:
        """Raise InvalidError if the refund method, or the reason for Amazon, is missing."""
        if self.way.data not in {choice.value for choice in self.way.choices}:
            raise InvalidError("refund_way_required", field="way")
        if self.on_amazon and not self.reason.data:
            raise InvalidError("refund_reason_required", field="reason")

    def build_request(self) -> drafts.CreditRequest:
        """Build the requested credit. Raises InvalidError naming the field."""
        currency = self.order.currency
        amounts = {name: drafts.parse_amount(self[name].data or "0", currency, name) for name in AMOUNTS}
        return drafts.CreditRequest(parse_quantities(self, self.order.items), **amounts)

    def returned_line_ids(self) -> set[int]:
        """Return the lines whose units return to stock."""
        return {line.id for line in self.order.items if self[f"stock-{line.id}"].data}

    def find_field(self, error: AppError) -> Field | None:
        if isinstance(error, RefusedError) and error.code.startswith("refund_"):
            return self.way
        return super().find_field(error)


def credit_memo_form(order: Order, refundable: Refundable, **options: Any) -> CreditMemoForm:
    """Build the form. `refundable`: the amounts Amazon could refund."""
    return build_line_form(CreditMemoForm, order.items, _add_stock_field)(order=order, refundable=refundable, **options)


def _add_stock_field(line: OrderItem) -> dict[str, Any]:
    return {f"stock-{line.id}": BooleanField(_l("Return to stock"))}
