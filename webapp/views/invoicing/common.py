"""What the pages of invoices, shipments and credit memos share: the Order they belong to, amounts, and comments."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from flask import Response, flash, request
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import Session

from webapp.core.extensions import db
from webapp.domain.amazon.types import Address
from webapp.domain.common.money import Money
from webapp.domain.errors import InvalidError
from webapp.domain.invoicing.drafts import Draft, DraftLine
from webapp.domain.orders import state_machine as order_states
from webapp.forms.orders import CommentForm
from webapp.models.comments import Comment
from webapp.models.orders import Order
from webapp.queries import mails
from webapp.queries.invoicing import documents as queries
from webapp.queries.orders import orders
from webapp.services.orders import comments as actions
from webapp.web.form_errors import add_error
from webapp.web.formatting.actors import names
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

# (name, amount, whether it is drawn heavy)
Total = tuple[str | LazyString, Money, bool]
COMMENT = "documents/_comment_form.html"


class Amounts(Protocol):
    """The columns an Order, a document and a draft of one have in common; minor units."""

    @property
    def subtotal(self) -> int: ...
    @property
    def shipping(self) -> int: ...
    @property
    def tax(self) -> int: ...
    @property
    def discount(self) -> int: ...
    @property
    def other(self) -> int: ...


class _Sums(NamedTuple):
    subtotal: int
    shipping: int
    tax: int
    discount: int
    other: int
    total: int


class CommentView(NamedTuple):
    """A comment as a page shows it. `by`: a name."""

    at: datetime
    zone: str
    actor: str
    text: str
    notify: bool


def about(order: Order) -> dict[str, Any]:
    """What every page that speaks of an Order needs."""
    return {
        "order": order,
        "amazon": order.amazon_order,
        "zone": order.store.marketplace.time_zone,
        "items": {item.id: item for item in order.items},
        "billing": address(order.billing),
        "shipping": address(order.shipping_address),
        "refundable": order_states.is_allowed("refund", order.state),
        "no_mail": mails.cannot_mail_reason(db.session(), order),
        "money": lambda minor: Money(minor, order.currency),
    }


def address(stored: dict[str, str] | None) -> Address | None:
    return Address(**stored) if stored else None


def parts(amounts: Amounts, currency: str) -> list[Total]:
    """The rows above a grand total: they sum to it."""
    found = [
        (_l("Subtotal"), amounts.subtotal),
        (_l("Shipping & handling"), amounts.shipping),
        (_l("Discount"), amounts.discount),
        (_l("Tax"), amounts.tax),
    ]
    if amounts.other:
        found.append((_l("Other amounts from Amazon"), amounts.other))
    return [(name, Money(minor, currency), False) for name, minor in found]


class DraftTotals(NamedTuple):
    """What a draft is worth: by line id, and as a whole."""

    lines: dict[int, DraftLine]
    totals: list[Total]


def worth(draft: Draft, currency: str, name: str | LazyString) -> DraftTotals:
    """`name`: what the sum is called."""
    rows = parts(_Sums(**draft.amounts()), currency)
    if draft.adjustment_refund:
        rows.append((_l("Adjustment refund"), Money(draft.adjustment_refund, currency), False))
    if draft.adjustment_fee:
        rows.append((_l("Adjustment fee"), Money(-draft.adjustment_fee, currency), False))
    total = (name, Money(draft.total, currency), True)
    return DraftTotals({part.line_id: part for part in draft.parts}, [*rows, total])


def remarks(session: Session, comments: Sequence[Comment], zone: str) -> list[CommentView]:
    """The comments in the order given, on the clock of `zone`."""
    people = names(session, [comment.actor for comment in comments])
    return [CommentView(row.at, zone, people[row.actor], row.text, row.notify) for row in comments]


def of_document(session: Session, order: Order, **document: int) -> list[CommentView]:
    """What was written on a document, named as `queries.documents.comments` does."""
    return remarks(session, queries.comments(session, **document), order.store.marketplace.time_zone)


def comment_on(find: Callable[[Session], Any], column: str, url: str) -> Response:
    """Write what was sent on the document that `find` answers, whose comments name it in `column`; then back to it."""
    session, form = db.session(), CommentForm()
    document = find(session)
    try:
        actions.create(
            session,
            document.order_id,
            form.comment.data or "",
            notify=form.notify.data,
            now=datetime.now(UTC),
            actor=current_user.actor,
            **{column: document.id},
        )
    except InvalidError as error:
        add_error(form, error)
        refused = mails.cannot_mail_reason(session, orders.by_id(session, document.order_id))
        context = {"form": form, "comments_url": request.path, "back": url, "no_mail": refused}
        return render_invalid(request, COMMENT, "documents/comment.html", **context)
    flash(_("The comment was written."), "good")
    return see_other(request, url)


def show(template: str, order: Order, **context: Any) -> Response:
    return render_fragment_or_page(request, template, template, **about(order), **context)
