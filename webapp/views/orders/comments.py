"""Adding a comment to an order and choosing its status."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Response, flash, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.errors import InvalidError
from webapp.domain.orders import state_machine as order_states
from webapp.forms.orders import NoteForm
from webapp.messages.status_labels import label
from webapp.models.orders import Order
from webapp.queries.orders import orders as queries
from webapp.queries.orders.detail import OrderDetail
from webapp.services.orders import comments
from webapp.views.invoicing.common import build_order_context
from webapp.views.orders.list import bp
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

DIALOG = ("orders/_comment_form.html", "orders/comment.html")


@bp.get("/<number>/comments/new")
@requires("orders.write")
def new_comment(number: str) -> Response:
    order = queries.get_by_number(db.session(), number)
    return render_fragment_or_page(
        request, *DIALOG, **build_order_context(order), form=build_form(order, formdata=None)
    )


@bp.post("/<number>/comments")
@requires("orders.write")
def comment(number: str) -> Response:
    session = db.session()
    order = queries.get_by_number(session, number)
    form = build_form(order)
    try:
        comments.create(
            session,
            order.id,
            form.comment.data or "",
            notify=form.notify.data,
            status=form.status.data,
            now=datetime.now(UTC),
            actor=current_user.actor,
        )
    except InvalidError as error:
        add_error(form, error)
        return render_invalid(
            request, *DIALOG, **build_order_context(queries.get_by_number(session, number)), form=form
        )
    flash(_("Comment added."), "good")
    return see_other(request, url_for("orders.show", number=number))


def build_form(order: Order | OrderDetail, **options: Any) -> NoteForm:
    form = NoteForm(words=list_statuses(order), **options)
    if options:
        form.status.data = order.status
    return form


def list_statuses(order: Order | OrderDetail) -> Mapping[str, str | LazyString]:
    """Return the statuses that can be chosen for the order's state; "" is the default status of the state."""
    labels: dict[str, str | LazyString] = {"": label("order_state", order.state).text}
    if order.state == order_states.PROCESSING and order.store.processing_status:
        labels[order.store.processing_status] = order.store.processing_status
    if order.status:
        labels[order.status] = order.status
    return labels
