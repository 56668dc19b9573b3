"""Printing documents."""

from flask_babel import LazyString

SENTENCES: dict[str, LazyString] = {}
