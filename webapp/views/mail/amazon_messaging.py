"""Messages through Amazon Messaging: which kinds Amazon allows for an order, and sending one."""

import secrets
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.errors import InvalidError
from webapp.domain.mail.amazon_messages import LIMITS
from webapp.forms.mails import MessageForm
from webapp.models.orders import Order
from webapp.queries import mails as queries
from webapp.queries.orders import orders
from webapp.services.mail import amazon_messaging, outbox
from webapp.web import worker_notification
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import (
    render_fragment_or_page,
    render_invalid,
    see_other,
    wants_fragment,
)

bp = Blueprint("messages", __name__)

_PAGE = ("mails/_messages.html", "mails/messages.html")


@bp.get("/orders/<number>/messages")
@requires("mails.write")
def show(number: str) -> Response:
    """Render the allowed messages; the fragment polls until Amazon has answered."""
    order = orders.get_by_number(db.session(), number)
    return render_fragment_or_page(request, *_PAGE, order=order, message=build_context(order))


@bp.post("/orders/<number>/messages/offers")
@requires("mails.write")
def ask(number: str) -> Response:
    """Request the allowed messages from Amazon."""
    session = db.session()
    order = orders.get_by_number(session, number)
    account_id = order.amazon_order.account_id
    amazon_messaging.request_allowed(session, order, now=datetime.now(UTC))
    _enqueue_send(account_id)
    if wants_fragment(request):
        # The fragment is on the page that writes an e-mail, which stays.
        return render_fragment_or_page(request, *_PAGE, order=order, message=build_context(order))
    return see_other(request, url_for("messages.show", number=number))


@bp.post("/orders/<number>/messages")
@requires("mails.write")
def create(number: str) -> Response:
    session = db.session()
    order = orders.get_by_number(session, number)
    account_id = order.amazon_order.account_id
    form = MessageForm(kinds=list_allowed_kinds(order))
    try:
        mail = outbox.queue_message(
            session,
            order,
            form.kind.data or "",
            form.text.data or "",
            idempotency_key=form.idempotency_key.data or None,
            now=datetime.now(UTC),
            actor=current_user.actor,
        )
    except InvalidError as error:
        session.rollback()
        add_error(form, error)
        order = orders.get_by_number(session, number)
        return render_invalid(request, *_PAGE, order=order, message=build_context(order, form))
    mail_id = mail.id
    session.rollback()
    _enqueue_send(account_id)
    flash(_("Message queued. It is sent to Amazon in a moment."), "good")
    return see_other(request, url_for("mails.show", mail_id=mail_id))


def build_context(order: Order, form: MessageForm | None = None) -> dict[str, Any]:
    """Return the context of the fragment. `state`: unasked, asking, answered or failed."""
    offer = queries.find_offer(db.session(), order.amazon_order_id)
    now = datetime.now(UTC)
    if offer is None or (offer.answered_at is not None and not amazon_messaging.is_fresh(offer, now) and form is None):
        return {"state": "unasked", "offer": None, "form": None, "others": []}
    if offer.answered_at is None:
        return {"state": "asking", "offer": offer, "form": None, "others": []}
    if offer.cause:
        return {"state": "failed", "offer": offer, "form": None, "others": []}
    kinds = list_allowed_kinds(order)
    if form is None:
        form = MessageForm(
            formdata=None, kinds=kinds, idempotency_key=secrets.token_urlsafe(12), kind=kinds[0] if kinds else ""
        )
    others = [kind for kind in offer.kinds.split(",") if kind and kind not in LIMITS]
    return {"state": "answered", "offer": offer, "form": form, "others": others}


def list_allowed_kinds(order: Order) -> list[str]:
    """Return the allowed kinds of messages that are plain text."""
    offer = queries.find_offer(db.session(), order.amazon_order_id)
    return [kind for kind in (offer.kinds.split(",") if offer else []) if kind in LIMITS]


def _enqueue_send(account_id: int) -> None:
    warning = _("Redis does not respond. The request continues once Redis is back.")
    worker_notification.enqueue("send_messages", account_id, warning)
