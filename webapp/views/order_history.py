"""The one history of an Order: what happened here and at Amazon, and what was written, in one line of time."""

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from webapp.models.comments import Comment
from webapp.models.orders import Order
from webapp.presentation import masked
from webapp.queries import amazon_orders, documents
from webapp.security import can
from webapp.views import history, timeline
from webapp.views.people import names
from webapp.views.timeline import Line

# The column a comment names its document in → the document's page.
_PAGES = {"invoice_id": "invoices.show", "shipment_id": "shipments.show", "credit_memo_id": "credit_memos.show"}


def of_order(session: Session, order: Order) -> list[Line]:
    """Newest first. A comment stands with the event that tells of it, by itself where it came with a document."""
    comments = {row.id: row for row in documents.comments(session, order_id=order.id)}
    events = amazon_orders.events(session, amazon_order_id=order.amazon_order_id)
    lines = []
    for event, line in timeline.of_events(session, order.amazon_order, events):
        comment = comments.pop(event.args.get("comment", 0), None) if event is not None else None
        lines.append(line if comment is None else _with(line, comment))
    lines += _by_themselves(session, order, list(comments.values()))
    return sorted(lines, key=lambda line: line.entry.at, reverse=True)


def _with(line: Line, comment: Comment) -> Line:
    said = " · ".join(filter(None, (line.entry.text, _said(comment))))
    return line._replace(entry=line.entry._replace(text=said))


def _by_themselves(session: Session, order: Order, comments: list[Comment]) -> list[Line]:
    people = names(session, [comment.by for comment in comments])
    numbers = documents.numbers(session, order.id)
    return [_line(comment, order, people[comment.by], numbers) for comment in comments]


def _line(comment: Comment, order: Order, by: str, numbers: dict[tuple[str, int], str]) -> Line:
    column = next((name for name in _PAGES if getattr(comment, name) is not None), "")
    number = numbers[column, getattr(comment, column)] if column else ""
    title = {
        "invoice_id": _("Comment on invoice %(number)s", number=number),
        "shipment_id": _("Comment on shipment %(number)s", number=number),
        "credit_memo_id": _("Comment on credit memo %(number)s", number=number),
        "": _("Comment"),
    }[column]
    zone = order.store.marketplace.time_zone
    entry = history.Entry(comment.at, zone, "quiet", "message", title, _said(comment), by)
    return Line(entry, [], None, url_for(_PAGES[column], number=number) if column else "")


def _said(comment: Comment) -> str:
    """People's words may speak of the buyer."""
    return comment.text if can("pii.read") else masked(comment.text)
