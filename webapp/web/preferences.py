"""The display preferences of the request: the signed-in user's, else those of the browser's cookies."""

from collections.abc import Iterable
from dataclasses import replace

from flask import Response, g, has_request_context, request

from webapp.core.i18n import locale
from webapp.domain.users.preferences import Preferences, is_valid

YEAR = 365 * 24 * 60 * 60
# Kept in cookies too, so that the sign-in page looks like the pages behind it.
COOKIES = {"language": locale.COOKIE, "theme": "theme"}


def use(preferences: Preferences) -> None:
    """Use the preferences of a user for the rest of the request."""
    g.preferences = preferences
    g.language = preferences.language


def current() -> Preferences:
    """Return the preferences in use; outside of a request, the defaults."""
    if not has_request_context():
        return Preferences()
    preferences: Preferences = g.get("preferences") or Preferences()
    theme = request.cookies.get("theme", "")
    if theme and not preferences.theme and is_valid("theme", theme):
        return replace(preferences, theme=theme)
    return preferences


def set_cookies(response: Response, preferences: Preferences, names: Iterable[str] = COOKIES) -> None:
    """Store theme and language in the browser, or delete them if they are the default."""
    for name in names:
        cookie, value = COOKIES[name], getattr(preferences, name)
        if value:
            response.set_cookie(cookie, value, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
        else:
            response.delete_cookie(cookie)
