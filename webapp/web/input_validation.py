"""Reject input that no database can store: such a request gets a 400 or 404 instead of an error."""

from flask import Flask, abort, request
from flask_babel import gettext as _
from werkzeug.routing import IntegerConverter, Map

# The largest id of PostgreSQL.
LARGEST_ID = 2**31 - 1


class Id(IntegerConverter):
    """`<int:…>` in a route: an id that can exist."""

    def __init__(self, rules: Map) -> None:
        super().__init__(rules, max=LARGEST_ID)


def parse_id(text: str) -> int:
    """Return the id in `text`, for `request.args.get(…, type=parse_id)`.

    Raises `ValueError` for a number that no id can be, so that the default is used.
    """
    number = int(text)
    if not 0 < number <= LARGEST_ID:
        raise ValueError(text)
    return number


def init_app(app: Flask) -> None:
    """Call it before the blueprints are registered: their routes use this converter."""
    app.url_map.converters["int"] = Id
    app.before_request_funcs.setdefault(None, []).append(_refuse_nul)


def _refuse_nul() -> None:
    texts = [request.path]
    for sent in (request.args, request.form):
        texts += sent.keys()
        texts += [text for several in sent.listvalues() for text in several]
    if any("\0" in text for text in texts):
        abort(400, _("The input contains a NUL character, which cannot be stored. Remove it, then submit again."))
