"""Fetch one order from Amazon by its number, for a person who waits for it."""

from datetime import UTC, datetime

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.amazon.errors import AmazonError, ResourceNotFound
from webapp.domain.errors import RefusedError
from webapp.messages import text_for
from webapp.queries.accounts import stores
from webapp.services.accounts import accounts
from webapp.services.sync import order_reads
from webapp.views.sync.amazon_orders import bp
from webapp.web.amazon_gateway import open_gateway
from webapp.web.auth import requires
from webapp.web.responses import see_other


@bp.post("/fetches")
@requires("orders.write")
def fetch() -> Response:
    """Look for the order in each account, and store it."""
    number = request.form.get("number", "").strip()
    session = db.session()
    keys = {account.id: accounts.get_credentials(account) for account in stores.list_accounts(session)}
    session.rollback()
    error: AmazonError | RefusedError | None = None
    for account_id, credentials in keys.items():
        try:
            with open_gateway(credentials) as gateway:
                order_reads.fetch(session, gateway, account_id, number, now=datetime.now(UTC), actor=current_user.actor)
        except ResourceNotFound:
            continue
        except (AmazonError, RefusedError) as refused:
            error = refused
            continue
        flash(_("Order %(number)s was read from Amazon.", number=number), "good")
        return see_other(request, url_for("amazon_orders.show", number=number))
    session.rollback()
    flash(_error_text(number, error), "bad")
    return see_other(request, url_for("amazon_orders.index"))


def _error_text(number: str, error: AmazonError | RefusedError | None) -> str:
    if error is None:
        return _("Amazon has no order %(number)s in the connected accounts.", number=number)
    if isinstance(error, RefusedError):
        return text_for(error.code, error.arguments)
    text = f"{text_for(error.cause)} {error.message}"
    return f"{text} ({_('request id %(id)s', id=error.request_id)})" if error.request_id else text
