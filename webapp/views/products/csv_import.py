"""Import of a CSV file of products: stored, previewed with its changes, then confirmed."""

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from webapp.core.extensions import db
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.products import csv_import as domain
from webapp.forms.products import ProductFileForm, choose_account
from webapp.messages import text_for
from webapp.queries.accounts import stores
from webapp.queries.products import products as queries
from webapp.services.products import csv_import
from webapp.web.auth import requires
from webapp.web.form_errors import add_error
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("product_imports", __name__, url_prefix="/products/imports")

# The page shows at most this many errors and changes.
SHOWN = 200


@bp.get("/new")
@requires("products.write")
def new() -> Response:
    form = ProductFileForm(formdata=None, accounts=stores.list_accounts(db.session()))
    return render_fragment_or_page(request, *_NEW, form=form, most=domain.MOST_ROWS)


@bp.post("")
@requires("products.write")
def create() -> Response:
    session = db.session()
    form = ProductFileForm(accounts=stores.list_accounts(session))
    try:
        account_id = choose_account(form)
        name, text = _read_upload(form)
        about = {"now": datetime.now(UTC), "actor": current_user.actor}
        stored = csv_import.create(session, account_id, name, text, **about)
    except InvalidError as error:
        db.session.rollback()
        add_error(form, error)
        return render_invalid(request, *_NEW, form=form, most=domain.MOST_ROWS)
    return see_other(request, url_for("product_imports.show", import_id=stored.id))


@bp.get("/<int:import_id>")
@requires("products.write")
def show(import_id: int) -> Response:
    """Render what the file would change, or what it changed once it is confirmed."""
    session = db.session()
    stored = queries.get_import(session, import_id)
    sheet = domain.read(stored.content)
    changes = queries.preview_import(session, stored.account_id, sheet.rows)
    errors = [change for change in changes if change.row.wrong is not None]
    applicable = [change for change in changes if change.row.wrong is None and (change.new or change.changes)]
    return render_fragment_or_page(
        request,
        "products/import.html",
        "products/import.html",
        stored=stored,
        ignored=sheet.ignored,
        errors=errors,
        applicable=applicable[:SHOWN],
        new=sum(change.new for change in applicable),
        changed=sum(not change.new for change in applicable),
        same=len(changes) - len(errors) - len(applicable),
        hidden=max(0, len(applicable) - SHOWN),
    )


@bp.post("/<int:import_id>/confirmations")
@requires("products.write")
def confirm(import_id: int) -> Response:
    try:
        csv_import.confirm(db.session(), import_id, now=datetime.now(UTC), actor=current_user.actor)
        flash(_("File imported."), "good")
    except RefusedError as error:
        flash(text_for(error.code, error.arguments), "warn")
    return see_other(request, url_for("product_imports.show", import_id=import_id))


_NEW = ("products/_import.html", "products/new_import.html")


def _read_upload(form: ProductFileForm) -> tuple[str, str]:
    """Return name and text of the upload. Raises InvalidError."""
    file = form.file.data
    if file is not None and file.filename:
        return file.filename, domain.decode(file.read(domain.LARGEST_FILE + 1))
    if (form.rows.data or "").strip():
        return "", form.rows.data
    raise InvalidError("product_file_required", field="file")
