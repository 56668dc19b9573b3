"""The WSGI application and its server."""

import json

from flask import Flask, Response
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler

from simulator.http import (
    control_api,
    control_pages,
    customizations,
    documents,
    feeds,
    finances,
    labels,
    mail_pages,
    messages,
    orders,
    reports,
    sellers,
    tokens,
)
from simulator.http.responses import error_response
from simulator.operations.mailbox import Mailbox
from simulator.operations.world import World

MODULES = (
    tokens,
    sellers,
    orders,
    customizations,
    documents,
    feeds,
    finances,
    reports,
    messages,
    labels,
    control_api,
    control_pages,
    mail_pages,
)


def create_simulator(world: World, mailbox: Mailbox | None = None) -> Flask:
    """Serve Amazon's API for `world` at the root and the control page at `/_control`, with the mails of `mailbox`."""
    app = Flask(__name__, template_folder="templates", static_folder=None)
    app.extensions.update(world=world, mailbox=mailbox)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters["readable"] = lambda content: json.dumps(content, indent=2, ensure_ascii=False)
    for module in MODULES:
        app.register_blueprint(module.routes)
    app.register_error_handler(HTTPException, show_http_error)
    return app


def show_http_error(error: HTTPException) -> Response:
    """Return Amazon's error for an unknown path or method."""
    codes = {404: ("NotFound", "The resource was not found."), 405: ("InvalidInput", "The method is not allowed.")}
    code, message = codes.get(error.code or 500, ("InvalidInput", error.name))
    return error_response(error.code or 500, code, message)


class RequestHandler(WSGIRequestHandler):
    """Logs nothing, since the control page lists the calls; sends the simulated time as Date."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        world = getattr(self.server.app, "extensions", {}).get("world")
        return super().date_time_string(world.clock.now().timestamp() if timestamp is None and world else timestamp)
