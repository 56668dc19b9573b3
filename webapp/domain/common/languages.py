"""The languages the house speaks to buyers, and which of them a marketplace's buyers read."""

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
