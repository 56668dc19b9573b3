"""Settings of a store's documents and mails: seller data and language. One table for form and command line."""

from collections.abc import Mapping

from webapp.domain.common.languages import LANGUAGES
from webapp.domain.errors import InvalidError

# Key → the longest it may be, and how many lines it may have.
TEXTS = {
    "documents_sender": (400, 8),
    "documents_tax_number": (60, 1),
    "documents_footer": (600, 5),
}
KEYS = ("language", *TEXTS)


def clean(values: Mapping[str, str]) -> dict[str, str]:
    """Strip the values and the ends of their lines. Raises InvalidError naming the first invalid one."""
    cleaned = {}
    for key, value in values.items():
        if key == "language":
            if value not in LANGUAGES:
                raise InvalidError("setting_choice", field=key, key=key, choices=", ".join(LANGUAGES))
            cleaned[key] = value
        elif key in TEXTS:
            longest, most = TEXTS[key]
            text = "\n".join(" ".join(line.split()) for line in value.strip().splitlines())
            if len(text) > longest:
                raise InvalidError("text_too_long", field=key, most=longest)
            if text.count("\n") >= most:
                raise InvalidError("too_many_lines", field=key, most=most)
            cleaned[key] = text
        else:
            raise InvalidError("document_setting_unknown", field=key, key=key, known=", ".join(KEYS))
    return cleaned
