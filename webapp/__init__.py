"""Channeldesk: a self-hosted order desk for Amazon sellers."""

from flask import Flask

from webapp import views
from webapp.core import (
    extensions,
    fault_points,
    queue,
    temporary_files,
)
from webapp.core.secret_keys import load_or_make
from webapp.core.settings import Settings
from webapp.db import high_water_mark
from webapp.db.encryption import field_cipher
from webapp.health import checks
from webapp.web import (
    amazon_gateway,
    auth,
    compression,
    input_validation,
    read_only,
    security_headers,
    static_files,
    trusted_hosts,
)

__version__ = "0.1.0"


def create_app(settings: Settings | None = None) -> Flask:
    """Create the application. It neither connects to anything nor migrates the database."""
    settings = settings or Settings.load()
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.config.update(CHANNELDESK=settings, MAX_CONTENT_LENGTH=16 * 1024 * 1024)
    # Tracking numbers may be pasted into one field, up to 5 MB.
    app.config.update(MAX_FORM_MEMORY_SIZE=6 * 1024 * 1024)
    keys = load_or_make(settings)
    app.config.update(SECRET_KEY=keys[0], SECRET_KEY_FALLBACKS=list(keys[1:]))
    field_cipher.set_keys(keys)
    high_water_mark.configure(settings.data_dir)
    fault_points.arm(settings.crash_at)
    extensions.init_app(app, settings)
    queue.init_app(app, settings)
    checks.init_app(app)
    amazon_gateway.init_app(app)
    auth.init_app(app, settings)
    read_only.init_app(app)
    trusted_hosts.init_app(app, settings)
    input_validation.init_app(app)
    temporary_files.init_app(app, settings)
    views.init_app(app)
    static_files.init_app(app)
    compression.init_app(app)
    security_headers.init_app(app, settings)
    return app
