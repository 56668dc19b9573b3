"""The lists of invoices, shipments and credit memos. Their routes hang on the blueprints of the documents."""

from flask import Blueprint, Response, request, url_for
from flask_login import current_user

from webapp.extensions import db
from webapp.models.credit_memos import CreditMemo
from webapp.models.invoices import Invoice
from webapp.models.shipments import Shipment
from webapp.queries import document_lists as queries
from webapp.queries import grid_views, stores
from webapp.queries.document_lists import Document
from webapp.security import needs
from webapp.views import credit_memos, grids, invoices, listings, shipments
from webapp.views.answers import see_other
from webapp.views.filled import filled
from webapp.views.listings import Listing


def _serve(bp: Blueprint, path: str, listing: Listing, model: Document) -> None:
    """A list at `path`, and where its filters are sent."""

    @needs("orders.read")
    def index() -> Response:
        session = db.session()
        every, layout = grid_views.opening(session, current_user.id, listing.name)
        form = filled(listing, request.args, every)
        typed = form["q"].data
        if typed and form.check().right and (number := queries.number_for(session, model, typed)) is not None:
            return see_other(request, url_for(f"{bp.name}.show", number=number))
        return listings.show(session, listing, request, every, layout, form)

    @needs("orders.read")
    def search() -> Response:
        form = listing.filters(request.form, stores.by_name(db.session()))
        form.validate()
        return see_other(request, grids.address_of(listing.endpoint, form, request.form))

    bp.add_url_rule(path, "index", index, methods=["GET"])
    bp.add_url_rule(f"{path}/searches", "search", search, methods=["POST"])


_serve(invoices.bp, "/invoices", listings.INVOICES, Invoice)
_serve(shipments.bp, "/shipments", listings.SHIPMENTS, Shipment)
_serve(credit_memos.bp, "/credit_memos", listings.CREDIT_MEMOS, CreditMemo)
