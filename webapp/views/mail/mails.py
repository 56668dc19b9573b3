"""E-mails to buyers: list, page of one, and writing one."""

import secrets
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.common import marketplaces
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.mail.errors import CannotWrite
from webapp.forms.mails import MailFilters, MailForm
from webapp.mailing import composer
from webapp.messages import text_for
from webapp.messages.status_labels import label
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.queries import mails as queries
from webapp.queries.accounts import stores
from webapp.queries.orders import orders
from webapp.services.mail import outbox
from webapp.views.listing import grid_page
from webapp.views.mail import amazon_messaging
from webapp.views.orders import event_lines
from webapp.web.auth import has_permission, requires
from webapp.web.form_errors import add_error
from webapp.web.formatting import number
from webapp.web.formatting.actors import names
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("mails", __name__)

HEADS = {
    "created": (_l("Created"), False),
    "kind": (_l("Type"), False),
    "number": (_l("Order"), False),
    "store": (_l("Store"), False),
    "state": (_l("State"), False),
    "said": (_l("Server response"), False),
}
_NEW = ("mails/_new.html", "mails/new.html")


@bp.get("/mails")
@requires("mails.read")
def index() -> Response:
    session = db.session()
    form = MailFilters(request.args, stores=stores.list_store_names(session))
    shown = grid_page.show(session, queries.GRID, form, HEADS, request, _format_count)
    rows = shown.page.rows if shown.page else []
    on_its_way = any(row.state in {mail_states.QUEUED, mail_states.SENDING} for row in rows)
    return render_fragment_or_page(
        request,
        "mails/_list.html",
        "mails/index.html",
        shown=shown,
        rows=rows,
        here=grid_page.build_grid_url("mails.index", form, request.args),
        people=names(session, [row.actor for row in rows]),
        zone_of=marketplaces.get_time_zone,
        pace=3 if on_its_way and not shown.pager.previous else 0,
        server=queries.find_server_row(session),
        failed=queries.count_in_state(session, mail_states.FAILED),
        unknown=queries.count_in_state(session, mail_states.UNKNOWN),
    )


@bp.get("/mails/<int:mail_id>")
@requires("mails.read")
def show(mail_id: int) -> Response:
    session = db.session()
    mail = queries.find(session, mail_id)
    zone = mail.order.store.marketplace.time_zone
    return render_fragment_or_page(
        request,
        "mails/_mail.html",
        "mails/show.html",
        mail=mail,
        zone=zone,
        actor=names(session, [mail.actor])[mail.actor],
        history=event_lines.list_entries(session, queries.list_events(session, mail), zone),
        text=_text(mail) if has_permission("pii.read") else None,
        document=queries.find_document(session, mail),
        may=mail_states.is_allowed,
        pace=2 if mail.state in {mail_states.QUEUED, mail_states.SENDING} else 0,
    )


@bp.post("/mails/<int:mail_id>/retries")
@requires("mails.write")
def retry(mail_id: int) -> Response:
    outbox.retry(db.session(), mail_id, now=datetime.now(UTC), actor=current_user.actor)
    flash(_("E-mail queued again."), "good")
    return see_other(request, url_for("mails.show", mail_id=mail_id))


@bp.post("/mails/<int:mail_id>/drops")
@requires("mails.write")
def drop(mail_id: int) -> Response:
    outbox.discard(db.session(), mail_id, now=datetime.now(UTC), actor=current_user.actor)
    flash(_("E-mail dropped. It will not be sent."), "good")
    return see_other(request, url_for("mails.show", mail_id=mail_id))


@bp.post("/mails/retries")
@requires("mails.write")
def retry_all() -> Response:
    """Send all failed mails again, but not those that may have arrived."""
    done = outbox.retry_all(db.session(), now=datetime.now(UTC), actor=current_user.actor)
    words = ngettext("%(count)s e-mail queued again.", "%(count)s e-mails queued again.", done, count=number(done))
    flash(words, "good")
    return see_other(request, url_for("mails.index"))


@bp.get("/orders/<number>/mails/new")
@requires("mails.write")
def new(number: str) -> Response:
    """Render the form, filled in from the template of the parameter `what`."""
    order = orders.get_by_number(db.session(), number)
    kind, document_id = _parse_key(order, request.args.get("what", ""))
    form = MailForm(formdata=None, idempotency_key=secrets.token_urlsafe(12), attach=document_id is not None)
    form.what.data = _key(kind, document_id)
    if has_permission("pii.read"):
        form.subject.data, form.body.data = _render_mail(order, kind, document_id)
    return render_fragment_or_page(request, *_NEW, **_build_form_context(order, form, kind, document_id))


@bp.post("/orders/<number>/mails")
@requires("mails.write")
def create(number: str) -> Response:
    session, form = db.session(), MailForm()
    order = orders.get_by_number(session, number)
    kind, document_id = _parse_key(order, form.what.data or "")
    # People who may not read personal data are shown no text and send the template's.
    text = (
        (form.subject.data or "", form.body.data or "")
        if has_permission("pii.read") and "body" in request.form
        else None
    )
    try:
        mail = outbox.queue_mail(
            session,
            order,
            kind,
            document_id,
            text,
            force=bool(form.force.data),
            idempotency_key=form.idempotency_key.data or None,
            attach=bool(form.attach.data),
            now=datetime.now(UTC),
            actor=current_user.actor,
        )
    except InvalidError as error:
        session.rollback()
        add_error(form, error)
        # The confirmation was for this text only.
        form.force.data = False
        order = orders.get_by_number(session, number)
        return render_invalid(request, *_NEW, **_build_form_context(order, form, kind, document_id))
    except RefusedError as error:
        session.rollback()
        order = orders.get_by_number(session, number)
        # The form stays, so that no input is lost.
        refused = {"refused": "", "problem": text_for(error.code, error.arguments)}
        return render_invalid(request, *_NEW, **_build_form_context(order, form, kind, document_id) | refused)
    return _flash_queued(mail)


@bp.post("/invoices/<number>/mails")
@requires("mails.write")
def invoice(number: str) -> Response:
    return _send_document(mail_states.INVOICE, number)


@bp.post("/shipments/<number>/mails")
@requires("mails.write")
def shipment(number: str) -> Response:
    return _send_document(mail_states.SHIPMENT, number)


@bp.post("/credit-memos/<number>/mails")
@requires("mails.write")
def credit_memo(number: str) -> Response:
    return _send_document(mail_states.CREDIT_MEMO, number)


def _send_document(kind: str, number: str) -> Response:
    """Send a document with the text of its template."""
    session = db.session()
    document = queries.get_document(session, kind, number)
    order = orders.get_by_id(session, document.order_id)
    return _flash_queued(
        outbox.queue_mail(session, order, kind, document.id, now=datetime.now(UTC), actor=current_user.actor)
    )


def _flash_queued(mail: Mail) -> Response:
    mail_id = mail.id
    db.session.rollback()
    flash(_("E-mail queued. It is sent in a moment."), "good")
    return see_other(request, url_for("mails.show", mail_id=mail_id))


def _build_form_context(order: Order, form: MailForm, kind: str, document_id: int | None) -> dict[str, Any]:
    session = db.session()
    return {
        "order": order,
        "form": form,
        "kind": kind,
        "document_id": document_id,
        "choices": _list_choices(order),
        "refused": queries.find_mail_refusal_reason(session, order),
        "problem": "",
        "sent": queries.list_for_order(session, order.id),
        "zone": order.store.marketplace.time_zone,
        "message": amazon_messaging.build_context(order),
    }


def _list_choices(order: Order) -> list[tuple[str, str]]:
    """Return (key, label) of every mail that can be written about the order."""
    plain = [(kind, str(label("mail_kind", kind).text)) for kind in (mail_states.FREE, mail_states.ORDER)]
    documents = queries.list_documents(db.session(), order.id)
    return plain + [
        (_key(kind, id_), f"{label('mail_kind', kind).text} {document_number}")
        for kind, id_, document_number in documents
    ]


def _key(kind: str, document_id: int | None) -> str:
    return kind if document_id is None else f"{kind}-{document_id}"


def _parse_key(order: Order, key: str) -> tuple[str, int | None]:
    """Return kind and document of a key; those of a custom message where the order has no such document."""
    kind, _dash, id_ = key.partition("-")
    if key in {mail_states.ORDER, mail_states.FREE}:
        return key, None
    available = {(kind, document_id) for kind, document_id, _number in queries.list_documents(db.session(), order.id)}
    if id_.isdecimal() and (kind, int(id_)) in available:
        return kind, int(id_)
    return mail_states.FREE, None


def _render_mail(order: Order, kind: str, document_id: int | None) -> tuple[str, str]:
    if queries.find_mail_refusal_reason(db.session(), order) is not None:
        return "", ""
    try:
        return composer.render(db.session(), order, kind, document_id)
    except CannotWrite as error:
        raise RefusedError(error.cause) from error


def _text(mail: Mail) -> tuple[str, str]:
    """Return subject and body of the mail, rendered from its template while they are not stored."""
    if mail.body is not None:
        return mail.subject or "", mail.body
    try:
        return composer.render(db.session(), mail.order, mail.kind, mail.document_id, mail.comment_id, mail.language)
    except CannotWrite as error:
        return "", text_for(error.cause)


def _format_count(count: int) -> str:
    return str(ngettext("%(count)s message", "%(count)s messages", count, count=number(count)))
