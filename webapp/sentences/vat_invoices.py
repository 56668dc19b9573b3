"""Tax invoices given to Amazon."""

from flask_babel import LazyString

SENTENCES: dict[str, LazyString] = {}
