"""The pattern book: every macro with sample data, and three whole pages made of them. For those who build pages."""

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.domain import errors
from webapp.forms.patterns import SampleForm
from webapp.views.patterns import samples
from webapp.web.auth import requires
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

bp = Blueprint("patterns", __name__, url_prefix="/patterns")

PAGES = {
    "pieces": _l("Pieces"),
    "dashboard": _l("Store dashboard"),
    "orders": _l("Orders grid"),
    "order": _l("Order"),
}


@bp.get("")
@bp.get("/<page>")
@requires("stores.read")
def show(page: str = "pieces") -> str:
    if page not in PAGES:
        raise errors.NotFoundError("pattern_unknown", page=page)
    tabs = [(text, url_for("patterns.show", page=name), name == page, None) for name, text in PAGES.items()]
    return render_template(
        f"patterns/{page}.html", tabs=tabs, form=SampleForm(formdata=None), samples=samples, days=_days()
    )


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
    return render_fragment_or_page(request, "patterns/_dialog.html", "patterns/dialog_page.html", reasons=_reasons())


@bp.post("/dialog")
@requires("stores.read")
def refuse() -> Response:
    raise errors.RefusedError("cancel_shipped")


def _days() -> int:
    return 7 if request.args.get("days") == "7" else 30


def _reasons() -> list[tuple[str, str]]:
    return [("NoInventory", _("Out of stock")), ("BuyerCanceled", _("The buyer asked for it"))]
