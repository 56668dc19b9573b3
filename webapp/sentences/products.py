"""Products and stock."""

from flask_babel import LazyString

SENTENCES: dict[str, LazyString] = {}
