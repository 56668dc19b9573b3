"""One process of the desk for people who have a supervisor of their own (systemd, a container each)."""

import multiprocessing
import os

from flask import Flask

from webapp import create_app
from webapp.core import processes
from webapp.core.errors import CannotRunError
from webapp.core.settings import Settings
from webapp.runtime import (
    data_dir,
    embedded_valkey,
    gc_tuning,
    log_config,
    migrate,
    up,
)


def web(settings: Settings) -> None:
    """Serve until SIGTERM. Raises CannotRunError."""
    from webapp.runtime import web_server as server

    app = _ready(settings, "web")
    with server.listen(settings) as listener:
        server.run(app, listener)
    # A request that did not end in time would hold up the interpreter.
    processes.leave(0)


def worker(settings: Settings, name: str) -> None:
    """Work on one queue until SIGTERM. Raises CannotRunError."""
    # On another machine there may be a second worker of this queue, so only what has fallen silent is taken up.
    up.work(_ready(settings, f"worker-{name}"), name, only_one=False)


def scheduler(settings: Settings) -> None:
    """Ring for what is due until SIGTERM. Raises CannotRunError."""
    up.schedule(_ready(settings, "scheduler"))


def _ready(settings: Settings, name: str) -> Flask:
    """The application, with a Redis that answers and a database at its newest revision."""
    os.umask(0o077)
    multiprocessing.current_process().name = name
    log_config.configure(settings.log_level)
    data_dir.prepare(settings.data_dir)
    if settings.redis_url:
        embedded_valkey.check(settings.redis_url)
    elif not embedded_valkey.answers(settings.data_dir):
        raise CannotRunError(
            "Single processes need a Redis they share: set REDIS_URL, or start the whole desk with `channeldesk up`."
        )
    app = create_app(settings)
    migrate.upgrade(app)
    gc_tuning.freeze()
    return app
