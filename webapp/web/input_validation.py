"""What no database can hold is refused at the door, so that a made-up address is a 400 or 404 and never an error."""

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter, Map

# PostgreSQL's ids end here; SQLite would look for a larger one and find nothing.
LARGEST_ID = 2**31 - 1


class Id(IntegerConverter):
    """`<int:…>` in an address: an id there could be."""

    def __init__(self, rules: Map) -> None:
        super().__init__(rules, max=LARGEST_ID)


def init_app(app: Flask) -> None:
    """Call it before the blueprints are registered: their addresses are read with this converter."""
    app.url_map.converters["int"] = Id
    app.before_request_funcs.setdefault(None, []).append(_refuse_nul)


def _refuse_nul() -> None:
    texts = [request.path]
    for sent in (request.args, request.form):
        texts += sent.keys()
        texts += [text for several in sent.listvalues() for text in several]
    if any("\0" in text for text in texts):
        abort(400)
