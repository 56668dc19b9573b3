"""Tracking numbers pasted or dropped."""

from flask_babel import LazyString

SENTENCES: dict[str, LazyString] = {}
