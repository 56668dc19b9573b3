"""Amazon orders: list, page of one with its tabs, address corrections, manual creation of an order."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, flash, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.amazon import statuses
from webapp.domain.amazon.types import Address
from webapp.domain.common import addresses
from webapp.domain.common.money import Money
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.submissions import cancellation
from webapp.domain.sync.version_diff import Difference, differences
from webapp.forms.amazon_orders import AddressForm
from webapp.messages import text_for
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.submissions import Submission
from webapp.queries.sync import amazon_orders as queries
from webapp.services.sync import manual_corrections
from webapp.views.listing import registry as list_registry
from webapp.views.listing.pages import add_routes
from webapp.views.orders import timeline
from webapp.web.auth import has_permission, requires
from webapp.web.form_errors import add_error
from webapp.web.links import seller_central
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("amazon_orders", __name__, url_prefix="/amazon-orders")
add_routes(bp, list_registry.AMAZON_ORDERS)

TABS = {
    "details": _l("Order details and shipping"),
    "items": _l("Order items"),
    "tracking": _l("Tracking"),
    "history": _l("History"),
}


class AmazonOrderContext(NamedTuple):
    """An Amazon order with the number of its order (`order_number`) and the counts of its lines and parcels.

    `submission`: the cancellation asked for last. `refused`: why it cannot be cancelled, a code of `sentences`.
    """

    order: AmazonOrder
    ours: str | None
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
        return self.ours is None and self.writable and self.order.status not in ended


def load(number: str) -> AmazonOrderContext:
    """Raises NotFoundError."""
    session = db.session()
    order, ours, items, packages, asked, left = queries.with_beside(session, number)
    submission = queries.last_cancellation(session, order.id) if asked else None
    refused = cancellation.refusal(
        order.status,
        order.fulfilled_by,
        writable=order.store.import_orders,
        requested=submission is not None and submission.open,
        left=left,
    )
    return AmazonOrderContext(order, ours, items, packages, submission, refused)


@bp.get("/<number>")
@requires("orders.read")
def show(number: str) -> Response:
    known = load(number)
    tab = request.args.get("tab", "")
    tab = tab if tab in TABS else "details"
    more = {"items": lambda _: {}, "tracking": _titles, "history": _history, "details": _details}[tab](known)
    page = f"amazon_orders/{tab}.html"
    return render_fragment_or_page(request, page, page, **head(known), tab=tab, tabs=_tabs(known, tab), **more)


def head(known: AmazonOrderContext) -> dict[str, Any]:
    """Return the context of the page head and of the submission panel."""
    return {"known": known, "order": known.order, "zone": known.zone, "submission": known.submission}


@bp.post("/<number>/orders")
@requires("orders.write")
def create_order(number: str) -> Response:
    """Create the order now, for the first time or after what blocked it was corrected."""
    here = url_for("amazon_orders.show", number=number)
    session = db.session()
    try:
        made = manual_corrections.create_order(
            session, queries.id_of(session, number), now=datetime.now(UTC), actor=current_user.actor
        )
    except RefusedError as error:
        flash(text_for(error.code, error.arguments), "warn")
        return see_other(request, here)
    flash(_("Order %(number)s was created.", number=made), "good")
    return see_other(request, url_for("orders.show", number=made))


@bp.get("/<number>/address")
@requires("orders.write")
def address(number: str) -> Response:
    order = _open_address(number)
    form = AddressForm(formdata=None, data=order.recipient_override or order.recipient or {})
    return render_fragment_or_page(
        request, "amazon_orders/_address.html", "amazon_orders/address.html", order=order, form=form
    )


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
        order = queries.by_number(db.session(), number)
        return render_invalid(
            request, "amazon_orders/_address.html", "amazon_orders/address.html", order=order, form=form
        )
    flash(_("The address was corrected here. Amazon was not told."), "good")
    return see_other(request, url_for("amazon_orders.show", number=number))


@bp.post("/<number>/address-restorations")
@requires("orders.write")
def restore_address(number: str) -> Response:
    session = db.session()
    manual_corrections.restore_address(
        session, queries.id_of(session, number), now=datetime.now(UTC), actor=current_user.actor
    )
    flash(_("Amazon's address counts again."), "good")
    return see_other(request, url_for("amazon_orders.show", number=number))


@bp.post("/<number>/versions/<int:version_id>/reveals")
@requires("pii.read")
def reveal(number: str, version_id: int) -> Response:
    """Show the complete body of a version with personal data; this is audited."""
    session = db.session()
    id_ = queries.id_of(session, number)
    body = manual_corrections.reveal_version(session, id_, version_id, now=datetime.now(UTC), actor=current_user.actor)
    known = load(number)
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return render_fragment_or_page(
        request,
        "amazon_orders/_body.html",
        "amazon_orders/body.html",
        **head(known),
        version=version_id,
        text=text,
    )


def _open_address(number: str) -> AmazonOrder:
    """Return the order, or abort with 403 if the user may not read personal data."""
    if not has_permission("pii.read"):
        abort(403)
    return queries.by_number(db.session(), number)


def _tabs(known: AmazonOrderContext, current: str) -> list[tuple[str | LazyString, str, bool, int | None]]:
    counts = {"items": known.items, "tracking": known.packages}
    number = known.order.number
    return [
        (
            text,
            url_for("amazon_orders.show", number=number, tab=None if tab == "details" else tab),
            tab == current,
            counts.get(tab),
        )
        for tab, text in TABS.items()
    ]


def _details(known: AmazonOrderContext) -> dict[str, Any]:
    order = known.order
    amazons, ours = order.recipient or {}, order.recipient_override
    changed = [
        (timeline.ADDRESS_FIELDS.get(name, name), amazons.get(name), ours.get(name))
        for name in addresses.EDITABLE
        if ours is not None and amazons.get(name) != ours.get(name)
    ]
    held = ours or amazons
    return {
        "address": Address(**held) if held else None,
        "amazons_address": Address(**amazons) if amazons else None,
        "changed": changed,
        "components": _components(order.components),
        "seller_central": f"{seller_central(order.store.marketplace)['orders']}/order/{order.number}",
    }


def _components(stored: list[Any]) -> list[tuple[str, str, Money]]:
    """Return (type, subtype or "", amount) of each component; a subtype without a name is "OTHER"."""
    named = {None: "", "": "OTHER"}
    return [(kind, named.get(subtype, subtype), Money(minor, currency)) for kind, subtype, minor, currency in stored]


def _titles(known: AmazonOrderContext) -> dict[str, Any]:
    return {"lines": {item.order_item_id: item for item in known.order.items}}


def _history(known: AmazonOrderContext) -> dict[str, Any]:
    session = db.session()
    version = request.args.get("version", type=int)
    changes: list[Difference] | None = None
    first = False
    if version is not None:
        after, before = queries.version_pair(session, known.order.id, version)
        first = before is None
        changes = [] if first else differences(before, after)
    return {
        "lines": timeline.of_amazon_order(session, known.order),
        "version": version,
        "changes": changes,
        "first": first,
    }
