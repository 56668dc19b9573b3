"""Writing a new invoice, shipment or credit memo: the form, what it would be worth as it is filled in, and the click.

Sent twice it is written once. Each page carries a number of its own, which the session keeps with what was written of
it; and the version of the Order it speaks of, which the verb compares under its lock.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from flask import Response, flash, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.orm import Session

from webapp.core.extensions import db
from webapp.domain.errors import DeskError, InvalidError, RefusedError
from webapp.domain.orders import state_machine as order_states
from webapp.forms.documents import DocumentForm
from webapp.messages import text_for
from webapp.models.orders import Order, OrderItem
from webapp.queries.orders import orders as queries
from webapp.queries.products import line_stock
from webapp.views.invoicing import common as document_pages
from webapp.web import form_drafts
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

WRITTEN = "written"
# So many documents are remembered by the page they came from.
REMEMBERED = 20


class Kind(NamedTuple):
    """A kind of document. `folder`: of its templates and its blueprint. `move`: of the table of states.

    `form` answers the form of an Order; `preview` what it would be worth, as context of the templates, and raises what
    the verb would; `write` writes it and answers its number; `done` is said then; `left` is how much of a line can be
    on it.
    """

    folder: str
    move: str
    form: Callable[[Order], DocumentForm]
    preview: Callable[[Session, Order, Any], dict[str, Any]]
    write: Callable[[Session, Order, Any, dict[str, Any]], str]
    done: Callable[[str], str]
    title: str | LazyString
    left: Callable[[OrderItem], int]


def new(number: str, kind: Kind) -> Response:
    """The page with the form, filled with what is left."""
    order = queries.by_number(db.session(), number)
    return _answer(render_fragment_or_page, kind, order, kind.form(order))


def preview(number: str, kind: Kind, change: Callable[[Any], None] | None = None) -> Response:
    """The form as it is filled in now, with what that would be worth. `change` is made to it first."""
    order = queries.by_number(db.session(), number)
    form = kind.form(order)
    if change is None:
        return _answer(render_fragment_or_page, kind, order, form)
    change(form)
    return _answer(render_fragment_or_page, kind, order, form, changed=True)


def create(number: str, kind: Kind) -> Response:
    session = db.session()
    order = queries.by_number(session, number)
    form = kind.form(order)
    once = (form.once.data or "")[:64]
    written = (form_drafts.read(WRITTEN) or {}).get(once)
    if written is not None:
        flash(_("This was written already, so nothing was written twice."), "good")
        return see_other(request, url_for(f"{kind.folder}.show", number=written))
    try:
        done = kind.write(session, order, form, _about(form))
    except (InvalidError, RefusedError) as error:
        session.rollback()
        return _refuse(kind, queries.by_number(session, number), form, error)
    _remember(once, done)
    flash(kind.done(done), "good")
    return see_other(request, url_for(f"{kind.folder}.show", number=done))


def _about(form: DocumentForm) -> dict[str, Any]:
    """What every verb that writes a document takes."""
    return {
        "comment": form.comment.data or "",
        "notify": bool(form.notify.data),
        "append": bool(form.append.data),
        "seen": form.version(),
        "now": datetime.now(UTC),
        "actor": current_user.actor,
    }


def _remember(once: str, number: str) -> None:
    if once:
        kept = {**(form_drafts.read(WRITTEN) or {}), once: number}
        form_drafts.keep(WRITTEN, dict(list(kept.items())[-REMEMBERED:]))


def _refuse(kind: Kind, order: Order, form: DocumentForm, error: DeskError) -> Response:
    """The form as it was sent, with the mistake at its field, or above it where it has none."""
    said = "" if form.culprit(error) is not None else text_for(error.code, error.arguments)
    return _answer(render_invalid, kind, order, form, said, error)


def _answer(
    respond: Callable[..., Response],
    kind: Kind,
    order: Order,
    form: DocumentForm,
    said: str = "",
    wrong: DeskError | None = None,
    *,
    changed: bool = False,
) -> Response:
    """`changed`: it was not the fields that were filled in, so nothing is found fault with yet."""
    context: dict[str, Any] = {"refused": "", "worth": None}
    try:
        context |= _preview(kind, order, form)
    except RefusedError as error:
        context["refused"] = text_for(error.code, error.arguments)
    except InvalidError as error:
        form.tell(error)
    if wrong is not None:
        form.tell(wrong)
    if changed:
        form.forgive()
    form.fresh(order)
    page = (f"{kind.folder}/_new.html", f"{kind.folder}/new.html")
    about = document_pages.about(order) | context | {"left": {item.id: kind.left(item) for item in order.items}}
    about["stock"] = line_stock.of_order(db.session(), order) if kind.move == "ship" else {}
    return respond(
        request, *page, **about, title=kind.title, form=form, changed=changed, said="" if context["refused"] else said
    )


def _preview(kind: Kind, order: Order, form: DocumentForm) -> dict[str, Any]:
    if not order_states.is_allowed(kind.move, order.state):
        raise RefusedError(f"cannot_{kind.move}", state=order.state)
    return kind.preview(db.session(), order, form)
