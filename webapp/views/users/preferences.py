"""Preferences: theme and language, kept in cookies."""

from flask import Blueprint, Response, abort, request

from webapp.core.i18n import locale as i18n_locale
from webapp.web.auth import find_local_target, public
from webapp.web.formatting import THEMES
from webapp.web.responses import see_other

bp = Blueprint("preferences", __name__, url_prefix="/preferences")

YEAR = 365 * 24 * 60 * 60


@bp.post("")
@public
def save() -> Response:
    """Save `theme` (light, dark; anything else follows the system) or `language`, and go back."""
    response = see_other(request, find_local_target(request.form.get("next")))
    if "theme" in request.form:
        _keep(response, "theme", request.form["theme"], THEMES)
    if "language" in request.form:
        _keep(
            response, i18n_locale.COOKIE, request.form["language"], [str(locale) for locale in i18n_locale.available()]
        )
    return response


def _keep(response: Response, name: str, value: str, choices: list[str] | tuple[str, ...]) -> None:
    if value in choices:
        response.set_cookie(name, value, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
    elif value in {"", "system"}:
        response.delete_cookie(name)
    else:
        abort(400)
