"""The style guide for people who build pages: every macro of templates/macros with sample data."""

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _

from webapp.domain import errors
from webapp.forms.patterns import SampleForm
from webapp.views.patterns import samples
from webapp.web.auth import requires
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("patterns", __name__, url_prefix="/patterns")


@bp.get("")
@requires("stores.read")
def show() -> str:
    return render_template("patterns/index.html", form=SampleForm(formdata=None), samples=samples)


@bp.post("/form")
@requires("stores.read")
def save() -> Response:
    form = SampleForm()
    if not form.validate():
        return render_invalid(request, "patterns/_form.html", "patterns/form_page.html", form=form)
    return see_other(request, url_for("patterns.show"))


@bp.get("/dialog")
@requires("stores.read")
def dialog() -> Response:
    return render_fragment_or_page(
        request, "patterns/_dialog.html", "patterns/dialog_page.html", reasons=_list_reasons()
    )


@bp.post("/dialog")
@requires("stores.read")
def refuse() -> Response:
    raise errors.RefusedError("cancel_shipped")


def _list_reasons() -> list[tuple[str, str]]:
    return [("NoInventory", _("Out of stock")), ("BuyerCanceled", _("The buyer asked for it"))]
