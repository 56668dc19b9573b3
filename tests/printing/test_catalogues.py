"""The translations of what is printed: every text, in every language, with its gaps."""

import ast
import re
from pathlib import Path

from babel.messages.pofile import read_po

import webapp
from webapp.core.i18n import catalogues
from webapp.domain.common.languages import DEFAULT, LANGUAGES
from webapp.mailing import composer

WEBAPP = Path(webapp.__file__).parent
GAPS = re.compile(r"%\((\w+)\)s")


def texts() -> set[str]:
    """What `say(…)`, `words(…)` and `self.content.words(…)` are given."""
    found = set()
    for path in (WEBAPP / "printing").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in {"say", "words"}:
                    found.add(node.args[0].value)
    return found


def test_a_catalogue_has_every_text_and_no_other():
    for language in sorted(set(LANGUAGES) - {DEFAULT}):
        with (WEBAPP / "translations" / language / "LC_MESSAGES" / "printing.po").open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
        translations = {message.id: message.string for message in catalogue if message.id}
        assert set(translations) == texts(), language
        assert [text for text, translated in translations.items() if not translated] == [], language
        assert [text for text in translations if set(GAPS.findall(text)) != set(GAPS.findall(translations[text]))] == []
        assert not [message.id for message in catalogue if message.fuzzy], language
        assert catalogues.load_catalogue(language, "printing").gettext("Invoice") == translations["Invoice"], language


def test_a_mail_calls_the_credit_memo_as_its_paper_does():
    for language in LANGUAGES:
        title = catalogues.load_catalogue(language, "printing").gettext("Credit memo")

        letter = composer.load_default_template("credit_memo", language)

        assert title in letter.subject, language
        assert title.casefold() in letter.body.casefold(), language
