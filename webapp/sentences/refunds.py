"""Refunds at Amazon."""

from flask_babel import LazyString

SENTENCES: dict[str, LazyString] = {}
