"""Telling Amazon of shipments."""

from flask_babel import LazyString

SENTENCES: dict[str, LazyString] = {}
