"""Amazon orders: list, page of one with its tabs, address corrections, manual creation of an order."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, flash, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import Session

from webapp.core.extensions import db
from webapp.domain.amazon import order_details, statuses
from webapp.domain.amazon.errors import AmazonError
from webapp.domain.amazon.types import Address
from webapp.domain.common import addresses
from webapp.domain.common.money import Money
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.submissions import cancellation
from webapp.domain.sync.version_diff import Difference, find_differences
from webapp.forms.amazon_orders import AddressForm
from webapp.messages import text_for
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.submissions import Submission
from webapp.queries.sync import amazon_orders as queries
from webapp.services.orders import customizations
from webapp.services.sync import manual_corrections
from webapp.services.sync.reports import reported_orders
from webapp.views.listing import registry as list_registry
from webapp.views.listing.pages import add_routes
from webapp.views.orders import timeline
from webapp.web.amazon_gateway import open_gateway
from webapp.web.auth import has_permission, requires
from webapp.web.form_errors import add_error
from webapp.web.input_validation import parse_id
from webapp.web.links import seller_central
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("amazon_orders", __name__, url_prefix="/amazon-orders")
add_routes(bp, list_registry.AMAZON_ORDERS)

_ADDRESS = ("addresses/_dialog.html", "addresses/dialog.html")
TABS = {
    "details": _l("Order details and shipping"),
    "items": _l("Order items"),
    "tracking": _l("Tracking"),
    "history": _l("History"),
}


class AmazonOrderSummary(NamedTuple):
    """An Amazon order with the number of its order (`order_number`) and the counts of its lines and parcels.

    `submission`: the last cancellation. `refused`: the code of why it cannot be canceled, or None.
    """

    order: AmazonOrder
    order_number: str | None
    items: int
    packages: int
    submission: Submission | None
    refused: str | None

    @property
    def zone(self) -> str:
        return self.order.store.marketplace.time_zone

    @property
    def writable(self) -> bool:
        return self.order.store.import_orders

    @property
    def wants_order(self) -> bool:
        """Return whether an order can be created from it manually."""
        ended = {statuses.CANCELLED, statuses.UNFULFILLABLE}
        return self.order_number is None and self.writable and self.order.status not in ended and not self.is_reported

    @property
    def is_reported(self) -> bool:
        """Return whether it is known from a report only."""
        return self.order.note == reported_orders.NOTE


def load(number: str) -> AmazonOrderSummary:
    """Load an Amazon order. Raises NotFoundError."""
    session = db.session()
    order, order_number, items, packages, cancellation_requested, has_parcel = queries.get_detail(session, number)
    submission = queries.find_last_cancellation(session, order.id) if cancellation_requested else None
    refused = cancellation.find_refusal_reason(
        order.status,
        order.fulfilled_by,
        writable=order.store.import_orders,
        requested=submission is not None and submission.open,
        has_parcel=has_parcel,
    )
    return AmazonOrderSummary(order, order_number, items, packages, submission, refused)


@bp.get("/<number>")
@requires("orders.read")
def show(number: str) -> Response:
    summary = load(number)
    tab = request.args.get("tab", "")
    tab = tab if tab in TABS else "details"
    tab_context = {
        "items": _build_items,
        "tracking": _map_items_by_id,
        "history": _build_history,
        "details": _build_details,
    }[tab](summary)
    page = f"amazon_orders/{tab}.html"
    return render_fragment_or_page(
        request, page, page, **head(summary), tab=tab, tabs=_build_tabs(summary, tab), **tab_context
    )


def head(summary: AmazonOrderSummary) -> dict[str, Any]:
    """Return the context of the page head and of the submission panel."""
    return {"summary": summary, "order": summary.order, "zone": summary.zone, "submission": summary.submission}


@bp.post("/<number>/orders")
@requires("orders.write")
def create_order(number: str) -> Response:
    """Create the order now, for the first time or after what blocked it was corrected."""
    page_url = url_for("amazon_orders.show", number=number)
    session = db.session()
    try:
        order_number = manual_corrections.create_order(
            session, queries.get_id(session, number), now=datetime.now(UTC), actor=current_user.actor
        )
    except RefusedError as error:
        flash(text_for(error.code, error.arguments), "warn")
        return see_other(request, page_url)
    flash(_("Order %(number)s created.", number=order_number), "good")
    return see_other(request, url_for("orders.show", number=order_number))


@bp.get("/<number>/address")
@requires("orders.write")
def address(number: str) -> Response:
    order = _open_address(number)
    form = AddressForm(formdata=None, data=order.recipient_override or order.recipient or {})
    return render_fragment_or_page(request, *_ADDRESS, form=form, **_build_address_context(number))


@bp.post("/<number>/address")
@requires("orders.write")
def save_address(number: str) -> Response:
    order = _open_address(number)
    form = AddressForm()
    try:
        manual_corrections.correct_address(
            db.session(), order.id, form.entered(), now=datetime.now(UTC), actor=current_user.actor
        )
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(request, *_ADDRESS, form=form, **_build_address_context(number))
    flash(_("The address was corrected in Channeldesk only."), "good")
    return see_other(request, url_for("amazon_orders.show", number=number))


@bp.post("/<number>/address-restorations")
@requires("orders.write")
def restore_address(number: str) -> Response:
    session = db.session()
    manual_corrections.restore_address(
        session, queries.get_id(session, number), now=datetime.now(UTC), actor=current_user.actor
    )
    flash(_("Amazon's address restored."), "good")
    return see_other(request, url_for("amazon_orders.show", number=number))


@bp.get("/<number>/versions/<int:version_id>")
@requires("orders.read")
def version(number: str, version_id: int) -> Response:
    """Show what Amazon changed in this version, with personal data masked for those who may not read it."""
    session = db.session()
    return render_fragment_or_page(
        request,
        "amazon_orders/_version.html",
        "amazon_orders/version.html",
        number=number,
        version=version_id,
        **_compare_versions(session, queries.get_id(session, number), version_id),
    )


@bp.post("/<number>/versions/<int:version_id>/reveals")
@requires("pii.read")
def reveal(number: str, version_id: int) -> Response:
    """Show the complete body of a version with personal data; this is audited."""
    session = db.session()
    id_ = queries.get_id(session, number)
    body = manual_corrections.reveal_version(session, id_, version_id, now=datetime.now(UTC), actor=current_user.actor)
    summary = load(number)
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return render_fragment_or_page(
        request,
        "amazon_orders/_body.html",
        "amazon_orders/body.html",
        **head(summary),
        version=version_id,
        text=text,
    )


@bp.post("/<number>/items/<order_item_id>/customizations")
@requires("pii.read")
def customization(number: str, order_item_id: str) -> Response:
    """Download the ZIP file with what the buyer chose for a customized item; this is audited."""
    session = db.session()
    order = queries.get_by_number(session, number)
    try:
        archive = customizations.download(
            session, order, order_item_id, open_gateway, now=datetime.now(UTC), actor=current_user.actor
        )
    except (RefusedError, AmazonError) as error:
        session.rollback()
        text = text_for(error.code, error.arguments) if isinstance(error, RefusedError) else error.message
        flash(_("The customization could not be downloaded. %(why)s", why=text), "bad")
        return see_other(request, url_for("amazon_orders.show", number=number, tab="items"))
    response = Response(archive, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="customization-{number}-{order_item_id}.zip"'
    return response


def _build_address_context(number: str) -> dict[str, Any]:
    return {
        "title": _("Correct the delivery address"),
        "notice": _("The address at Amazon does not change. Orders created from now on use this one."),
        "back": url_for("amazon_orders.show", number=number),
        "save_url": url_for("amazon_orders.save_address", number=number),
    }


def _open_address(number: str) -> AmazonOrder:
    """Return the order, or abort with 403 if the user may not read personal data."""
    if not has_permission("pii.read"):
        abort(403)
    return queries.get_by_number(db.session(), number)


def _build_tabs(summary: AmazonOrderSummary, current: str) -> list[tuple[str | LazyString, str, bool, int | None]]:
    counts = {"items": summary.items, "tracking": summary.packages}
    number = summary.order.number
    return [
        (
            text,
            url_for("amazon_orders.show", number=number, tab=None if tab == "details" else tab),
            tab == current,
            counts.get(tab),
        )
        for tab, text in TABS.items()
    ]


def _build_details(summary: AmazonOrderSummary) -> dict[str, Any]:
    order = summary.order
    original, override = order.recipient or {}, order.recipient_override
    changed = [
        (timeline.ADDRESS_FIELDS.get(name, name), original.get(name), override.get(name))
        for name in addresses.EDITABLE
        if override is not None and original.get(name) != override.get(name)
    ]
    current = override or original
    return {
        "address": Address(**current) if current else None,
        "amazons_address": Address(**original) if original else None,
        "changed": changed,
        "components": _list_components(order.components),
        "seller_central": f"{seller_central(order.store.marketplace)['orders']}/order/{order.number}",
    }


def _list_components(stored: list[Any]) -> list[tuple[str, str, Money]]:
    """Return (type, subtype or "", amount) of each component; a subtype without a name is "OTHER"."""
    named = {None: "", "": "OTHER"}
    return [(kind, named.get(subtype, subtype), Money(minor, currency)) for kind, subtype, minor, currency in stored]


def _build_items(summary: AmazonOrderSummary) -> dict[str, Any]:
    return {
        "details": order_details.load_items(summary.order.details),
        "constraint_code": order_details.HANDLING_OF_CONSTRAINTS.get,
    }


def _map_items_by_id(summary: AmazonOrderSummary) -> dict[str, Any]:
    return {"lines": {item.order_item_id: item for item in summary.order.items}}


def _build_history(summary: AmazonOrderSummary) -> dict[str, Any]:
    session = db.session()
    version = request.args.get("version", type=parse_id)
    return {
        "lines": timeline.build_amazon_order_timeline(session, summary.order),
        "version": version,
        **(_compare_versions(session, summary.order.id, version) if version is not None else {}),
    }


def _compare_versions(session: Session, amazon_order_id: int, version_id: int) -> dict[str, Any]:
    """Return the context of amazon_orders/_differences.html. Raises NotFoundError."""
    after, before = queries.get_version_pair(session, amazon_order_id, version_id)
    changes: list[Difference] = [] if before is None else find_differences(before, after)
    return {"changes": changes, "first": before is None}
