"""The catalogues of the pages' texts: `webapp/translations/<language>/LC_MESSAGES/messages.po`.

    python -m tests.project.catalogs update              add new texts to every catalogue, remove those that are gone
    python -m tests.project.catalogs pending LANGUAGE    print the texts without a translation, as JSON
    python -m tests.project.catalogs fill LANGUAGE FILE… write the translations of such JSON into the catalogue

`fill` takes a list of {"id": text, "t": translation}; a text with a plural has a list of forms in "t". It leaves
out, and names, what `find_problem` refuses.
"""
# ruff: noqa: T201 - its output is what it is called for

import argparse
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from webapp.core.i18n.page_texts import DOMAIN
from webapp.domain.common.languages import DEFAULT, LANGUAGES

ROOT = Path(__file__).parents[2]
FOLDERS = {"webapp": [("**.py", "python")], "jobs": [("**.py", "python")], "templates": [("**.*", "jinja2")]}
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None, "lazy_gettext": None}
TRANSLATED = tuple(language for language in LANGUAGES if language != DEFAULT)
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%")
_TAG = re.compile(r"</?\w+")


def find_path(language: str) -> Path:
    return ROOT / "webapp" / "translations" / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def extract() -> Catalog:
    """Return the texts of the code and the templates."""
    catalog = Catalog(charset="utf-8")
    for folder, methods in FOLDERS.items():
        for _file, _line, text, _comments, context in extract_from_dir(ROOT / folder, methods, keywords=KEYWORDS):
            if text and text != ("",):
                catalog.add(text, context=context)
    return catalog


def load(language: str) -> Catalog:
    """Return the catalogue of a language, empty if there is none."""
    path = find_path(language)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def save(language: str, catalog: Catalog) -> None:
    """Write the catalogue with its texts in alphabetical order, so that two branches seldom change the same lines."""
    body = io.BytesIO()
    write_po(body, catalog, width=0, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    head = (
        f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    find_path(language).parent.mkdir(parents=True, exist_ok=True)
    find_path(language).write_text(head + body.getvalue().decode("utf-8"), "utf-8")


def update(language: str) -> None:
    catalog = load(language)
    catalog.update(extract(), no_fuzzy_matching=True)
    save(language, catalog)


def list_pending(catalog: Catalog) -> Iterator[dict[str, Any]]:
    for message in catalog:
        if message.id and (message.fuzzy or not all(_forms(message.string))):
            yield {"id": _forms(message.id)[0]} | ({"plural": message.id[1]} if message.pluralizable else {})


def find_problem(message: Message, translation: Any, count: int) -> str | None:
    """Return what is wrong with a translation, or None. `count`: the plural forms of the language."""
    if message.pluralizable != isinstance(translation, list):
        return "needs its plural forms" if message.pluralizable else "has no plural forms"
    texts, forms = _forms(message.id), _forms(translation)
    if message.pluralizable and len(forms) != count:
        return f"needs {count} forms"
    needed, allowed = (set(_PLACEHOLDER.findall(text)) for text in (texts[-1], " ".join(texts)))
    for form in forms:
        if not form:
            return "is empty"
        placeholders = set(_PLACEHOLDER.findall(form))
        # A plural may say a number in words.
        may_miss = {"%(num)s", "%(count)s"} if message.pluralizable else set()
        if placeholders - allowed or needed - placeholders - may_miss:
            return "has other placeholders"
        if sorted(_TAG.findall(form)) != sorted(_TAG.findall(texts[0])):
            return "has other tags"
        if (form[:1].isspace(), form[-1:].isspace()) != (texts[0][:1].isspace(), texts[0][-1:].isspace()):
            return "begins or ends with other white space"
    return None


def fill(language: str, entries: list[dict[str, Any]]) -> list[str]:
    """Write the translations into the catalogue. Return what was left out, and why."""
    catalog, problems = load(language), []
    for entry in entries:
        message = catalog.get(entry["id"])
        if message is None:
            problems.append(f"{entry['id']!r} is no text of the pages")
            continue
        problem = find_problem(message, entry["t"], catalog.num_plurals)
        if problem:
            problems.append(f"{entry['id']!r} {problem}: {entry['t']!r}")
            continue
        message.string = tuple(entry["t"]) if message.pluralizable else entry["t"]
        message.flags.discard("fuzzy")
    save(language, catalog)
    return problems


def _forms(text: Any) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, (list, tuple)) else (text,)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("update")
    commands.add_parser("pending").add_argument("language", choices=TRANSLATED)
    filling = commands.add_parser("fill")
    filling.add_argument("language", choices=TRANSLATED)
    filling.add_argument("files", nargs="+", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "update":
        for language in TRANSLATED:
            update(language)
            print(f"{language}: {len(list(list_pending(load(language))))} texts to translate")
    elif arguments.command == "pending":
        print(json.dumps(list(list_pending(load(arguments.language))), ensure_ascii=False, indent=1))
    else:
        entries = [entry for file in arguments.files for entry in json.loads(file.read_text("utf-8"))]
        problems = fill(arguments.language, entries)
        print(*problems, f"{len(entries) - len(problems)} translations written", sep="\n")
        sys.exit(bool(problems))


if __name__ == "__main__":
    main()
