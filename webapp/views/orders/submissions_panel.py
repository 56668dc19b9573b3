"""The panel of an order's submissions, which polls while one of them is open."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import Response, request, url_for

from webapp.core.extensions import db
from webapp.domain.submissions import shipment_confirmation
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.submissions import Submission
from webapp.queries import submissions as queries
from webapp.queries.orders import orders as orders_queries
from webapp.queries.orders.detail import ParcelRow, SubmissionRow
from webapp.queries.shipping import parcels as shipping_parcels
from webapp.views.orders.list import bp
from webapp.web.auth import requires
from webapp.web.responses import render_fragment_or_page, stop_polling

AnySubmission = Submission | SubmissionRow
# Failed submissions need a person.
_FAILED = frozenset({submission_states.REJECTED, submission_states.UNPROVED})
# So does a parcel that was not confirmed to Amazon.
_UNCONFIRMED = _FAILED | {submission_states.UNDONE}
# Poll interval in seconds: short while something can be undone.
_SOON, _LATER = 1, 3


@bp.get("/<number>/submissions", endpoint="submissions")
@requires("orders.read", by_itself=True)
def submissions_fragment(number: str) -> Response:
    """Render the panel. When polling stops, the page is loaded again, since all of it may have changed."""
    session = db.session()
    order = orders_queries.get_by_number(session, number)
    panel = build_panel_context(
        queries.list_for_order(session, order.amazon_order_id), shipping_parcels.list_parcels(session, order.id)
    )
    back = url_for("orders.show", number=number, tab=request.args.get("tab") or None)
    context = {"order": order, "tab": request.args.get("tab", ""), "back": back} | panel
    if panel["pace"]:
        return render_fragment_or_page(request, "orders/_submissions.html", "orders/submissions.html", **context)
    return stop_polling("orders/_submissions_done.html", **context)


class ShipmentNumber(NamedTuple):
    """The shipment of a parcel."""

    number: str


class PanelParcel(NamedTuple):
    """What the buttons of a parcel need (`templates/parcels/_submission.html`)."""

    reference: int
    tracking_number: str
    shipment: ShipmentNumber


def build_panel_context(submissions: Sequence[AnySubmission], parcels: Sequence[ParcelRow]) -> dict[str, Any]:
    """Return the rows of the panel, their parcels and the poll interval in seconds, 0 when none is open.

    `submissions`: all submissions about the order, newest first. `parcels`: all parcels of the order; submissions about
    removed parcels are not shown. `panel_parcels` are by the id of the submission.
    """
    by_reference = {str(parcel.reference): parcel for parcel in parcels}
    rows = [row for row in reversed(submissions) if _is_shown(row, submissions, by_reference)]
    return {
        "submissions": rows,
        "panel_parcels": {
            row.id: PanelParcel(*by_reference[row.subject], ShipmentNumber(str(row.details["shipment"])))
            for row in rows
            if row.kind == shipment_confirmation.KIND
        },
        "pace": poll_interval(submissions),
    }


def poll_interval(rows: Iterable[AnySubmission]) -> int:
    """Return the poll interval in seconds; 0 when nothing will change by itself."""
    running = [row for row in rows if row.open and row.state != submission_states.CONFLICT]
    return (_SOON if any(row.state == submission_states.QUEUED for row in running) else _LATER) if running else 0


def _is_shown(row: AnySubmission, submissions: Sequence[AnySubmission], parcels: Mapping[str, ParcelRow]) -> bool:
    """Return whether it is open, or failed and was not retried."""
    if row.kind == shipment_confirmation.KIND:
        failed = row.state in _UNCONFIRMED and not any(_is_retry(other, row) for other in submissions)
        return row.subject in parcels and (row.open or failed)
    return row.open or (row.state in _FAILED and not any(_is_retry(other, row) for other in submissions))


def _is_retry(other: AnySubmission, row: AnySubmission) -> bool:
    """Return whether `other` retries `row`; a refund is retried with a new credit memo."""
    return other.id > row.id and (
        _describe_subject(other) == _describe_subject(row) or other.details.get("again_of") == row.id
    )


def _describe_subject(row: AnySubmission) -> tuple[str, str]:
    return row.kind, row.subject
