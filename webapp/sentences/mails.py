"""Writing to the buyer."""

from flask_babel import LazyString

SENTENCES: dict[str, LazyString] = {}
