"""The lists of invoices, shipments and credit memos. Their routes hang on the blueprints of the documents."""

from flask import Blueprint, Response, request, url_for
from flask_login import current_user

from webapp.core.extensions import db
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.shipments import Shipment
from webapp.queries.accounts import stores
from webapp.queries.invoicing import lists as queries
from webapp.queries.invoicing.lists import Document
from webapp.queries.listing import saved_views
from webapp.views.invoicing import credit_memos, invoices
from webapp.views.listing import grid_page
from webapp.views.listing import registry as list_registry
from webapp.views.listing.registry import Listing
from webapp.views.shipping import shipments
from webapp.web.auth import requires
from webapp.web.responses import see_other


def _serve(bp: Blueprint, path: str, listing: Listing, model: Document) -> None:
    """A list at `path`, and where its filters are sent."""

    @requires("orders.read")
    def index() -> Response:
        session = db.session()
        every, layout = saved_views.load_stores_and_layout(session, current_user.id, listing.name)
        form = listing.filters(request.args, every)
        typed = form["q"].data
        if typed and form.check().right and (number := queries.number_for(session, model, typed)) is not None:
            return see_other(request, url_for(f"{bp.name}.show", number=number))
        return list_registry.show(session, listing, request, every, layout, form)

    @requires("orders.read")
    def search() -> Response:
        form = listing.filters(request.form, stores.by_name(db.session()))
        form.validate()
        return see_other(request, grid_page.address_of(listing.endpoint, form, request.form))

    bp.add_url_rule(path, "index", index, methods=["GET"])
    bp.add_url_rule(f"{path}/searches", "search", search, methods=["POST"])


_serve(invoices.bp, "/invoices", list_registry.INVOICES, Invoice)
_serve(shipments.bp, "/shipments", list_registry.SHIPMENTS, Shipment)
_serve(credit_memos.bp, "/credit-memos", list_registry.CREDIT_MEMOS, CreditMemo)
