"""Who reads a page, as far as it decides how values look. What is remembered of how they look, is for each of them."""

from babel import Locale
from flask import current_app, g, has_request_context, request

from webapp.core.i18n import locale as i18n_locale

# Browsers name countries: each of the six languages has some twenty of them.
_MOST = 256


class Reader:
    """A locale, and the path the desk stands under, which every address begins with.

    Compared by being the same, which takes no time; Babel's `Locale` compares all its parts.
    """

    __slots__ = ("__weakref__", "locale", "root")

    def __init__(self, locale: Locale, root: str) -> None:
        self.locale = locale
        self.root = root


def reader() -> Reader:
    """The one who reads what is written now. Outside of a request somebody who reads the language in force."""
    try:
        here = g._get_current_object()  # noqa: SLF001 - a page asks five hundred times
        known: tuple[Locale, Reader] = here.reader
        if known[0] is here._flask_babel.babel_locale:  # noqa: SLF001 - where `force_locale` says another one
            return known[1]
    except (AttributeError, RuntimeError):
        pass
    return _found()


def _found() -> Reader:
    locale = i18n_locale.current() or Locale.parse(i18n_locale.DEFAULT)
    if not current_app:
        return _nobody
    root = request.script_root if has_request_context() else ""
    everyone: dict[tuple[str, str], Reader] = current_app.extensions.setdefault("readers", {})
    found = everyone.get((str(locale), root))
    # While one works on the templates, nothing is remembered from one page to the next.
    if found is None or current_app.debug:
        if len(everyone) >= _MOST:
            everyone.clear()
        found = everyone[str(locale), root] = Reader(locale, root)
    g.reader = (locale, found)
    return found


_nobody = Reader(Locale.parse(i18n_locale.DEFAULT), "")
