"""Single processes of Channeldesk, for installations with their own supervisor (systemd, containers)."""

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

    app = _create_ready_app(settings, "web")
    with server.listen(settings) as listener:
        server.run(app, listener)
    # A request that did not end in time would delay the exit of the interpreter.
    processes.exit_process(0)


def worker(settings: Settings, name: str) -> None:
    """Work on one queue until SIGTERM. Raises CannotRunError."""
    # There may be a second worker of this queue on another machine, so only jobs of expired workers are requeued.
    up.work(_create_ready_app(settings, f"worker-{name}"), name, only_one=False)


def scheduler(settings: Settings) -> None:
    """Enqueue due jobs until SIGTERM. Raises CannotRunError."""
    up.schedule(_create_ready_app(settings, "scheduler"))


def monitor(settings: Settings) -> None:
    """Make health checks and deliver alarms until SIGTERM. Raises CannotRunError."""
    from webapp.runtime import monitor as process

    process.run(_create_ready_app(settings, "monitor"))


def _create_ready_app(settings: Settings, name: str) -> Flask:
    """Create the application after checking that Redis answers and the database is at the newest revision."""
    os.umask(0o077)
    multiprocessing.current_process().name = name
    log_config.configure(settings.log_level)
    data_dir.prepare(settings.data_dir)
    if settings.redis_url:
        embedded_valkey.check(settings.redis_url)
    elif not embedded_valkey.is_answering(settings.data_dir):
        raise CannotRunError(
            "Single processes need a Redis they share: set REDIS_URL, or start the whole desk with `channeldesk up`."
        )
    app = create_app(settings)
    migrate.upgrade(app)
    migrate.check_age(app)
    gc_tuning.freeze()
    return app
