"""Channeldesk: a self-hosted order desk for people who sell on Amazon."""

from flask import Flask

from webapp import (
    assets,
    compression,
    crashpoints,
    extensions,
    headers,
    hosts,
    inputs,
    jinja,
    ports,
    queue,
    reading,
    security,
    temporary_files,
    views,
)
from webapp.keys import load_or_make
from webapp.models.vault import vault
from webapp.settings import Settings

__version__ = "0.1.0"


def create_app(settings: Settings | None = None) -> Flask:
    """Wire the application; connects to nothing, migrates nothing."""
    settings = settings or Settings.load()
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.jinja_environment = jinja.Environment
    app.config.update(CHANNELDESK=settings, MAX_CONTENT_LENGTH=16 * 1024 * 1024)
    # A sheet of tracking numbers may be pasted into one field; its own limit is 5 MB.
    app.config.update(MAX_FORM_MEMORY_SIZE=6 * 1024 * 1024)
    keys = load_or_make(settings)
    app.config.update(SECRET_KEY=keys[0], SECRET_KEY_FALLBACKS=list(keys[1:]))
    vault.open(keys)
    crashpoints.arm(settings.crash_at)
    extensions.init_app(app, settings)
    queue.init_app(app, settings)
    ports.init_app(app)
    security.init_app(app, settings)
    reading.init_app(app)
    hosts.init_app(app, settings)
    inputs.init_app(app)
    temporary_files.init_app(app, settings)
    views.init_app(app)
    assets.init_app(app)
    compression.init_app(app)
    headers.init_app(app, settings)
    return app
