"""The blueprints of all pages."""

from flask import Flask

from webapp.views import alarms, bulk, fence, health, palette, retention, schedule
from webapp.views.accounts import accounts, attention, document_settings, home, quotas, reports, stores
from webapp.views.accounts import backfills as backfills  # adds routes to accounts.bp
from webapp.views.invoicing import credit_memo_form as credit_memo_form  # adds routes to credit_memos.bp
from webapp.views.invoicing import credit_memos, invoices, printing, refund_findings
from webapp.views.listing import exports, search
from webapp.views.listing import tools as grid_tools
from webapp.views.mail import amazon_messaging, mails
from webapp.views.mail import settings as mail_settings
from webapp.views.mail import templates as mail_templates
from webapp.views.orders import addresses as order_addresses
from webapp.views.orders import customers, holds
from webapp.views.orders import detail as order_detail  # noqa: F401 - adds routes to order_list.bp
from webapp.views.orders import list as order_list
from webapp.views.orders import payment_readings as payment_readings  # adds routes to order_list.bp
from webapp.views.patterns import views as patterns
from webapp.views.products import csv_import as product_csv_import
from webapp.views.products import products
from webapp.views.returns import returns
from webapp.views.shipping import label_settings, labels, parcels, shipments, tracking_import
from webapp.views.submissions import cancellations, refunds, submissions, vat_invoices
from webapp.views.sync import amazon_orders, live_status
from webapp.views.sync import completeness as completeness  # adds routes to sync_runs.bp
from webapp.views.sync import order_fetches as order_fetches  # adds routes to amazon_orders.bp
from webapp.views.sync import runs as sync_runs
from webapp.views.users import auth, people, preferences, profile
from webapp.web import error_pages, formatting, navigation

BLUEPRINTS = (
    auth.bp,
    health.bp,
    alarms.bp,
    preferences.bp,
    profile.bp,
    palette.bp,
    submissions.bp,
    refunds.bp,
    vat_invoices.bp,
    sync_runs.bp,
    schedule.bp,
    retention.bp,
    fence.bp,
    search.bp,
    order_list.bp,
    tracking_import.bp,
    amazon_orders.bp,
    cancellations.bp,
    live_status.bp,
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
    amazon_messaging.bp,
    shipments.bp,
    labels.bp,
    label_settings.bp,
    credit_memos.bp,
    refund_findings.bp,
    customers.bp,
    returns.bp,
    printing.bp,
    products.bp,
    product_csv_import.bp,
    patterns.bp,
    people.bp,
    home.bp,
    attention.bp,
    reports.bp,
    stores.bp,
    document_settings.bp,
    accounts.bp,
    quotas.bp,
)


def init_app(app: Flask) -> None:
    formatting.init_app(app)
    navigation.init_app(app)
    error_pages.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
