"""The locale of a request: the user's own choice, else the browser's preference, else English."""

from functools import cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.support import NullTranslations
from flask import Flask, g, has_request_context, request
from flask_babel import LazyString, get_locale, get_translations

from webapp.core.i18n.catalogues import list_languages
from webapp.core.i18n.page_texts import DOMAIN, PageTexts, get_process_locale

COOKIE = "language"
DEFAULT = "en"


def current() -> Locale:
    """Return the locale in use."""
    return get_locale() or get_process_locale()


def language_tag() -> str:
    """Return the BCP 47 tag of the locale in use, for `lang` attributes: `de-AT`, `zh-Hans`."""
    locale = current()
    # The catalogue is in simplified characters, whatever the country.
    return "zh-Hans" if locale.language == "zh" else str(locale).replace("_", "-")


def translations() -> NullTranslations:
    """Return the catalog of the locale in use.

    Flask-Babel looks it up anew for each of the hundred texts of a page, which takes four times as long.
    """
    locale = get_locale()
    if locale is None:
        return PageTexts(domain=DOMAIN).get_translations()
    locale_and_catalog: tuple[Locale, NullTranslations] | None = g.get("translations")
    if locale_and_catalog is None or locale_and_catalog[0] is not locale:
        locale_and_catalog = g.translations = (locale, get_translations())
    return locale_and_catalog[1]


def lazy_gettext(text: str, **variables: Any) -> LazyString:
    """Return a text that is translated when it is rendered, with `translations`."""
    return LazyString(_gettext, text, **variables)


def _gettext(text: str, **variables: Any) -> str:
    translated = translations().gettext(text)
    return translated % variables if variables else translated


def init_app(app: Flask) -> None:
    """Let templates use `translations` too. Call it after Flask-Babel, whose functions it replaces."""
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: translations().gettext(text),
        ngettext=lambda singular, plural, count: translations().ngettext(singular, plural, count),
        newstyle=True,
    )


@cache
def available() -> tuple[Locale, ...]:
    """Return the languages of the pages, English first."""
    return tuple(Locale.parse(tag) for tag in list_languages(DOMAIN))


def select_locale() -> Locale:
    """Return the locale of this request, with the country the browser names: it decides how dates and numbers look.

    `g.language` is the choice of the signed-in user.
    """
    if not has_request_context():
        return get_process_locale()
    languages = {locale.language for locale in available()}
    for tag in (g.get("language", ""), request.cookies.get(COOKIE, ""), *request.accept_languages.values()):
        locale = _parse(tag)
        if locale and locale.language in languages:
            return locale
    return Locale.parse(DEFAULT)


def _parse(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-" if "-" in tag else "_")
    except (ValueError, UnknownLocaleError):
        return None
