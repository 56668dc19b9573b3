"""Texts and formats in a store's language, without a request."""

import pytest
from babel import Locale
from sqlalchemy.orm import Session

from tests.support.factories import an_account
from webapp.core.i18n import catalogues
from webapp.domain.common.languages import get_default_language


def test_a_store_speaks_its_marketplace_s_language_where_we_know_it():
    for country, language in [
        ("DE", "de"),
        ("NL", "nl"),
        ("BE", "nl"),
        ("SE", "sv"),
        ("IT", "it"),
        ("GB", "en"),
        ("US", "en"),
        ("JP", "en"),
    ]:
        assert get_default_language(country) == language, (country, language)


def test_a_new_store_is_given_its_language(session: Session):
    account = an_account(session, ("DE", "FR"))
    assert sorted((store.name, store.language) for store in account.stores) == [("Desk DE", "de"), ("Desk FR", "en")]


def test_dates_and_amounts_are_written_as_in_the_country_or_as_in_the_language():
    for language, country, locale in [
        ("en", "US", "en_US"),
        ("en", "SE", "en_SE"),
        ("en", "JP", "en_150"),
        ("en", "", "en"),
        ("de", "SE", "de"),
        ("nl", "BE", "nl_BE"),
        ("zh", "DE", "zh_Hans_CN"),
    ]:
        assert catalogues.get_locale(language, country) == Locale.parse(locale), (language, country, locale)


def test_english_needs_no_catalogue_and_a_language_we_do_not_speak_is_a_mistake():
    assert catalogues.load_catalogue("en", "anything").gettext("Invoice") == "Invoice"
    with pytest.raises(LookupError):
        catalogues.load_catalogue("fr", "printing")
    with pytest.raises(FileNotFoundError):
        catalogues.load_catalogue("de", "no_such_domain")
