"""History entries for display: title, text, tone, icon and actor of an event."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from webapp.messages import text_for
from webapp.models.audit_log import Event
from webapp.queries.orders.history import EventRow
from webapp.web.formatting.actors import names


class HistoryEntry(NamedTuple):
    """A history entry. `zone`: IANA name of the time zone."""

    at: datetime
    zone: str
    tone: str
    icon: str
    title: str
    text: str
    actor: str


# Event kind → tone and icon; others are quiet.
_LOOKS = {
    "amazon_order_arrived": ("wait", "package"),
    "amazon_order_reported": ("wait", "package"),
    "amazon_order_changed": ("work", "refresh"),
    "address_corrected": ("work", "user"),
    "address_restored": ("work", "user"),
    "billing_address_corrected": ("work", "user"),
    "billing_address_restored": ("work", "user"),
    "shipping_address_corrected": ("work", "user"),
    "shipping_address_restored": ("work", "user"),
    "order_created": ("good", "clipboard-list"),
    "order_invoiced_at_import": ("good", "file-invoice"),
    "order_invoiced": ("good", "file-invoice"),
    "order_shipped": ("good", "truck"),
    "order_refunded": ("work", "receipt-refund"),
    "return_requested": ("warn", "arrow-back-up"),
    "return_restocked_event": ("good", "packages"),
    "order_held": ("warn", "player-pause"),
    "order_held_until": ("warn", "player-pause"),
    "order_unheld": ("work", "player-play"),
    "order_status_chosen": ("work", "progress"),
    "order_status_cleared": ("work", "progress"),
    "order_commented": ("quiet", "message"),
    "order_commented_notify": ("quiet", "mail"),
    "order_closed": ("quiet", "lock"),
    "order_awaiting_amazon": ("wait", "truck-delivery"),
    "order_complete": ("good", "circle-check"),
    "order_canceled": ("quiet", "circle-x"),
    "cancelled_at_amazon_but": ("bad", "alert-triangle"),
    "credited_offline": ("work", "file-invoice"),
    "line_reduced_at_amazon": ("warn", "circle-x"),
    "line_increased_at_amazon": ("work", "plus"),
    "line_added_at_amazon": ("work", "plus"),
    "cancelled_units_invoiced": ("warn", "receipt-refund"),
    "shipped_at_amazon": ("good", "truck-delivery"),
    "mail_queued": ("wait", "clock"),
    "mail_sent": ("good", "send"),
    "mail_failed": ("bad", "alert-circle"),
    "mail_unknown": ("bad", "help-circle"),
    "mail_retried": ("wait", "refresh"),
    "mail_dropped": ("quiet", "x"),
    "refunded_in_part": ("good", "shield-check"),
    "refund_confirmed": ("good", "shield-check"),
    "refund_posted": ("quiet", "receipt-refund"),
    "refund_missing": ("bad", "help-circle"),
    "refund_differs": ("bad", "alert-triangle"),
    "refund_doubled": ("bad", "alert-circle"),
    "refund_elsewhere": ("warn", "receipt-refund"),
    "refund_finding_checked": ("quiet", "check"),
    "parcel_edited": ("work", "truck"),
    "tracking_confirmed_by_person": ("warn", "user"),
    "parcel_taken_back": ("warn", "arrow-back-up"),
}
# Tone and icon of submission events, by the suffix of their kind.
_OUTCOMES = {
    "_requested": ("wait", "clock"),
    "_resent": ("wait", "clock"),
    "_undone": ("quiet", "arrow-back-up"),
    "_accepted": ("work", "check"),
    "_rejected": ("bad", "circle-x"),
    "_conflict": ("bad", "alert-triangle"),
    "_insisted": ("warn", "send"),
    "_unproved": ("bad", "help-circle"),
    "_verified": ("good", "shield-check"),
    "_not_needed": ("good", "shield-check"),
}


def list_entries(session: Session, events: Sequence[Event], zone: str = "UTC") -> list[HistoryEntry]:
    """Return the entries of events, in the same order, with times in `zone`."""
    actors = names(session, [event.actor for event in events])
    return [get_entry(event, zone, actors[event.actor]) for event in events]


def get_entry(event: Event | EventRow, zone: str, actor: str) -> HistoryEntry:
    """Return the entry of an event. `actor`: a name."""
    tone, icon = _LOOKS.get(event.kind) or _describe_outcome(event.kind)
    title, text = text_for(event.kind, event.args), _describe_event(event.args)
    # Some titles contain the text.
    return HistoryEntry(event.at, zone, tone, icon, title, "" if text in title else text, actor)


def _describe_outcome(kind: str) -> tuple[str, str]:
    return next((look for end, look in _OUTCOMES.items() if kind.endswith(end)), ("quiet", "point"))


def _describe_event(arguments: dict[str, Any]) -> str:
    """Return Amazon's message, or the text of our cause code, of an event."""
    return str(arguments.get("words") or "") or text_for(str(arguments.get("cause") or ""))
