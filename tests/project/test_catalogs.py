"""The catalogues of the pages' texts have every text, translated, with the same placeholders."""

from functools import cache

import pytest
from babel.messages import Catalog, Message

from tests.project import catalogs

# The languages whose catalogues are complete. The others show English for what is missing.
COMPLETE: tuple[str, ...] = ("de", "zh")
LANGUAGES = tuple(language for language in catalogs.TRANSLATED if catalogs.find_path(language).exists())


@cache
def extract() -> Catalog:
    return catalogs.extract()


@pytest.mark.parametrize("language", COMPLETE)
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    catalog, texts = catalogs.load(language), extract()
    missing = [message.id for message in texts if message.id and catalog.get(message.id) is None]
    left_over = [message.id for message in catalog if message.id and texts.get(message.id) is None]
    assert missing == [], "`make messages` adds them"
    assert left_over == [], "`make messages` removes them"
    assert list(catalogs.list_pending(catalog)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_placeholders_tags_and_plurals(language: str) -> None:
    catalog = catalogs.load(language)
    problems = []
    for message in catalog:
        if not message.id or not message.string or not any(message.string):
            continue
        translation = list(message.string) if message.pluralizable else message.string
        problem = catalogs.find_problem(message, translation, catalog.num_plurals)
        if problem:
            problems.append(f"{message.id!r} {problem}")
    assert problems == []


@pytest.mark.parametrize(
    ("text", "translation", "problem"),
    [
        ("%(name)s is held", "%(name)s wird gehalten", None),
        ("%(name)s is held", "Wird gehalten", "has other placeholders"),
        ("%(name)s is held", "%(Name)s wird gehalten", "has other placeholders"),
        ("<b>Held</b>", "Gehalten", "has other tags"),
        ("Held ", "Gehalten", "begins or ends with other white space"),
        ("Held", "", "is empty"),
        ("Held", ["Gehalten"], "has no plural forms"),
        (("%(num)s order", "%(num)s orders"), "%(num)s Bestellungen", "needs its plural forms"),
        (("%(num)s order", "%(num)s orders"), ["%(num)s Bestellungen"], "needs 2 forms"),
        (("%(num)s order", "%(num)s orders"), ["Eine Bestellung", "%(num)s Bestellungen"], None),
    ],
)
def test_a_wrong_translation_is_refused(text: str | tuple[str, str], translation: object, problem: str | None) -> None:
    assert catalogs.find_problem(Message(text), translation, 2) == problem
