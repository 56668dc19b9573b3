"""Read the transactions of one order from Amazon, for a person who waits for them."""

from datetime import UTC, datetime

from flask import Response, flash, request, url_for
from flask_babel import gettext as _

from webapp.core.extensions import db
from webapp.domain.amazon.errors import AmazonError, Forbidden
from webapp.messages import text_for
from webapp.queries.orders import orders
from webapp.services.accounts import accounts
from webapp.services.invoicing import refund_check
from webapp.views.orders.list import bp
from webapp.web.amazon_gateway import open_gateway
from webapp.web.auth import requires
from webapp.web.responses import see_other


@bp.post("/<number>/payments/readings")
@requires("refunds.write")
def read_payments(number: str) -> Response:
    session = db.session()
    order = orders.get_by_number(session, number)
    order_id, account = order.id, accounts.find_by_id(session, order.amazon_order.account_id)
    credentials = accounts.get_credentials(account)
    session.rollback()
    try:
        with open_gateway(credentials) as gateway:
            refund_check.read_order(session, gateway, order_id, now=datetime.now(UTC))
    except AmazonError as error:
        session.rollback()
        flash(_describe_error(error), "bad")
    else:
        flash(_("Amazon's payments of this order were read."), "good")
    return see_other(request, url_for("orders.payments", number=number))


def _describe_error(error: AmazonError) -> str:
    if isinstance(error, Forbidden):
        return text_for("finances_refused", {"words": error.message})
    text = f"{text_for(error.cause)} {error.message}"
    return f"{text} ({_('request id %(id)s', id=error.request_id)})" if error.request_id else text
