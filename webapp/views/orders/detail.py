"""The page of an order: head and tabs."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp.core.extensions import db
from webapp.domain.amazon import statuses
from webapp.domain.common import addresses
from webapp.domain.common.money import Money
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.orders import state_machine as order_states
from webapp.domain.submissions import shipment_confirmation
from webapp.queries.orders import detail as queries
from webapp.queries.orders import orders
from webapp.queries.orders.detail import OrderDetail, TransactionRow
from webapp.queries.orders.history import CommentRow
from webapp.queries.returns import returns
from webapp.services.orders import addresses as order_addresses
from webapp.views.invoicing import common as document_pages
from webapp.views.orders import (
    available_actions,
    comments,
    submissions_panel,
    timeline,
)
from webapp.views.orders import (
    history as order_history,
)
from webapp.views.orders.list import bp
from webapp.web.auth import has_permission, requires
from webapp.web.formatting import actors
from webapp.web.responses import render_fragment_or_page

TABS = {
    "information": _l("Information"),
    "invoices": _l("Invoices"),
    "credit_memos": _l("Credit memos"),
    "shipments": _l("Shipments"),
    "payments": _l("Payments"),
    "history": _l("Timeline"),
}
Rows = Callable[[Session, int], Sequence[Any]]
TabContext = Callable[[Session, OrderDetail], dict[str, Any]]


@bp.get("/<number>")
@requires("orders.read")
def show(number: str) -> Response:
    tab = request.args.get("tab", "")
    return _render_tab(number, tab if tab in TABS and tab != queries.PAYMENTS else queries.INFORMATION)


@bp.get("/<number>/payments")
@requires("payments.read")
def payments(number: str) -> Response:
    """Show Amazon's own transactions of the order."""
    return _render_tab(number, queries.PAYMENTS)


def _render_tab(number: str, tab: str) -> Response:
    session = db.session()
    order = queries.load_detail(session, number, tab)
    related = order.related
    counts = {"invoices": related.invoices, "credit_memos": related.credit_memos, "shipments": related.shipments}
    template = "orders/_documents.html" if tab in {"invoices", "credit_memos"} else f"orders/{tab}.html"
    return render_fragment_or_page(
        request,
        template,
        template,
        order=order,
        amazon=order.amazon_order,
        zone=order.store.marketplace.time_zone,
        money=lambda minor: Money(minor, order.currency),
        **submissions_panel.build_panel_context(order.submissions, order.parcels),
        tab=tab,
        tabs=_build_tabs(order, tab, counts),
        actions=available_actions.build_actions(order),
        left_to_credit=sum(map(order_states.count_left_to_credit, order.items)),
        troubled_mails=related.troubled_mails,
        refund_findings=related.refund_findings,
        printable=any(counts.values()),
        held_past_ship_by=order.state == order_states.ON_HOLD
        and order_states.is_held_past(order.amazon_order.ship_by, order.hold_until),
        packable=order_states.is_allowed("ship", order.state)
        and any(map(order_states.count_left_to_ship, order.items)),
        **_TAB_CONTEXTS[tab](session, order),
    )


def _build_tabs(
    order: OrderDetail, current: str, counts: dict[str, int]
) -> list[tuple[str | LazyString, str, bool, int | None]]:
    return [
        (text, _build_tab_url(order.number, tab), tab == current, counts.get(tab))
        for tab, text in TABS.items()
        if tab != queries.PAYMENTS or has_permission("payments.read")
    ]


def _build_tab_url(number: str, tab: str) -> str:
    if tab == queries.PAYMENTS:
        return url_for("orders.payments", number=number)
    return url_for("orders.show", number=number, tab=None if tab == queries.INFORMATION else tab)


def _build_information(session: Session, order: OrderDetail) -> dict[str, Any]:
    zone = order.store.marketplace.time_zone
    return {
        "returns": returns.list_of_order(session, order.amazon_order_id),
        "billing": document_pages.format_address(order.billing),
        "shipping": document_pages.format_address(order.shipping_address),
        "amazon_link": _can_cancel_at_amazon(order),
        "totals": _build_totals(order),
        "differences": {which: _build_differences(order, which) for which in ("billing", "shipping")},
        "remarks": [_build_comment_view(note, zone) for note in order.comments[: queries.LATEST]],
        "more_remarks": len(order.comments) > queries.LATEST,
        "form": comments.build_form(order, formdata=None),
        "no_mail": mail_states.find_block_reason(order.email, configured=order.related.mail_servers > 0),
    }


def _build_history(_session: Session, order: OrderDetail) -> dict[str, Any]:
    lines = order_history.build_order_history(order)
    kind = request.args.get("kind", "")
    kind = kind if kind in timeline.KINDS else ""
    counts = {name: sum(name in line.kinds for line in lines) for name in timeline.KINDS}
    return {
        "lines": [line for line in lines if not kind or kind in line.kinds],
        "kinds": [(name, text, counts[name]) for name, text in timeline.KINDS.items() if counts[name]],
        "kind": kind,
        "total": len(lines),
    }


def _build_documents(rows: Rows) -> TabContext:
    return lambda session, order: {"rows": rows(session, order.id), "items": {item.id: item for item in order.items}}


def _build_shipments(session: Session, order: OrderDetail) -> dict[str, Any]:
    confirmations = [row for row in reversed(order.submissions) if row.kind == shipment_confirmation.KIND]
    latest = {int(row.subject): row for row in confirmations}
    return {"parcel_submissions": latest} | _build_documents(orders.list_shipments)(session, order)


def _build_payments(_session: Session, order: OrderDetail) -> dict[str, Any]:
    rows = order.transactions
    currencies = {row.currency for row in rows}
    return {
        "transactions": rows,
        "payments": order.payments,
        "amount_of": Money,
        # A sum of several currencies would be none.
        "totals": _sum_transactions(rows, *currencies) if len(currencies) == 1 else [],
    }


def _sum_transactions(rows: Sequence[TransactionRow], currency: str) -> list[document_pages.Total]:
    parts = {
        "charges": _l("Prices and shipping"),
        "tax": _l("Tax"),
        "fees": _l("Amazon's fees"),
        "other": _l("Other amounts"),
    }
    sums = [(text, Money(sum(getattr(row, name) for row in rows), currency), False) for name, text in parts.items()]
    total = Money(sum(row.total for row in rows), currency)
    return [*(row for row in sums if row[1].minor), (_l("Net proceeds"), total, True)]


_TAB_CONTEXTS: dict[str, TabContext] = {
    "information": _build_information,
    "invoices": _build_documents(orders.list_invoices),
    "credit_memos": _build_documents(orders.list_credit_memos),
    "shipments": _build_shipments,
    "payments": _build_payments,
    "history": _build_history,
}


def _build_comment_view(note: CommentRow, zone: str) -> document_pages.CommentView:
    return document_pages.CommentView(note.at, zone, actors.name(note.actor, note.email), note.text, note.notify)


def _can_cancel_at_amazon(order: OrderDetail) -> bool:
    """Return whether Amazon still lets the merchant cancel the order."""
    amazon = order.amazon_order
    return amazon.status == statuses.UNSHIPPED and amazon.fulfilled_by == statuses.MERCHANT


def _build_differences(order: OrderDetail, which: str) -> list[tuple[str | LazyString, str | None, str | None]]:
    """Return (field, Amazon's value, edited value) where the two differ."""
    original = order_addresses.get_amazon_address(order, which) or {}
    current = getattr(order, order_addresses.COLUMNS[which][0]) or {}
    return [
        (timeline.ADDRESS_FIELDS.get(name, name), original.get(name), current.get(name))
        for name in addresses.EDITABLE
        if original.get(name) != current.get(name)
    ]


def _build_totals(order: OrderDetail) -> list[document_pages.Total]:
    """Return the rows of the totals, what was paid and refunded, and what is due."""
    paid, refunded = order.total_invoiced, order.total_refunded
    pending = [(_l("Refund requested"), Money(order.total_refunding, order.currency), False)]
    return [
        *document_pages.build_amount_rows(order, order.currency),
        (_l("Grand total"), Money(order.total, order.currency), True),
        (_l("Total paid"), Money(paid, order.currency), False),
        (_l("Total refunded"), Money(refunded, order.currency), False),
        *(pending if order.total_refunding else []),
        (_l("Total due"), Money(order.total - paid, order.currency), False),
    ]
