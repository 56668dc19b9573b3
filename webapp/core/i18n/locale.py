"""The locale of a request: the user's own choice, else the browser's preference, else English."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from flask import current_app, has_request_context, request
from flask_babel import Babel, get_locale

COOKIE = "language"
DEFAULT = "en"


def current() -> Locale:
    """Return the locale in use; English outside of an application context."""
    return get_locale() or Locale.parse(DEFAULT)


def available() -> list[Locale]:
    """Return the languages that have translations, English first."""
    babel = current_app.extensions["babel"]
    return list(_available(babel.instance, tuple(babel.translation_directories)))


# The translations are part of the release: the folders are not listed again for each request.
@lru_cache(maxsize=8)
def _available(babel: Babel, _directories: tuple[str, ...]) -> tuple[Locale, ...]:
    locales = {str(locale): locale for locale in babel.list_translations()}
    others = sorted(tag for tag in locales if tag != DEFAULT)
    return (Locale.parse(DEFAULT), *(locales[tag] for tag in others))


def select_locale() -> Locale:
    """Return the locale of this request, with the country the browser names: it decides how dates and numbers look."""
    if not has_request_context():
        return Locale.parse(DEFAULT)
    languages = {locale.language for locale in available()}
    for tag in (request.cookies.get(COOKIE, ""), *request.accept_languages.values()):
        locale = _parse(tag)
        if locale and locale.language in languages:
            return locale
    return Locale.parse(DEFAULT)


def _parse(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-" if "-" in tag else "_")
    except (ValueError, UnknownLocaleError):
        return None
