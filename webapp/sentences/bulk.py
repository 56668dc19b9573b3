"""Doing one thing to many orders."""

from flask_babel import LazyString

SENTENCES: dict[str, LazyString] = {}
