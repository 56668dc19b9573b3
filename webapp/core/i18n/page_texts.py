"""The texts of pages, messages and commands, in the languages that have a catalogue `messages.po`."""

from functools import cached_property

from babel.support import NullTranslations
from flask_babel import Babel, Domain, get_locale

from webapp.core.i18n.catalogues import load_catalogue
from webapp.domain.common.languages import DEFAULT, LANGUAGES

DOMAIN = "messages"


class PageTexts(Domain):
    """Flask-Babel's texts, read from the `.po` file of the language without compiling it first."""

    def get_translations(self) -> NullTranslations:
        """Return the catalogue of the locale in use; English needs none."""
        locale = get_locale()
        return load_catalogue(locale.language if locale and locale.language in LANGUAGES else DEFAULT, DOMAIN)


class PageBabel(Babel):
    """Flask-Babel with the catalogues of this application."""

    @cached_property
    def domain_instance(self) -> PageTexts:
        return PageTexts(domain=DOMAIN)
