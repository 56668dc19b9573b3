"""The history of an order in one timeline: events here and at Amazon, and comments."""

from flask import url_for
from flask_babel import gettext as _

from webapp.queries.orders.detail import OrderDetail
from webapp.queries.orders.history import CommentRow
from webapp.views.orders import event_lines, timeline
from webapp.views.orders.timeline import HistoryLine
from webapp.web.auth import has_permission
from webapp.web.formatting import actors, masked

# Foreign key of a comment → endpoint of the document.
_PAGES = {"invoice_id": "invoices.show", "shipment_id": "shipments.show", "credit_memo_id": "credit_memos.show"}


def build_order_history(order: OrderDetail) -> list[HistoryLine]:
    """Return events and comments, newest first. A comment is merged into its event; comments on documents have none."""
    comments, zone = {note.id: note for note in order.comments}, order.store.marketplace.time_zone
    lines = []
    for event, line in timeline.build_event_lines(order.history, zone, order.amazon_order.currency):
        comment = comments.pop(event.args.get("comment", 0), None) if event is not None else None
        lines.append(line if comment is None else _with(line, comment))
    lines += [_build_line(comment, zone) for comment in comments.values()]
    return sorted(lines, key=lambda line: line.entry.at, reverse=True)


def _with(line: HistoryLine, comment: CommentRow) -> HistoryLine:
    text = " · ".join(filter(None, (line.entry.text, _format_comment(comment))))
    return line._replace(entry=line.entry._replace(text=text))


def _build_line(comment: CommentRow, zone: str) -> HistoryLine:
    column = next((name for name in _PAGES if getattr(comment, name) is not None), "")
    number = comment.document or ""
    title = {
        "invoice_id": _("Comment on invoice %(number)s", number=number),
        "shipment_id": _("Comment on shipment %(number)s", number=number),
        "credit_memo_id": _("Comment on credit memo %(number)s", number=number),
        "": _("Comment"),
    }[column]
    actor = actors.name(comment.actor, comment.email)
    entry = event_lines.HistoryEntry(comment.at, zone, "quiet", "message", title, _format_comment(comment), actor)
    url = url_for(_PAGES[column], number=number) if column else ""
    return HistoryLine(entry, [], None, url, frozenset({timeline.PEOPLE}))


def _format_comment(comment: CommentRow) -> str:
    """Return the text, masked for users who may not read personal data."""
    return comment.text if has_permission("pii.read") else masked(comment.text)
