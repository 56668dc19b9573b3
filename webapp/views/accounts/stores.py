"""Stores: overview, dashboard, order settings, deactivation and deletion."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, make_response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from webapp.core.extensions import db
from webapp.domain.accounts.store_settings import ORDER_SETTINGS
from webapp.domain.errors import InvalidError, require
from webapp.forms.stores import DeleteStoreForm, OrderSettingsForm
from webapp.models.stores import Store
from webapp.queries.accounts import alerts as accounts_alerts
from webapp.queries.accounts import dashboard, stores
from webapp.services.accounts import stores as store_service
from webapp.views.accounts import alert_texts
from webapp.web import links
from webapp.web.auth import find_local_target, requires
from webapp.web.form_errors import add_error
from webapp.web.responses import (
    render_fragment_or_page,
    render_invalid,
    see_other,
    wants_fragment,
)

bp = Blueprint("stores", __name__)


@bp.get("/stores")
@requires("stores.read")
def index() -> Response:
    cards = stores.load_cards(db.session(), datetime.now(UTC))
    cards_with_notices = [(card, alert_texts.build_notices(card.store, card.alerts)) for card in cards]
    return render_fragment_or_page(request, "stores/index.html", "stores/index.html", cards=cards_with_notices)


@bp.get("/stores/<slug>")
@requires("stores.read")
def show(slug: str) -> Response:
    """Render the dashboard. HTMX polls its changing part with the `mark` of its state; 204 if unchanged."""
    session, store = db.session(), load_store(slug)
    recent = dashboard.load_recent_orders(session, store)
    mark = dashboard.state_fingerprint(store, recent)
    if wants_fragment(request) and request.args.get("mark") == mark:
        return make_response("", 204)
    now, days = datetime.now(UTC), 7 if request.args.get("days") == "7" else 30
    alerts = accounts_alerts.load_alerts(session, [store], now).get(store.id, [])
    return render_fragment_or_page(
        request,
        "stores/_live.html",
        "stores/show.html",
        store=store,
        recent=recent,
        mark=mark,
        days=days,
        sales=dashboard.load_sales(session, store, days, now),
        waiting=dashboard.count_waiting(session, store, now),
        notices=alert_texts.build_notices(store, alerts),
        seller_central=links.seller_central(store.marketplace),
    )


@bp.get("/stores/<slug>/settings")
@requires("stores.read")
def settings_page(slug: str) -> Response:
    """Render the settings, with those in the query string instead of the stored ones; nothing is saved."""
    store = load_store(slug)
    return render_fragment_or_page(
        request, "stores/_settings.html", "stores/settings.html", store=store, form=_build_form(store, request.args)
    )


@bp.post("/stores/<slug>/settings")
@requires("stores.write")
def save_settings(slug: str) -> Response:
    store = load_store(slug)
    form = _build_form(store, request.form)
    # Disabled fields are not sent and keep their value.
    sent = {setting.key: request.form[setting.key] for setting in ORDER_SETTINGS if setting.key in request.form}
    try:
        store_service.change_settings(db.session(), store, sent, now=datetime.now(UTC), actor=current_user.actor)
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(
            request, "stores/_settings.html", "stores/settings.html", store=load_store(slug), form=form
        )
    flash(_("Order settings saved."), "good")
    return see_other(request, url_for("stores.settings_page", slug=slug))


@bp.post("/stores/<slug>/activations")
@requires("stores.write")
def activate(slug: str) -> Response:
    return _switch(slug, active=True)


@bp.post("/stores/<slug>/deactivations")
@requires("stores.write")
def deactivate(slug: str) -> Response:
    return _switch(slug, active=False)


@bp.get("/stores/<slug>/delete")
@requires("stores.write")
def delete_page(slug: str) -> Response:
    return render_fragment_or_page(request, *_DELETE, form=DeleteStoreForm(formdata=None), **_delete_context(slug))


@bp.post("/stores/<slug>/deletions")
@requires("stores.write")
def delete(slug: str) -> Response:
    store, form = load_store(slug), DeleteStoreForm()
    name = store.name
    try:
        store_service.delete_store(
            db.session(), store, form.typed_name.data or "", now=datetime.now(UTC), actor=current_user.actor
        )
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(request, *_DELETE, form=form, **_delete_context(slug))
    flash(_("%(store)s was deleted.", store=name), "good")
    return see_other(request, url_for("stores.index"))


_DELETE = ("stores/_delete.html", "stores/delete.html")


def load_store(slug: str) -> Store:
    """Return the store of a URL. Raises NotFoundError."""
    return require(stores.find_by_slug(db.session(), slug), "store_unknown", name=slug)


def _delete_context(slug: str) -> dict[str, Any]:
    store = load_store(slug)
    return {"store": store, "loses": stores.count_deleted_with(db.session(), store)}


def _switch(slug: str, *, active: bool) -> Response:
    store = store_service.set_active(
        db.session(), load_store(slug), active, now=datetime.now(UTC), actor=current_user.actor
    )
    words = _("%(store)s is active.", store=store.name) if active else _("%(store)s is inactive.", store=store.name)
    flash(words, "good")
    return see_other(request, find_local_target(request.form.get("next")))


def _build_form(store: Store, entered: MultiDict[str, str]) -> OrderSettingsForm:
    """Return the form with what was entered, and the stored setting for the rest."""
    data = {
        key: entered.get(key, entered.get(f"entered_{key}", value))
        for key, value in stores.read_order_settings(store).items()
    }
    return OrderSettingsForm(formdata=None, data=data)
