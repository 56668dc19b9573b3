"""The history of an order: events and the versions Amazon sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from webapp.domain.common.money import Money
from webapp.messages import text_for
from webapp.messages.status_labels import label
from webapp.models.amazon_orders import AmazonOrder
from webapp.queries.orders import history as order_history
from webapp.queries.orders.history import EventRow, OrderHistory
from webapp.views.orders import event_lines
from webapp.views.orders.event_lines import HistoryEntry
from webapp.web import formatting
from webapp.web.auth import has_permission
from webapp.web.formatting import actors

_FIELDS = {
    "status": _l("Status"),
    "total": _l("Total"),
    "quantity_shipped": _l("Items shipped"),
    "ship_by": _l("Ship by"),
    "cancel_requested": _l("Cancellation requested"),
}
ADDRESS_FIELDS = {
    "name": _l("Recipient's name"),
    "company": _l("Company"),
    "line1": _l("Address line 1"),
    "line2": _l("Address line 2"),
    "line3": _l("Address line 3"),
    "postal_code": _l("Postal code"),
    "city": _l("City"),
    "district": _l("District or county"),
    "region": _l("State or region"),
    "country_code": _l("Country"),
    "phone": _l("Telephone"),
    "instructions": _l("Delivery instructions"),
}
# Event kind → endpoint of the document it is about.
_PAGES = {
    "order_invoiced": "invoices.show",
    "order_shipped": "shipments.show",
    "parcel_edited": "shipments.show",
    "tracking_confirmed_by_person": "shipments.show",
    "parcel_taken_back": "shipments.show",
    "order_refunded": "credit_memos.show",
    "credited_offline": "credit_memos.show",
    "refund_confirmed": "credit_memos.show",
    "refund_missing": "credit_memos.show",
    "refund_differs": "credit_memos.show",
}


# What a timeline can be filtered by.
AMAZON, PEOPLE, SUBMISSIONS, MAILS, PAYMENTS, AUTOMATIC = (
    "amazon",
    "people",
    "submissions",
    "mails",
    "payments",
    "automatic",
)
KINDS = {
    AMAZON: _l("Changes at Amazon"),
    PEOPLE: _l("People's actions"),
    SUBMISSIONS: _l("Submissions"),
    MAILS: _l("Messages to the buyer"),
    PAYMENTS: _l("Refunds in Amazon's payments"),
    AUTOMATIC: _l("Automatic"),
}
_PAYMENT_EVENTS = frozenset(
    {
        "refund_confirmed",
        "refund_posted",
        "refund_missing",
        "refund_differs",
        "refund_doubled",
        "refund_elsewhere",
        "refund_finding_checked",
    }
)


class HistoryLine(NamedTuple):
    """An entry with its changes (field, before, after), the id of the version Amazon sent, and its link.

    `kinds`: those of `KINDS` that it belongs to. `request_id`: Amazon's, of the call that the entry is about.
    """

    entry: HistoryEntry
    changes: list[tuple[str, str, str]]
    version: int | None
    url: str = ""
    kinds: frozenset[str] = frozenset()
    request_id: str = ""


def build_amazon_order_timeline(session: Session, order: AmazonOrder) -> list[HistoryLine]:
    """Return the history of an Amazon order, newest first."""
    history, zone = order_history.load_history(session, order.id), order.store.marketplace.time_zone
    return [line for _event, line in build_event_lines(history, zone, order.currency)]


def build_event_lines(
    history: OrderHistory, zone: str, currency: str | None
) -> list[tuple[EventRow | None, HistoryLine]]:
    """Return (event, line), newest first. The event is None for a version from Amazon that changed nothing."""
    unclaimed = {version.received_at: version.id for version in history.versions}
    lines: list[tuple[EventRow | None, HistoryLine]] = []
    for event in history.events:
        entry = event_lines.get_entry(event, zone, actors.name(event.actor, event.email))
        caused = event.kind in {"amazon_order_arrived", "amazon_order_changed"}
        line = _build_line(event, entry, currency, unclaimed.pop(event.at, None) if caused else None)
        request_id = str(event.args.get("request_id") or "")
        lines.append((event, line._replace(kinds=find_kinds(event), request_id=request_id)))
    lines += [
        (None, HistoryLine(_resent(at, zone), [], version, kinds=frozenset({AMAZON})))
        for at, version in unclaimed.items()
    ]
    # The sort is stable: events of the same instant keep their order.
    return sorted(lines, key=lambda line: line[1].entry.at, reverse=True)


def find_kinds(event: EventRow) -> frozenset[str]:
    """Return the kinds an event belongs to: a person's request is also a submission."""
    kinds = set()
    if event.actor.startswith("user:") or event.actor == "cli":
        kinds.add(PEOPLE)
    if event.submission_id is not None:
        kinds.add(SUBMISSIONS)
    elif event.kind.startswith("mail_"):
        kinds.add(MAILS)
    elif event.kind in _PAYMENT_EVENTS:
        kinds.add(PAYMENTS)
    elif event.kind.startswith("amazon_order_") or event.kind.endswith("_at_amazon"):
        kinds.add(AMAZON)
    return frozenset(kinds or {AUTOMATIC})


def _build_line(event: EventRow, entry: HistoryEntry, currency: str | None, version: int | None) -> HistoryLine:
    if event.kind == "amazon_order_changed":
        return HistoryLine(entry, _describe_changes(event.args, currency, entry.zone), version)
    if event.kind.endswith("address_corrected"):
        fields = [str(ADDRESS_FIELDS.get(name, name)) for name in event.args.get("fields", [])]
        return HistoryLine(entry._replace(text=", ".join(fields)), [], version)
    return HistoryLine(entry, [], version, _build_url(event))


def _build_url(event: EventRow) -> str:
    """Return the URL of what the event is about, or ""."""
    endpoint = _PAGES.get(event.kind)
    if endpoint and "number" in event.args:
        return url_for(endpoint, number=event.args["number"])
    if "mail" in event.args and has_permission("mails.read"):
        return url_for("mails.show", mail_id=event.args["mail"])
    if event.submission_id and has_permission("submissions.read"):
        return url_for("submissions.show", submission_id=event.submission_id)
    return ""


def _describe_changes(arguments: Mapping[str, Any], currency: str | None, zone: str) -> list[tuple[str, str, str]]:
    def text(name: str, index: int) -> str:
        value = arguments[name][index]
        return _format_value(name, value, currency, zone) if value is not None else "–"

    return [(str(label_), text(name, 0), text(name, 1)) for name, label_ in _FIELDS.items() if name in arguments]


def _format_value(name: str, value: Any, currency: str | None, zone: str) -> str:
    match name:
        case "status":
            return str(label("amazon_status", value).text)
        case "total":
            return formatting.money(Money(value, currency)) if currency else str(value)
        case "ship_by":
            return formatting.moment(datetime.fromisoformat(value), zone)
        case "cancel_requested":
            return _("Yes") if value else _("No")
    return formatting.number(value)


def _resent(at: datetime, zone: str) -> HistoryEntry:
    return HistoryEntry(at, zone, "quiet", "refresh", text_for("amazon_order_resent"), "", _("Amazon"))
