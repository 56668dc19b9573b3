"""The templates that are shipped, in every language: complete, with the same places, and right to be written out."""

import re
from pathlib import Path

import webapp
from webapp.core.i18n import catalogues
from webapp.domain.common.languages import LANGUAGES
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.mail import templates as mail_templates
from webapp.mailing.composer import load_default_template
from webapp.mailing.default_templates import DEFAULTS, WORDS

FOLDER = Path(webapp.__file__).parent / "translations"
PLACE = re.compile(r"\{\{ \w+ \}\}")
TEXTS = [text for template in DEFAULTS.values() for text in template] + list(WORDS.values())


def test_a_language_says_everything_in_words_of_its_own_with_the_same_places() -> None:
    for language in [language for language in LANGUAGES if language != "en"]:
        say = catalogues.load_catalogue(language, "mails").gettext
        for text in TEXTS:
            assert say(text) != text or text in ("Subtotal", WORDS["sum"]), text
            assert sorted(PLACE.findall(say(text))) == sorted(PLACE.findall(text)), text


def test_what_is_shipped_could_be_saved() -> None:
    for language in LANGUAGES:
        for kind in mail_states.KINDS:
            mail_templates.check(kind, *load_default_template(kind, language))
