"""Label settings of a store: the address that labels are sent from, and package presets."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.errors import InvalidError
from webapp.forms.labels import PresetForm, SenderForm, describe_package, read_package
from webapp.models.stores import Store
from webapp.queries.shipping import labels as queries
from webapp.services.shipping import label_settings
from webapp.views.accounts.stores import load_store
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("label_settings", __name__)
_PAGE = ("labels/_settings.html", "labels/settings.html")


@bp.get("/stores/<slug>/labels")
@requires("stores.read")
def page(slug: str) -> Response:
    return render_fragment_or_page(request, *_PAGE, **_build_context(load_store(slug)))


@bp.post("/stores/<slug>/labels")
@requires("stores.write")
def save(slug: str) -> Response:
    """Save the address that labels are sent from."""
    store, form = load_store(slug), SenderForm()
    try:
        label_settings.change_sender(
            db.session(), store, form.read_address(), now=datetime.now(UTC), actor=current_user.actor
        )
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(request, *_PAGE, **_build_context(load_store(slug), sender_form=form))
    flash(_("The address was saved."), "good")
    return see_other(request, url_for("label_settings.page", slug=slug))


@bp.post("/stores/<slug>/labels/presets")
@requires("stores.write")
def add_preset(slug: str) -> Response:
    store, form = load_store(slug), PresetForm()
    try:
        label_settings.add_preset(
            db.session(),
            store,
            form.name.data or "",
            read_package(form),
            now=datetime.now(UTC),
            actor=current_user.actor,
        )
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(request, *_PAGE, **_build_context(load_store(slug), preset_form=form))
    flash(_("The package was added."), "good")
    return see_other(request, url_for("label_settings.page", slug=slug))


@bp.post("/stores/<slug>/labels/presets/<int:preset_id>/deletions")
@requires("stores.write")
def delete_preset(slug: str, preset_id: int) -> Response:
    store = load_store(slug)
    label_settings.delete_preset(db.session(), store, preset_id, now=datetime.now(UTC), actor=current_user.actor)
    flash(_("The package was deleted."), "good")
    return see_other(request, url_for("label_settings.page", slug=slug))


def _build_context(
    store: Store, *, sender_form: SenderForm | None = None, preset_form: PresetForm | None = None
) -> dict[str, Any]:
    sender = queries.find_sender(db.session(), store.id)
    return {
        "store": store,
        "form": sender_form or SenderForm.from_sender(sender, store.marketplace.country_code),
        "preset_form": preset_form or PresetForm(formdata=None),
        "presets": [(preset, describe_package(preset.size)) for preset in queries.list_presets(db.session(), store.id)],
    }
