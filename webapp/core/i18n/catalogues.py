"""Texts and amounts in a store's language, without a request.

A domain is a file `translations/<language>/LC_MESSAGES/<domain>.po`, read without compiling it first.
"""

import io
import re
from functools import lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from webapp.domain.common.languages import DEFAULT, LANGUAGES
from webapp.domain.common.money import Money

FOLDER = Path(__file__).parents[2] / "translations"
# The locale of a language in a country for which CLDR has none.
_ELSEWHERE = {"en": "en_150", "zh": "zh_Hans_CN"}
_LETTER_AT_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")


@lru_cache(maxsize=64)
def load_catalogue(language: str, domain: str) -> NullTranslations:
    """Return the catalogue of a domain in a language of `LANGUAGES`; English needs none.

    Raises LookupError for an unknown language, FileNotFoundError for a domain without a catalogue.
    """
    if language not in LANGUAGES:
        raise LookupError(f"There is no language {language!r}.")
    if language == DEFAULT:
        return NullTranslations()
    with _find_path(language, domain).open("rb") as file:
        texts = read_po(file, locale=language, domain=domain, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return Translations(compiled, domain=domain)


@lru_cache(maxsize=8)
def list_languages(domain: str) -> tuple[str, ...]:
    """Return the languages that have a catalogue of this domain, English first."""
    return tuple(tag for tag in LANGUAGES if tag == DEFAULT or _find_path(tag, domain).is_file())


def _find_path(language: str, domain: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / f"{domain}.po"


@lru_cache(maxsize=256)
def get_locale(language: str, country_code: str = "") -> Locale:
    """Return the locale that formats dates and amounts of a language in a country."""
    try:
        return Locale.parse(f"{language}_{country_code.upper()}") if country_code else Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale.parse(_ELSEWHERE.get(language, language))


@lru_cache(maxsize=4096)
def amount(value: Money, where: Locale) -> str:
    """Format an amount as `€1,234.50` or `SEK 1,234.50`, with exactly the currency's digits."""
    return add_space(numbers.format_currency(value.decimal, value.currency, locale=where))


def add_space(text: str) -> str:
    """Add the no-break space after a currency code, which CLDR requires and Babel omits."""
    return _LETTER_AT_DIGIT.sub("\xa0", text)
