"""The simulator as a WSGI application."""

import json

from flask import Flask, Response
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from simulator import answers, desk, desk_api, documents, feeds, messages, orders, sellers_api, shipments, tokens
from simulator import mailbox as mailboxes
from simulator.mailbox import Mailbox
from simulator.world import World


def create_simulator(world: World, mailbox: Mailbox | None = None) -> Flask:
    """Amazon's API for `world` at the root, its desk at `/_desk`, which shows what the `mailbox` took."""
    app = Flask(__name__, template_folder="pages", static_folder=None)
    app.extensions.update(world=world, mailbox=mailbox)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters["readable"] = lambda content: json.dumps(content, indent=2, ensure_ascii=False)
    for room in (tokens, sellers_api, orders, shipments, documents, feeds, messages, desk_api, desk, mailboxes):
        app.register_blueprint(room.pages)
    app.register_error_handler(HTTPException, _as_amazon_says_it)
    return app


def _as_amazon_says_it(error: HTTPException) -> Response:
    """An address or a verb that Amazon does not know."""
    codes = {404: ("NotFound", "The resource was not found."), 405: ("InvalidInput", "The method is not allowed.")}
    code, message = codes.get(error.code or 500, ("InvalidInput", error.name))
    return answers.errors(error.code or 500, code, message)
