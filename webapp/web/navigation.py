"""The entries of the side navigation, as one table."""

from typing import NamedTuple

from flask import Flask, current_app, request, url_for
from flask_babel import LazyString
from flask_login import current_user

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.users.permissions import allows


class Place(NamedTuple):
    endpoint: str
    text: str | LazyString
    icon: str
    permission: str
    # Indented below the entry before it.
    within: bool = False
    # Endpoint of the fragment with the number beside the entry.
    counter: str = ""


class Entry(NamedTuple):
    url: str
    text: str | LazyString
    icon: str
    current: bool
    within: bool
    count_url: str = ""


PLACES = (
    Place("home.index", _l("Home"), "home", "orders.read"),
    Place("attention.index", _l("Attention"), "inbox", "orders.read", counter="attention.count"),
    Place("orders.index", _l("Orders"), "clipboard-list", "orders.read"),
    Place("invoices.index", _l("Invoices"), "file-invoice", "orders.read", within=True),
    Place("shipments.index", _l("Shipments"), "truck", "orders.read", within=True),
    Place("credit_memos.index", _l("Credit memos"), "arrow-back-up", "orders.read", within=True),
    Place("returns.index", _l("Returns"), "arrow-back-up", "orders.read", within=True),
    Place("refund_findings.index", _l("Refund check"), "receipt-refund", "orders.read", within=True),
    Place("customers.index", _l("Customers"), "user", "orders.read", within=True),
    Place("amazon_orders.index", _l("Amazon orders"), "package", "orders.read"),
    Place("products.index", _l("Products"), "packages", "products.read"),
    Place("stores.index", _l("Stores"), "building-store", "stores.read"),
    Place("reports.index", _l("Reports"), "chart-bar", "orders.read"),
    Place("mails.index", _l("Messages"), "mail", "mails.read"),
    Place("submissions.index", _l("Sent to Amazon"), "send", "submissions.read"),
    Place("syncs.index", _l("Sync history"), "refresh", "logs.read"),
    Place("schedule.index", _l("Schedule"), "calendar-time", "schedule.read"),
    Place("retention.index", _l("Retention"), "hourglass", "schedule.read", within=True),
    Place("health.show", _l("Health"), "activity", "logs.read"),
    Place("people.index", _l("People"), "shield-check", "users.write"),
)
DATA_AGE = "syncs.data_age"
# Blueprint → the blueprint whose entry is marked as current.
BELOW = {
    "fence": "submissions",
    "alarms": "health",
    "mail_settings": "mails",
    "mail_templates": "mails",
    "messages": "mails",
    "product_imports": "products",
    "accounts": "stores",
    "quotas": "stores",
    "cancellations": "amazon_orders",
    "bulk": "orders",
    "holds": "orders",
    "labels": "orders",
    "label_settings": "stores",
    "tracking": "orders",
    "order_addresses": "orders",
}


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(navigation=navigation, data_age_url=data_age_url)


def navigation() -> list[Entry]:
    """Return the entries the signed-in user may open; `current` marks the one the page is in."""
    role = current_user.role if current_user.is_authenticated else ""
    blueprint = BELOW.get(request.blueprint or "", request.blueprint)
    return [
        Entry(
            url_for(place.endpoint),
            place.text,
            place.icon,
            place.endpoint.partition(".")[0] == blueprint,
            place.within,
            url_for(place.counter) if place.counter else "",
        )
        for place in PLACES
        if place.endpoint in current_app.view_functions and allows(role, place.permission)
    ]


def data_age_url() -> str:
    """Return the URL from which the top bar loads the age of Amazon's data."""
    return url_for(DATA_AGE) if DATA_AGE in current_app.view_functions else ""
