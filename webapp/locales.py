"""Which language a person reads: their own choice, else their browser's wish, else English."""

from babel import Locale, UnknownLocaleError
from flask import current_app, has_request_context, request

COOKIE = "language"
DEFAULT = "en"


def available() -> list[Locale]:
    """The languages there are translations for, English first."""
    found = {str(locale): locale for locale in current_app.extensions["babel"].instance.list_translations()}
    others = sorted(tag for tag in found if tag != DEFAULT)
    return [Locale.parse(DEFAULT), *(found[tag] for tag in others)]


def choose() -> str:
    """The locale of this request, with the country the browser names, which decides how dates and numbers look."""
    if not has_request_context():
        return DEFAULT
    languages = {locale.language for locale in available()}
    for tag in (request.cookies.get(COOKIE, ""), *request.accept_languages.values()):
        locale = _parse(tag)
        if locale and locale.language in languages:
            return str(locale)
    return DEFAULT


def _parse(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-" if "-" in tag else "_")
    except (ValueError, UnknownLocaleError):
        return None
