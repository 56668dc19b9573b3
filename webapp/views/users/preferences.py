"""Theme and language, chosen in the menu or before signing in."""

from flask import Blueprint, Response, abort, request
from flask_login import current_user

from webapp.core.extensions import db
from webapp.core.i18n import locale
from webapp.domain.errors import InvalidError
from webapp.domain.users.preferences import Preferences, check_preferences
from webapp.services.users import users
from webapp.web import preferences
from webapp.web.auth import find_local_target, public
from webapp.web.responses import see_other

bp = Blueprint("preferences", __name__, url_prefix="/preferences")


@bp.post("")
@public
def save() -> Response:
    """Save `theme` (light, dark; empty follows the system) or `language` in the browser and for the user; go back."""
    response = see_other(request, find_local_target(request.form.get("next")))
    values = {name: request.form[name] for name in preferences.COOKIES if name in request.form}
    if values.get("theme") == "system":
        values["theme"] = ""
    if values.get("language") not in {None, "", *map(str, locale.available())}:
        abort(400)
    try:
        check_preferences(values)
    except InvalidError:
        abort(400)
    if current_user.is_authenticated:
        users.save_preferences(db.session(), current_user.id, values)
    preferences.set_cookies(response, Preferences(**values), values)
    return response
