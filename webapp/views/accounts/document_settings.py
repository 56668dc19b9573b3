"""Document settings of a store: seller data and language of its documents and mails."""

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.accounts import document_settings as domain
from webapp.domain.errors import InvalidError
from webapp.forms.stores import DocumentSettingsForm
from webapp.services.accounts import document_settings
from webapp.views.accounts.stores import load_store
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("document_settings", __name__)
_FORM = ("stores/_documents.html", "stores/documents.html")


@bp.get("/stores/<slug>/documents")
@requires("stores.read")
def page(slug: str) -> Response:
    store = load_store(slug)
    form = DocumentSettingsForm(formdata=None, data={key: getattr(store, key) for key in domain.KEYS})
    return render_fragment_or_page(request, *_FORM, store=store, form=form)


@bp.post("/stores/<slug>/documents")
@requires("stores.write")
def save(slug: str) -> Response:
    store, form = load_store(slug), DocumentSettingsForm()
    sent = {key: request.form[key] for key in domain.KEYS if key in request.form}
    try:
        document_settings.change(db.session(), store, sent, now=datetime.now(UTC), actor=current_user.actor)
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(request, *_FORM, store=load_store(slug), form=form)
    flash(_("Documents and language of %(store)s saved.", store=store.name), "good")
    return see_other(request, url_for("document_settings.page", slug=slug))
