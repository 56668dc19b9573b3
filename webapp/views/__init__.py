"""Every page of the desk: its blueprints in one list, and what they all share."""

from flask import Flask

from webapp import presentation
from webapp.views import (
    accounts,
    amazon_orders,
    auth,
    bulk,
    cancellations,
    credit_memos,
    customers,
    document_lists,  # noqa: F401 - its routes hang on the blueprints of the documents
    document_settings,
    errors,
    exports,
    grid_tools,
    health,
    holds,
    invoices,
    mail_settings,
    mail_templates,
    mails,
    messages,
    navigation,
    new_credit_memo,  # noqa: F401 - its routes hang on the blueprint of the credit memos
    order_addresses,
    order_page,  # noqa: F401 - its routes hang on the blueprint of the Orders
    orders,
    parcels,
    patterns,
    preferences,
    preflight,
    printing,
    product_imports,
    products,
    refunds,
    remembering,
    schedule,
    search,
    shipments,
    stores,
    submissions,
    syncs,
    tracking,
    users,
    vat_invoices,
)

BLUEPRINTS = (
    auth.bp,
    health.bp,
    preferences.bp,
    submissions.bp,
    refunds.bp,
    vat_invoices.bp,
    syncs.bp,
    schedule.bp,
    search.bp,
    orders.bp,
    tracking.bp,
    amazon_orders.bp,
    cancellations.bp,
    preflight.bp,
    parcels.bp,
    bulk.bp,
    holds.bp,
    order_addresses.bp,
    grid_tools.bp,
    exports.bp,
    invoices.bp,
    mails.bp,
    mail_settings.bp,
    mail_templates.bp,
    messages.bp,
    shipments.bp,
    credit_memos.bp,
    customers.bp,
    printing.bp,
    products.bp,
    product_imports.bp,
    patterns.bp,
    users.bp,
    stores.bp,
    document_settings.bp,
    accounts.bp,
)


def init_app(app: Flask) -> None:
    presentation.init_app(app)
    navigation.init_app(app)
    remembering.init_app(app)
    errors.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
