"""Mail templates: one for each kind and language, edited with a preview."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.common.languages import LANGUAGES
from webapp.domain.errors import AppError, InvalidError, NotFoundError
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.mail import templates as domain
from webapp.domain.mail.errors import CannotWrite
from webapp.forms.mails import TemplateForm
from webapp.mailing import composer
from webapp.messages import text_for
from webapp.messages.status_labels import label
from webapp.queries import mails as queries
from webapp.queries.orders import orders
from webapp.services.mail import settings
from webapp.web.auth import has_permission, requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("mail_templates", __name__)

PLACES = {
    "store_name": _l("The sender's name"),
    "order_number": _l("Channeldesk order number"),
    "amazon_number": _l("Amazon order number"),
    "order_date": _l("Order date"),
    "buyer_name": _l("Name of the buyer; empty if Amazon does not provide it"),
    "ship_to": _l("Shipping address"),
    "order_lines": _l("Ordered items, one per line"),
    "order_total": _l("Order total"),
    "comment": _l("Comment"),
    "document_number": _l("Document number"),
    "document_date": _l("Document date"),
    "document_lines": _l("Items of the document, one per line"),
    "document_totals": _l("Amounts of the document, one per line"),
    "tracking": _l("Carrier, tracking number and tracking link of each package"),
}
_EDIT = ("mail_templates/_edit.html", "mail_templates/edit.html")


@bp.get("/mail-templates")
@requires("mails.settings")
def index() -> Response:
    changed = queries.list_changed_templates(db.session())
    page = "mail_templates/index.html"
    return render_fragment_or_page(request, page, page, kinds=mail_states.KINDS, tongues=LANGUAGES, changed=changed)


@bp.get("/mail-templates/<kind>/<language>")
@requires("mails.settings")
def edit(kind: str, language: str) -> Response:
    _check(kind, language)
    template = composer.load_template(db.session(), kind, language)
    form = TemplateForm(formdata=None, data=template._asdict())
    return render_fragment_or_page(request, *_EDIT, **_build_context(kind, language, form))


@bp.post("/mail-templates/<kind>/<language>")
@requires("mails.settings")
def save(kind: str, language: str) -> Response:
    _check(kind, language)
    form = TemplateForm()
    subject, body = form.subject.data or "", form.body.data or ""
    try:
        settings.save_template(
            db.session(), kind, language, subject, body, now=datetime.now(UTC), actor=current_user.actor
        )
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(request, *_EDIT, **_build_context(kind, language, form))
    flash(_("Template saved."), "good")
    return see_other(request, url_for("mail_templates.edit", kind=kind, language=language))


@bp.post("/mail-templates/<kind>/<language>/resets")
@requires("mails.settings")
def reset(kind: str, language: str) -> Response:
    _check(kind, language)
    settings.reset_template(db.session(), kind, language, now=datetime.now(UTC), actor=current_user.actor)
    flash(_("Template reset to the default."), "good")
    return see_other(request, url_for("mail_templates.edit", kind=kind, language=language))


@bp.post("/mail-templates/<kind>/<language>/previews")
@requires("mails.settings")
def preview(kind: str, language: str) -> Response:
    """Render a preview with sample data or an order; nothing is saved."""
    _check(kind, language)
    return render_fragment_or_page(
        request, "mail_templates/_preview.html", _EDIT[1], **_build_context(kind, language, TemplateForm())
    )


def _check(kind: str, language: str) -> None:
    try:
        settings.check_template(kind, language)
    except InvalidError as error:
        raise NotFoundError(error.code, **error.arguments) from error


def _build_context(kind: str, language: str, form: TemplateForm) -> dict[str, Any]:
    return {
        "kind": kind,
        "language": language,
        "form": form,
        "tongues": LANGUAGES,
        "places": {name: PLACES[name] for name in domain.PLACES[kind]},
        "changed": (kind, language) in queries.list_changed_templates(db.session()),
        "preview": _preview(kind, language, form),
        "title": label("mail_kind", kind).text,
    }


def _preview(kind: str, language: str, form: TemplateForm) -> dict[str, str]:
    """Return subject and body, or in `problem` why there are none."""
    subject, body, number = form.subject.data or "", form.body.data or "", (form.order.data or "").strip()
    try:
        subject, body = mail_states.clean_header(subject, "subject", 500), mail_states.clean_body(body)
        domain.check(kind, subject, body)
        values = _build_values(kind, language, number)
    except AppError as error:
        return {"subject": "", "body": "", "problem": text_for(error.code, error.arguments)}
    except CannotWrite as error:
        return {"subject": "", "body": "", "problem": text_for(error.cause)}
    written = domain.write(subject, body, values)
    return {"subject": written[0], "body": written[1], "problem": ""}


def _build_values(kind: str, language: str, number: str) -> dict[str, str]:
    session = db.session()
    if not number or not has_permission("pii.read"):
        return composer.sample_values(session, kind, language)
    order = orders.get_by_number(session, number)
    documents = [id_ for other, id_, _number in queries.list_documents(session, order.id) if other == kind]
    if kind in mail_states.DOCUMENTS and not documents:
        raise NotFoundError("template_no_document", number=number)
    return composer.build_placeholder_values(session, order, kind, documents[-1] if documents else None, language)
