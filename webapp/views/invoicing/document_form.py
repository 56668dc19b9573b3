"""The form of a new invoice, shipment or credit memo: the page, a preview of its totals, and creating the document.

A form that is sent twice creates one document: each page carries an idempotency key, and the session keeps the number
of the document created from it. The page also carries the version of the order, which the service compares under its
lock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session

from webapp.core.extensions import db
from webapp.domain.errors import AppError, InvalidError, RefusedError
from webapp.domain.orders import state_machine as order_states
from webapp.forms.documents import DocumentForm
from webapp.messages import text_for
from webapp.models.orders import Order, OrderItem
from webapp.queries.orders import orders as queries
from webapp.queries.products import line_stock
from webapp.views.invoicing import common as document_pages
from webapp.web import form_drafts
from webapp.web.auth import requires
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

CREATED = "created_documents"
# The session keeps the numbers of this many created documents.
MAX_CREATED = 20


@dataclass(frozen=True)
class DocumentType:
    """A type of document and what differs in its form.

    `name`: of its blueprint and template folder. `slug`: in URLs. `transition`: of the order state machine.
    `build_form` returns the form of an order. `preview` returns its totals as template context, and raises what
    creating would raise. `create` creates the document and returns its number. `message` is shown then. `remaining`:
    how many units of a line can be on it. `find` and `comment_column`: the document by its number, and the column in
    which its comments refer to it. `edit_form` applies a button of the form, such as "Add a parcel", and returns
    whether there was one.
    """

    name: str
    transition: str
    permission: str
    build_form: Callable[[Order], DocumentForm]
    preview: Callable[[Session, Order, Any], dict[str, Any]]
    create: Callable[[Session, Order, Any, dict[str, Any]], str]
    message: Callable[[str], str]
    title: str | LazyString
    remaining: Callable[[OrderItem], int]
    find: Callable[[Session, str], Any]
    comment_column: str
    edit_form: Callable[[Any], bool] | None = None

    @property
    def slug(self) -> str:
        return self.name.replace("_", "-")


def add_routes(bp: Blueprint, document: DocumentType) -> None:
    """Add the routes `new`, `preview`, `create` and `comment` to the document's blueprint."""

    @requires(document.permission)
    def new(number: str) -> Response:
        order = queries.get_by_number(db.session(), number)
        return _render(render_fragment_or_page, document, order, document.build_form(order))

    @requires(document.permission)
    def preview(number: str) -> Response:
        """Render the form as it is filled in now, with its totals; nothing is saved."""
        order = queries.get_by_number(db.session(), number)
        form = document.build_form(order)
        edited = document.edit_form is not None and document.edit_form(form)
        return _render(render_fragment_or_page, document, order, form, edited=edited)

    @requires(document.permission)
    def create(number: str) -> Response:
        return _create(document, number)

    @requires("orders.write")
    def comment(number: str) -> Response:
        url = url_for(f"{document.name}.show", number=number)
        return document_pages.add_comment(document.find(db.session(), number), document.comment_column, url)

    path = f"/orders/<number>/{document.slug}"
    bp.add_url_rule(f"{path}/new", "new", new, methods=["GET"])
    bp.add_url_rule(f"{path}/previews", "preview", preview, methods=["POST"])
    bp.add_url_rule(path, "create", create, methods=["POST"])
    bp.add_url_rule(f"/{document.slug}/<number>/comments", "comment", comment, methods=["POST"])


def _create(document: DocumentType, number: str) -> Response:
    session = db.session()
    order = queries.get_by_number(session, number)
    form = document.build_form(order)
    key = (form.idempotency_key.data or "")[:64]
    created = form_drafts.read(CREATED) or {}
    if key in created:
        flash(_("This was already submitted, so nothing was created twice."), "good")
        return see_other(request, url_for(f"{document.name}.show", number=created[key]))
    options = {
        "comment": form.comment.data or "",
        "notify": bool(form.notify.data),
        "append": bool(form.append.data),
        "expected_version": form.parse_version(),
        "now": datetime.now(UTC),
        "actor": current_user.actor,
    }
    try:
        document_number = document.create(session, order, form, options)
    except (InvalidError, RefusedError) as error:
        session.rollback()
        return _render(render_invalid, document, queries.get_by_number(session, number), form, error)
    if key:
        created = {**(form_drafts.read(CREATED) or {}), key: document_number}
        form_drafts.save(CREATED, dict(list(created.items())[-MAX_CREATED:]))
    flash(document.message(document_number), "good")
    return see_other(request, url_for(f"{document.name}.show", number=document_number))


def _render(
    respond: Callable[..., Response],
    document: DocumentType,
    order: Order,
    form: DocumentForm,
    error: AppError | None = None,
    *,
    edited: bool = False,
) -> Response:
    """Render the form. `error`: why the document was not created; shown at its field, or above the form.

    `edited`: a button changed the form and not its fields, so no errors are shown yet.
    """
    message = text_for(error.code, error.arguments) if error is not None and form.find_field(error) is None else ""
    context: dict[str, Any] = {"refused": "", "draft_totals": None}
    try:
        context |= _preview(document, order, form)
    except RefusedError as refusal:
        context["refused"] = text_for(refusal.code, refusal.arguments)
    except InvalidError as invalid:
        form.show_error(invalid)
    if error is not None:
        form.show_error(error)
    if edited:
        form.clear_errors()
    form.bind_order(order)
    return respond(
        request,
        f"{document.name}/_new.html",
        "documents/new.html",
        **document_pages.build_order_context(order) | context,
        remaining={item.id: document.remaining(item) for item in order.items},
        stock=line_stock.load_for_order(db.session(), order) if document.transition == "ship" else {},
        document=document,
        title=document.title,
        form=form,
        edited=edited,
        message="" if context["refused"] else message,
    )


def _preview(document: DocumentType, order: Order, form: DocumentForm) -> dict[str, Any]:
    if not order_states.is_allowed(document.transition, order.state):
        raise RefusedError(f"cannot_{document.transition}", state=order.state)
    return document.preview(db.session(), order, form)
