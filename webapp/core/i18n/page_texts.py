"""The texts of pages, messages and commands, in the languages that have a catalogue `messages.po`."""

from functools import cached_property

from babel import Locale
from babel.core import default_locale
from babel.support import NullTranslations
from flask_babel import Babel, Domain, get_locale

from webapp.core.i18n.catalogues import list_languages, load_catalogue
from webapp.domain.common.languages import DEFAULT

DOMAIN = "messages"
# The language outside of requests: English, but for commands that a person has typed.
_process_language = DEFAULT


class PageTexts(Domain):
    """Flask-Babel's texts, read from the `.po` file of the language without compiling it first."""

    def get_translations(self) -> NullTranslations:
        """Return the catalogue of the locale in use; English needs none."""
        locale = get_locale()
        language = locale.language if locale else _process_language
        return load_catalogue(language if language in list_languages(DOMAIN) else DEFAULT, DOMAIN)


class PageBabel(Babel):
    """Flask-Babel with the catalogues of this application."""

    @cached_property
    def domain_instance(self) -> PageTexts:
        return PageTexts(domain=DOMAIN)


def get_process_locale() -> Locale:
    """Return the locale outside of requests."""
    return Locale.parse(_process_language)


def use_terminal_language() -> None:
    """Use the language of the terminal (LC_ALL, LC_MESSAGES, LANG) outside of requests, if it is one of ours."""
    global _process_language
    language = (default_locale("LC_MESSAGES") or "").partition("_")[0]
    _process_language = language if language in list_languages(DOMAIN) else DEFAULT
