"""Which language a person reads: their own choice, else their browser's wish, else English."""

from functools import cached_property, lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.support import NullTranslations, Translations
from flask import current_app, g, has_request_context, request
from flask_babel import Babel, Domain, LazyString, get_locale
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

COOKIE = "language"
DEFAULT = "en"


class Catalogues(Domain):
    """Flask-Babel's texts, found once a request instead of at every text."""

    def get_translations(self) -> Translations:
        try:
            # Where Flask-Babel keeps what it knows of a request; `force_locale` and `refresh` forget it there.
            known = g._get_current_object()._flask_babel  # noqa: SLF001
        except (AttributeError, RuntimeError):
            return super().get_translations()
        found: Translations | None = getattr(known, "babel_translations", None)
        if found is None:
            found = known.babel_translations = super().get_translations()
        return found


class Languages(Babel):
    """Flask-Babel with `Catalogues`."""

    @cached_property
    def domain_instance(self) -> Catalogues:
        return Catalogues(domain=self.domain)


def current() -> Locale:
    """The reader's locale: `get_locale` of Flask-Babel, without its way through three proxies."""
    try:
        found = g._get_current_object()._flask_babel.babel_locale  # noqa: SLF001
    except (AttributeError, RuntimeError):
        found = None
    return found or get_locale()


def translations() -> NullTranslations:
    """The texts in the reader's language; outside of the application the sources' own."""
    try:
        found: NullTranslations | None = g._get_current_object()._flask_babel.babel_translations  # noqa: SLF001
    except (AttributeError, RuntimeError):
        found = None
    return found or _looked_up()


def _looked_up() -> NullTranslations:
    if not current_app:
        return NullTranslations()
    catalogues: Catalogues = current_app.extensions["babel"].instance.domain_instance
    return catalogues.get_translations()


def lazy_gettext(text: str, **variables: Any) -> LazyString:
    """Flask-Babel's: said in the reader's language when it is written. Labels and headings are many on a page."""
    return LazyString(_said, text, **variables)


def _said(text: str, **variables: Any) -> str:
    said: str = translations().gettext(text)
    return said % variables if variables else said


def available() -> list[Locale]:
    """The languages there are translations for, English first."""
    babel = current_app.extensions["babel"]
    return list(_available(babel.instance, tuple(babel.translation_directories)))


# The folders come with the release; looking into them at every request would find the same.
@lru_cache(maxsize=8)
def _available(babel: Babel, _directories: tuple[str, ...]) -> tuple[Locale, ...]:
    found = {str(locale): locale for locale in babel.list_translations()}
    others = sorted(tag for tag in found if tag != DEFAULT)
    return (Locale.parse(DEFAULT), *(found[tag] for tag in others))


def choose() -> str:
    """The locale of this request, with the country the browser names, which decides how dates and numbers look."""
    return str(chosen())


def chosen() -> Locale:
    """The same as Babel knows it."""
    if not has_request_context():
        return Locale.parse(DEFAULT)
    languages = frozenset(locale.language for locale in available())
    return _chosen(request.cookies.get(COOKIE, ""), request.headers.get("Accept-Language", ""), languages)


# A handful of browsers ask for everything, each with the same words all day.
@lru_cache(maxsize=256)
def _chosen(own: str, browser: str, languages: frozenset[str]) -> Locale:
    for tag in (own, *parse_accept_header(browser, LanguageAccept).values()):
        locale = _parse(tag)
        if locale and locale.language in languages:
            return locale
    return Locale.parse(DEFAULT)


def _parse(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-" if "-" in tag else "_")
    except (ValueError, UnknownLocaleError):
        return None
