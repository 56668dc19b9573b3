"""The lists of invoices, shipments and credit memos, on the blueprints of the documents."""

from webapp.views.invoicing import credit_memos, invoices
from webapp.views.listing import registry
from webapp.views.listing.pages import add_routes
from webapp.views.shipping import shipments

add_routes(invoices.bp, registry.INVOICES, "/invoices")
add_routes(shipments.bp, registry.SHIPMENTS, "/shipments")
add_routes(credit_memos.bp, registry.CREDIT_MEMOS, "/credit-memos")
