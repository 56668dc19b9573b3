"""The texts and links of a store's alerts."""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.domain.mail import state_machine as mail_states
from webapp.domain.products import csv_import as product_csv
from webapp.domain.submissions import state_machine as submission_states
from webapp.messages import text_for
from webapp.models.stores import Store
from webapp.queries.accounts import alerts as accounts_alerts
from webapp.queries.accounts.alerts import Alert
from webapp.queries.accounts.attention import Cause


class Notice(NamedTuple):
    """`tone`: wait, warn or bad. `link`: the text of the link to `url`."""

    tone: str
    title: str
    text: str
    url: str
    link: str


def build_cause_notice(cause: Cause) -> Notice:
    """Return the notice of a cause of all its stores. Its link leads to the rows of all of them."""
    store = cause.stores[0]
    notice = _MAKERS[cause.alert.kind](store, cause.alert)
    if cause.is_named:
        name = store.account.name if cause.alert.kind != accounts_alerts.SELLER_DATA else store.name
        return notice._replace(title=f"{name}: {notice.title}")
    if cause.alert.kind in _LINKS:
        several = len({other.id for other in cause.stores}) > 1
        return notice._replace(url=_LINKS[cause.alert.kind](cause.alert)) if several else notice
    return notice


def build_notices(store: Store, alerts: list[Alert]) -> list[Notice]:
    """Return one notice for each alert, in the same order."""
    return [_MAKERS[alert.kind](store, alert) for alert in alerts]


def _describe_trouble(store: Store, alert: Alert) -> Notice:
    url = url_for("accounts.show", account_id=store.account_id)
    return Notice("bad", _("Orders are not being fetched"), text_for(alert.cause), url, _("View account"))


def _describe_blocked(store: Store, alert: Alert) -> Notice:
    title = ngettext("%(num)s order could not be imported", "%(num)s orders could not be imported", alert.count)
    url = f"/amazon-orders?store={quote(store.slug)}&blocked=1"
    return Notice("warn", title, text_for(alert.cause), url, _("View"))


def _describe_quarantined(_store: Store, alert: Alert) -> Notice:
    title = ngettext("%(num)s order cannot be read", "%(num)s orders cannot be read", alert.count)
    text = _("Amazon sent orders with an unexpected format. They are kept, and read again when they change.")
    return Notice("warn", title, text, url_for("syncs.quarantine_list", waiting=1), _("Unreadable orders"))


def _describe_refused(_store: Store, alert: Alert) -> Notice:
    url = f"/submissions?state={alert.cause}"
    if alert.cause == submission_states.UNPROVED:
        title = ngettext("%(num)s request is unconfirmed", "%(num)s requests are unconfirmed", alert.count)
        text = _("Amazon accepted it, but the order does not show it. Check in Seller Central.")
    elif alert.cause == submission_states.CONFLICT:
        title = ngettext("%(num)s request waits for a decision", "%(num)s requests wait for a decision", alert.count)
        text = _("The order changed before the update was sent. Review what changed, then continue or undo it.")
    elif alert.cause == submission_states.UNDONE:
        title = ngettext(
            "%(num)s package was not confirmed to Amazon", "%(num)s packages were not confirmed to Amazon", alert.count
        )
        text = _("The confirmation was undone, but the package still exists. Send it again, or remove the package.")
    else:
        title = ngettext("Amazon rejected %(num)s request", "Amazon rejected %(num)s requests", alert.count)
        text = _("Nothing was changed. Check the reason, then request it again or use Seller Central.")
    return Notice("bad", title, text, url, _("Sent to Amazon"))


def _describe_refunds(store: Store, alert: Alert) -> Notice:
    title = ngettext(
        "%(num)s refund does not agree with Amazon's payments",
        "%(num)s refunds do not agree with Amazon's payments",
        alert.count,
    )
    url = url_for("refund_findings.index", account=store.account_id, kind=alert.cause, unresolved=1)
    return Notice("bad", title, text_for(f"finding_{alert.cause}"), url, _("Refund check"))


def _describe_mails(store: Store, alert: Alert) -> Notice:
    url = url_for("mails.index", state=alert.cause, store=store.slug)
    if alert.cause == mail_states.UNKNOWN:
        title = ngettext("%(num)s message is unconfirmed", "%(num)s messages are unconfirmed", alert.count)
        return Notice(
            "warn", title, _("Delivery could not be confirmed. Send it again, or drop it."), url, _("Messages")
        )
    title = ngettext("%(num)s message to a buyer failed", "%(num)s messages to buyers failed", alert.count)
    return Notice("bad", title, _("Check the reason, correct it, then send it again."), url, _("Messages"))


def _describe_seller_data(store: Store, alert: Alert) -> Notice:
    url = url_for("document_settings.page", slug=store.slug)
    return Notice("bad", _("Tax invoices are not uploaded"), text_for(alert.cause), url, _("Documents and language"))


def _describe_oversold(store: Store, alert: Alert) -> Notice:
    title = ngettext("%(num)s product is oversold", "%(num)s products are oversold", alert.count)
    text = _("Ordered quantity exceeds stock. Enter received stock, or cancel orders in time.")
    url = url_for("products.index", account=store.account_id, stock="oversold")
    return Notice("bad", title, text, url, _("View"))


def _describe_flagged(store: Store, alert: Alert) -> Notice:
    url = url_for("products.index", account=store.account_id, flagged=1)
    if alert.cause == product_csv.SOLD_DISABLED:
        title = ngettext("%(num)s disabled product was sold", "%(num)s disabled products were sold", alert.count)
        return Notice("warn", title, _("Enable each product, or end its listing at Amazon."), url, _("View"))
    title = ngettext("%(num)s new product to review", "%(num)s new products to review", alert.count)
    return Notice(
        "wait",
        title,
        _("There are orders for new SKUs. Their stock is not tracked yet."),
        url,
        _("View"),
    )


# Kind of alert → the permission that its page requires.
READERS = {
    accounts_alerts.REFUSED: "submissions.read",
    accounts_alerts.MAILS: "mails.read",
    accounts_alerts.OVERSOLD: "products.read",
    accounts_alerts.FLAGGED: "products.read",
    accounts_alerts.QUARANTINED: "logs.read",
}
# The lists of all stores, where an alert leads to that of one.
_LINKS: dict[str, Callable[[Alert], str]] = {
    accounts_alerts.BLOCKED: lambda _alert: url_for("amazon_orders.index", blocked=1),
    accounts_alerts.MAILS: lambda alert: url_for("mails.index", state=alert.cause),
    accounts_alerts.OVERSOLD: lambda _alert: url_for("products.index", stock="oversold"),
    accounts_alerts.FLAGGED: lambda _alert: url_for("products.index", flagged=1),
}
_MAKERS = {
    accounts_alerts.TROUBLE: _describe_trouble,
    accounts_alerts.BLOCKED: _describe_blocked,
    accounts_alerts.QUARANTINED: _describe_quarantined,
    accounts_alerts.REFUSED: _describe_refused,
    accounts_alerts.REFUNDS: _describe_refunds,
    accounts_alerts.SELLER_DATA: _describe_seller_data,
    accounts_alerts.MAILS: _describe_mails,
    accounts_alerts.OVERSOLD: _describe_oversold,
    accounts_alerts.FLAGGED: _describe_flagged,
}
