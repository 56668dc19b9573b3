"""Common parts of the pages of invoices, shipments and credit memos: order, amounts and comments."""

from collections.abc import Sequence
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
from webapp.services.orders import comments as comment_service
from webapp.web.form_errors import add_error
from webapp.web.formatting.actors import names
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

# (label, amount, whether it is emphasized)
Total = tuple[str | LazyString, Money, bool]


class Amounts(Protocol):
    """The amounts that orders, documents and drafts have in common, in minor units."""

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
    """A comment as a page shows it. `zone`: IANA name of the time zone. `actor`: a name."""

    at: datetime
    zone: str
    actor: str
    text: str
    notify: bool


def build_order_context(order: Order) -> dict[str, Any]:
    """Return the template context of every page about an order."""
    return {
        "order": order,
        "amazon": order.amazon_order,
        "zone": order.store.marketplace.time_zone,
        "items": {item.id: item for item in order.items},
        "billing": format_address(order.billing),
        "shipping": format_address(order.shipping_address),
        "refundable": order_states.is_allowed("refund", order.state),
        "no_mail": mails.find_mail_refusal_reason(db.session(), order),
        "money": lambda minor: Money(minor, order.currency),
    }


def format_address(stored: dict[str, str] | None) -> Address | None:
    return Address(**stored) if stored else None


def build_amount_rows(amounts: Amounts, currency: str) -> list[Total]:
    """Return the rows above a grand total, which they sum up to."""
    rows = [
        (_l("Subtotal"), amounts.subtotal),
        (_l("Shipping & handling"), amounts.shipping),
        (_l("Discount"), amounts.discount),
        (_l("Tax"), amounts.tax),
    ]
    if amounts.other:
        rows.append((_l("Other amounts from Amazon"), amounts.other))
    return [(name, Money(minor, currency), False) for name, minor in rows]


class DraftTotals(NamedTuple):
    """The amounts of a draft, by line id and in total."""

    lines: dict[int, DraftLine]
    totals: list[Total]


def build_draft_totals(draft: Draft, currency: str, name: str | LazyString) -> DraftTotals:
    """Return the amounts of a draft. `name`: the label of its grand total."""
    rows = build_amount_rows(_Sums(**draft.amounts()), currency)
    if draft.adjustment_refund:
        rows.append((_l("Adjustment refund"), Money(draft.adjustment_refund, currency), False))
    if draft.adjustment_fee:
        rows.append((_l("Adjustment fee"), Money(-draft.adjustment_fee, currency), False))
    total = (name, Money(draft.total, currency), True)
    return DraftTotals({part.line_id: part for part in draft.parts}, [*rows, total])


def build_comment_views(session: Session, comments: Sequence[Comment], zone: str) -> list[CommentView]:
    """Return the comments, in the same order, with times in `zone`."""
    actors = names(session, [comment.actor for comment in comments])
    return [CommentView(row.at, zone, actors[row.actor], row.text, row.notify) for row in comments]


def list_document_comments(session: Session, order: Order, **document: int) -> list[CommentView]:
    """Return the comments on a document, which is given as `queries.documents.comments` takes it."""
    return build_comment_views(session, queries.list_comments(session, **document), order.store.marketplace.time_zone)


def add_comment(document: Any, column: str, url: str) -> Response:
    """Add the comment that was sent to a document, in whose comments `column` holds its id; then redirect to `url`."""
    session, form = db.session(), CommentForm()
    order_id = document.order_id
    try:
        comment_service.create(
            session,
            order_id,
            form.comment.data or "",
            notify=form.notify.data,
            now=datetime.now(UTC),
            actor=current_user.actor,
            **{column: document.id},
        )
    except InvalidError as error:
        add_error(form, error)
        no_mail = mails.find_mail_refusal_reason(session, orders.get_by_id(session, order_id))
        context = {"form": form, "comments_url": request.path, "back": url, "no_mail": no_mail}
        return render_invalid(request, "documents/_comment_form.html", "documents/comment.html", **context)
    flash(_("Comment added."), "good")
    return see_other(request, url)


def render(template: str, order: Order, **context: Any) -> Response:
    return render_fragment_or_page(request, template, template, **build_order_context(order), **context)
