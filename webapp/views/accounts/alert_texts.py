"""The texts and links of a store's alerts."""

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


class Notice(NamedTuple):
    """`tone`: wait, warn or bad. `link`: the text of the link to `url`."""

    tone: str
    title: str
    text: str
    url: str
    link: str


def of_store(store: Store, alerts: list[Alert]) -> list[Notice]:
    """Return one notice for each alert, in the same order."""
    return [_MAKERS[alert.kind](store, alert) for alert in alerts]


def _describe_trouble(store: Store, alert: Alert) -> Notice:
    url = url_for("accounts.show", account_id=store.account_id)
    return Notice("bad", _("Orders are not being fetched"), text_for(alert.cause), url, _("Look at the account"))


def _describe_blocked(store: Store, alert: Alert) -> Notice:
    title = ngettext("%(num)s order could not be imported", "%(num)s orders could not be imported", alert.count)
    url = f"/amazon-orders?store={quote(store.slug)}&blocked=1"
    return Notice("warn", title, text_for(alert.cause), url, _("Show them"))


def _describe_quarantined(_store: Store, alert: Alert) -> Notice:
    title = ngettext("%(num)s order cannot be read", "%(num)s orders cannot be read", alert.count)
    text = _("Amazon sent something that is not an order as it should be. It is kept, and read again when it changes.")
    return Notice("warn", title, text, url_for("syncs.quarantine_list", waiting=1), _("Quarantine"))


def _describe_refused(_store: Store, alert: Alert) -> Notice:
    url = f"/submissions?state={alert.cause}"
    if alert.cause == submission_states.UNPROVED:
        title = ngettext("%(num)s request is not proved", "%(num)s requests are not proved", alert.count)
        text = _("Amazon accepted it, but the order does not show it. Look at it in Seller Central.")
    elif alert.cause == submission_states.CONFLICT:
        title = ngettext("%(num)s request waits for a decision", "%(num)s requests wait for a decision", alert.count)
        text = _("The order changed before the update was sent. Review what changed, then continue or undo it.")
    elif alert.cause == submission_states.UNDONE:
        title = ngettext(
            "%(num)s parcel was not confirmed to Amazon", "%(num)s parcels were not confirmed to Amazon", alert.count
        )
        text = _("It was undone, but the package still exists. Send it again, or remove the package.")
    else:
        title = ngettext("Amazon refused %(num)s request", "Amazon refused %(num)s requests", alert.count)
        text = _("Nothing was changed. Read why, then ask again or settle it in Seller Central.")
    return Notice("bad", title, text, url, _("Submissions"))


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
        title = ngettext("%(num)s mail may have arrived", "%(num)s mails may have arrived", alert.count)
        return Notice("warn", title, _("Nobody knows. Send it again, or leave it."), url, _("Mails"))
    title = ngettext("%(num)s mail to a buyer failed", "%(num)s mails to buyers failed", alert.count)
    return Notice("bad", title, _("Read why, put it right, then send it again."), url, _("Mails"))


def _describe_seller_data(store: Store, alert: Alert) -> Notice:
    url = url_for("document_settings.page", slug=store.slug)
    return Notice("bad", _("Tax invoices are not uploaded"), text_for(alert.cause), url, _("Documents and language"))


def _describe_oversold(store: Store, alert: Alert) -> Notice:
    title = ngettext("%(num)s product is oversold", "%(num)s products are oversold", alert.count)
    text = _("More is owed to buyers than there is. Enter what arrived, or cancel in time.")
    url = url_for("products.index", account=store.account_id, stock="oversold")
    return Notice("bad", title, text, url, _("Show them"))


def _describe_flagged(store: Store, alert: Alert) -> Notice:
    url = url_for("products.index", account=store.account_id, flagged=1)
    if alert.cause == product_csv.SOLD_DISABLED:
        title = ngettext("%(num)s disabled product was sold", "%(num)s disabled products were sold", alert.count)
        return Notice("warn", title, _("Enable it, or end its listing at Amazon."), url, _("Show them"))
    title = ngettext("%(num)s new product to look at", "%(num)s new products to look at", alert.count)
    return Notice(
        "wait",
        title,
        _("Orders came for SKUs that were not known here. No stock is kept of them yet."),
        url,
        _("Show them"),
    )


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
