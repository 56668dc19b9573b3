"""The supported buyer languages, and the default one of each marketplace."""

DEFAULT = "en"
# Tag, as Babel and the folders of `webapp/translations` have it → the language's own name.
LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "nl": "Nederlands",
    "sv": "Svenska",
    "it": "Italiano",
    "zh": "简体中文",
}
_OF_COUNTRY = {"DE": "de", "NL": "nl", "BE": "nl", "SE": "sv", "IT": "it"}


def get_default_language(country_code: str) -> str:
    """Return the default language of a store in this country; English for unlisted countries."""
    return _OF_COUNTRY.get(country_code.upper(), DEFAULT)
