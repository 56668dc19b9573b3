"""One Order: what stands above its tabs, and each of them."""

from collections.abc import Callable
from typing import Any

from flask import Response, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp.actions import order_addresses
from webapp.domain import addresses, amazon_status
from webapp.domain.money import Money
from webapp.extensions import db
from webapp.models.orders import Order
from webapp.queries import documents as documents_queries
from webapp.queries import mails, products, shipments
from webapp.queries import orders as queries
from webapp.security import needs
from webapp.views import documents, order_history, order_moves, order_notes, order_submissions, timeline
from webapp.views.answers import answer
from webapp.views.orders import bp

TABS = {
    "information": _l("Information"),
    "invoices": _l("Invoices"),
    "credit_memos": _l("Credit memos"),
    "shipments": _l("Shipments"),
    "history": _l("Comments history"),
}
# As many comments as the first tab shows.
LATEST = 5


@bp.get("/<number>")
@needs("orders.read")
def show(number: str) -> Response:
    session = db.session()
    return page(session, queries.by_number(session, number), request.args.get("tab", ""))


def page(session: Session, order: Order, tab: str) -> Response:
    tab = tab if tab in TABS else "information"
    rows = {name: read(session, order.id) for name, read in _ROWS.items()}
    template = f"orders/{tab}.html"
    return answer(
        request,
        template,
        template,
        **documents.about(order),
        **order_submissions.about(session, order),
        tab=tab,
        tabs=_tabs(order, tab, {name: len(found) for name, found in rows.items()}),
        moves=order_moves.of_order(session, order),
        troubled_mails=mails.troubled(session, order.id),
        rows=rows,
        printable=any(rows.values()),
        **_MORE[tab](session, order),
    )


def _tabs(order: Order, current: str, counts: dict[str, int]) -> list[tuple[str | LazyString, str, bool, int | None]]:
    return [
        (text, url_for("orders.show", number=order.number, tab=_in_url(tab)), tab == current, counts.get(tab))
        for tab, text in TABS.items()
    ]


def _in_url(tab: str) -> str | None:
    return None if tab == "information" else tab


def _information(session: Session, order: Order) -> dict[str, Any]:
    comments = documents_queries.comments(session, order_id=order.id)
    return {
        "amazon_link": _amazon_link(order),
        "totals": _totals(order),
        "differences": {which: _differences(order, which) for which in ("billing", "shipping")},
        "remarks": documents.remarks(session, comments[:LATEST], order.store.marketplace.time_zone),
        "more_remarks": len(comments) > LATEST,
        "form": order_notes.form_for(order, formdata=None),
        "stock": products.stock_of_order(session, order),
    }


def _history(session: Session, order: Order) -> dict[str, Any]:
    return {"lines": order_history.of_order(session, order)}


def _shipments(session: Session, order: Order) -> dict[str, Any]:
    return {"tellings": shipments.tellings(session, order.amazon_order_id)}


def _nothing(_session: Session, _order: Order) -> dict[str, Any]:
    return {}


_ROWS: dict[str, Callable[[Session, int], Any]] = {
    "invoices": queries.invoices,
    "credit_memos": queries.credit_memos,
    "shipments": queries.shipments,
}
_MORE = dict.fromkeys(_ROWS, _nothing) | {"information": _information, "history": _history, "shipments": _shipments}


def _amazon_link(order: Order) -> bool:
    """Whether the link to Amazon's page is called "View or cancel": while Amazon still lets the merchant cancel."""
    amazon = order.amazon_order
    return amazon.status == amazon_status.UNSHIPPED and amazon.fulfilled_by == amazon_status.MERCHANT


def _differences(order: Order, which: str) -> list[tuple[str | LazyString, str | None, str | None]]:
    """(field, as Amazon told it, as it stands here) where the two differ."""
    told, ours = order_addresses.told(order, which) or {}, getattr(order, order_addresses.COLUMNS[which][0]) or {}
    return [
        (timeline.ADDRESS_FIELDS.get(name, name), told.get(name), ours.get(name))
        for name in addresses.EDITABLE
        if told.get(name) != ours.get(name)
    ]


def _totals(order: Order) -> list[documents.Total]:
    """The parts, which sum to the grand total, and what became of it."""
    paid, refunded = order.total_invoiced, order.total_refunded
    asked = [(_l("Refund asked of Amazon"), Money(order.total_refunding, order.currency), False)]
    return [
        *documents.parts(order, order.currency),
        (_l("Grand total"), Money(order.total, order.currency), True),
        (_l("Total paid"), Money(paid, order.currency), False),
        (_l("Total refunded"), Money(refunded, order.currency), False),
        *(asked if order.total_refunding else []),
        (_l("Total due"), Money(order.total - paid, order.currency), False),
    ]
