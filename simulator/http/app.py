"""The simulator as a WSGI application."""

import json

from flask import Flask, Response
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from simulator.http import (
    control_api,
    control_pages,
    documents,
    feeds,
    mail_pages,
    messages,
    orders,
    responses,
    sellers,
    shipments,
    tokens,
)
from simulator.http.mail_pages import Mailbox
from simulator.operations.world import World


def create_simulator(world: World, mailbox: Mailbox | None = None) -> Flask:
    """Amazon's API for `world` at the root, its desk at `/_desk`, which shows what the `mailbox` took."""
    app = Flask(__name__, template_folder="templates", static_folder=None)
    app.extensions.update(world=world, mailbox=mailbox)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters["readable"] = lambda content: json.dumps(content, indent=2, ensure_ascii=False)
    for module in (
        tokens,
        sellers,
        orders,
        shipments,
        documents,
        feeds,
        messages,
        control_api,
        control_pages,
        mail_pages,
    ):
        app.register_blueprint(module.pages)
    app.register_error_handler(HTTPException, _as_amazon_says_it)
    return app


def _as_amazon_says_it(error: HTTPException) -> Response:
    """An address or a verb that Amazon does not know."""
    codes = {404: ("NotFound", "The resource was not found."), 405: ("InvalidInput", "The method is not allowed.")}
    code, message = codes.get(error.code or 500, ("InvalidInput", error.name))
    return responses.errors(error.code or 500, code, message)
