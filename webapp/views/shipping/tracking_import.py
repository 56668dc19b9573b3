"""Shipping many orders from pasted or uploaded tracking numbers: upload, preview of the matches, confirmation."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db, settings
from webapp.domain.common.csv_cells import format_row
from webapp.domain.errors import InvalidError
from webapp.domain.shipping.carriers import BY_KEY, WELL_KNOWN, Carrier
from webapp.domain.shipping.parcels import LONGEST_METHOD
from webapp.domain.shipping.tracking import matching as tracking_matching
from webapp.domain.shipping.tracking.matching import (
    ALREADY,
    BLOCKED,
    CHOOSE,
    CONFIRM,
    LEFT_OUT,
    READY,
    STANDINGS,
    Choice,
    Match,
)
from webapp.forms.tracking import TrackingForm
from webapp.messages import text_for
from webapp.models.bulk_actions import BulkAction
from webapp.models.tracking_imports import TrackingImport
from webapp.queries.orders import orders
from webapp.queries.shipping import tracking_import as queries
from webapp.services.shipping import tracking_import
from webapp.views import bulk
from webapp.views.listing import registry as list_registry
from webapp.views.listing import tools as list_tools
from webapp.web.auth import has_permission, requires
from webapp.web.form_errors import add_error
from webapp.web.formatting.actors import names
from webapp.web.input_validation import parse_id
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("tracking", __name__, url_prefix="/tracking")

SHOWN = 100
# The URL of the form names the selected orders.
MOST_SELECTED = 200
_SHOW = ("tracking_imports/_preview.html", "tracking_imports/show.html")
_PASTE = ("tracking_imports/_new.html", "tracking_imports/index.html")
# The first group with rows is shown; those that need a decision come first.
_FIRST = (CHOOSE, CONFIRM, READY, BLOCKED, ALREADY, LEFT_OUT)


@bp.get("")
@requires("shipments.write")
def index() -> Response:
    """Render the form, with a line for each order of `orders` (order numbers with commas between them)."""
    numbers = [number for number in request.args.get("orders", "").split(",") if number][:MOST_SELECTED]
    form = TrackingForm(formdata=None, text="".join(f"{number}\t\n" for number in numbers) or None)
    return render_fragment_or_page(request, *_PASTE, form=form, **_build_recent_context())


@bp.post("/selections")
@requires("shipments.write")
def select() -> Response:
    """Ship the selected orders: one on its ship page, several with a line for each tracking number."""
    session, listing = db.session(), list_registry.ORDERS
    ids = list_tools.get_selected(listing)
    if not ids or len(ids) > MOST_SELECTED:
        code, arguments = ("bulk_too_many", {"count": len(ids), "most": MOST_SELECTED}) if ids else ("bulk_none", {})
        flash(text_for(code, arguments), "warn")
        return see_other(request, list_tools.build_back_url(listing))
    numbers = orders.list_numbers(session, ids)
    if len(numbers) == 1:
        return see_other(request, url_for("shipments.new", number=numbers[0]))
    return see_other(request, url_for("tracking.index", orders=",".join(numbers)))


@bp.post("")
@requires("shipments.write")
def paste() -> Response:
    session, form = db.session(), TrackingForm()
    try:
        texts = tracking_import.parse_sheets(session, form.texts())
    except InvalidError as error:
        session.rollback()
        add_error(form, error, otherwise="text")
        return render_invalid(request, *_PASTE, form=form, **_build_recent_context())
    session.rollback()
    stored = tracking_import.create(session, texts, now=datetime.now(UTC), actor=current_user.actor)
    return see_other(request, url_for("tracking.show", import_id=stored.id))


@bp.get("/<int:import_id>")
@requires("shipments.write")
def show(import_id: int) -> Response:
    """Render what each line would do now."""
    return render_fragment_or_page(request, *_SHOW, **_preview(import_id))


@bp.post("/<int:import_id>/choices")
@requires("shipments.write")
def choose(import_id: int) -> Response:
    """Save the choices of this page, and ship if that button was pressed."""
    session = db.session()
    preview_url = url_for(
        "tracking.show", import_id=import_id, show=request.args.get("show"), after=request.args.get("after")
    )
    if queries.find(session, import_id).confirmed_at is None:
        session.rollback()
        tracking_import.update_rows(session, import_id, _parse_choices())
    if request.form.get("then") != "ship":
        return see_other(request, preview_url)
    undo_seconds = settings().undo_seconds
    try:
        action = tracking_import.confirm(
            session,
            import_id,
            shipping_method=" ".join(request.form.get("shipping_method", "").split()),
            undo_seconds=undo_seconds,
            now=datetime.now(UTC),
            actor=current_user.actor,
        )
    except InvalidError as error:
        flash(text_for(error.code, error.arguments), "bad")
        return see_other(request, preview_url)
    bulk.enqueue(action.id)
    return see_other(request, url_for("bulk.show", action_id=action.id))


@bp.get("/<int:import_id>/rest.csv", endpoint="rest")
@requires("shipments.write")
def download_rest(import_id: int) -> Response:
    """Download the lines that were not shipped, with reasons; corrected, they can be uploaded again."""
    session = db.session()
    confirmed = queries.find(session, import_id).confirmed_at is not None
    matches = queries.evaluate(session, queries.list_rows(session, import_id), datetime.now(UTC))
    # Before the confirmation, ready lines are still to be shipped.
    rest = [match for match in matches if match.standing in {BLOCKED, CHOOSE, CONFIRM} or (confirmed and match.goes)]
    headers = {"Content-Disposition": f'attachment; filename="tracking-{import_id}-rest.csv"'}
    return Response("".join(_iterate_rest_lines(rest)), mimetype="text/csv", headers=headers)


def result(action: BulkAction) -> tuple[str, str] | None:
    """Return text and URL of the link to a bulk action's tracking import, or None."""
    import_id = queries.find_id_of_bulk(db.session(), action.id)
    if import_id is None or not has_permission("shipments.write"):
        return None
    return _("Lines of the upload"), url_for("tracking.show", import_id=import_id)


bulk.RESULTS["ship"] = result


def _build_recent_context() -> dict[str, Any]:
    session = db.session()
    imports = queries.list_recent(session)
    return {"recent": imports, "people": names(session, [row.actor for row in imports])}


def _parse_choices() -> dict[int, Choice]:
    """Return the choices for the rows of the page; an unchecked checkbox sends nothing."""
    ticked, shared = set(request.form.getlist("tick")), set(request.form.getlist("shared"))
    confirmed, for_all = set(request.form.getlist("confirm")), request.form.get("carrier_all", "")
    return {
        int(row): Choice(
            row in ticked, request.form.get(f"carrier-{row}", "") or for_all, row in shared, row in confirmed
        )
        for row in request.form.getlist("row")
        if row.isdecimal() and len(row) < 10
    }


def _preview(import_id: int) -> dict[str, Any]:
    session = db.session()
    stored = queries.find(session, import_id)
    rows = queries.list_rows(session, import_id)
    matches = queries.evaluate(session, rows, datetime.now(UTC))
    pairs = list(zip(rows, matches, strict=True))
    counts = {name: sum(match.standing == name for match in matches) for name in STANDINGS}
    shown = request.args.get("show", "")
    if shown not in STANDINGS:
        shown = next((name for name in _FIRST if counts[name]), READY)
    after = request.args.get("after", 0, type=parse_id)
    group = [pair for pair in pairs if pair[1].standing == shown]
    page = group[after : after + SHOWN]
    packed = tracking_matching.group_shipments(matches)
    return {
        "stored": stored,
        "pairs": page,
        "counts": counts,
        "shown": shown,
        "after": after,
        "previous": max(0, after - SHOWN) if after else None,
        "next": after + SHOWN if after + SHOWN < len(group) else None,
        "orders": len(packed),
        "parcels": sum(len(parcels) for parcels in packed.values()),
        "late": sum(match.late and match.goes for match in matches),
        "first": after + 1 if page else 0,
        "last": after + len(page),
        "options": _list_options,
        "carriers": sorted(WELL_KNOWN, key=lambda carrier: carrier.name.casefold()),
        "longest_shipping_method": LONGEST_METHOD,
        "bulk_url": url_for("bulk.show", action_id=stored.bulk_action_id) if stored.bulk_action_id else "",
        "accounts": _build_summaries(stored),
    }


def _list_options(match: Match) -> tuple[Sequence[Carrier], str]:
    """Return the possible carriers, likeliest first, and the key of the chosen one."""
    return match.guesses, match.choice.carrier if match.choice.carrier in BY_KEY else ""


class SourceSummary(NamedTuple):
    """How a text was parsed. `columns`: (field, headings of its columns); `unused`: (heading, reason)."""

    name: str
    entries: int
    columns: list[tuple[str, str]]
    read: int | None
    explained: int
    headings: int
    unused: list[tuple[str, str]]


def _build_summaries(stored: TrackingImport) -> list[SourceSummary]:
    fields = {
        "order": _("Order"),
        "tracking_number": _("Tracking number"),
        "carrier": _("Carrier"),
        "sku": _("SKU"),
        "order_item_id": _("Order item ID"),
        "quantity": _("Quantity"),
        "shipped_on": _("Ship date"),
        "shipping_method": _("Shipping service"),
        "void": _("Voided"),
    }
    why = {"return": _("return labels"), "suspicious": _("looks like tracking numbers")}
    summaries = []
    for name, columns, entries, *more in stored.sources:
        # The counts are missing where the text had no table.
        details = more[0] if more else {}
        used = [(text, columns[field]) for field, text in fields.items() if field in columns]
        unused = [(column, why.get(reason, "")) for column, reason in details.get("unused", ())]
        counts = details.get("read"), details.get("explained", 0), details.get("headings", 0)
        summaries.append(SourceSummary(name, entries, used, *counts, unused))
    return summaries


def _iterate_rest_lines(matches: Sequence[Match]) -> Iterator[str]:
    yield format_row(
        ["order-number", "tracking-number", "carrier", "sku", "order-item-id", "quantity", "ship-method", "why"]
    )
    for match in matches:
        line = match.line
        why = text_for(match.code, match.args) if match.code else ""
        number = line.tracking_number or line.written
        values = [line.order, number, line.carrier, line.sku, line.item, line.quantity or "", line.shipping_method]
        yield format_row([*values, why])
