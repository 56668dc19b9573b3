"""The web server: gunicorn, one process with threads, on a socket that was opened before."""

import os
import socket
import sys
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from webapp.running import processes
from webapp.running.problems import CannotRunError
from webapp.settings import Settings

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - gunicorn makes private files there


def listen(settings: Settings) -> socket.socket:
    """Open the port. Held by the supervisor, so a restart of the server loses no visitor. Raises CannotRunError."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        raise CannotRunError(
            f"Port {settings.port} on {settings.host} cannot be opened ({os.strerror(error.errno or 0)}). "
            "Choose another one with --port, or end what uses it."
        ) from None
    except OverflowError:
        raise CannotRunError(f"{settings.port} is not a port; choose one up to 65535 with --port.") from None


class _Logger(Logger):
    """Writes where everything else of the desk writes."""

    def setup(self, cfg: Any) -> None:  # noqa: ARG002 - gunicorn's own signature
        self.error_log.propagate = True
        self.error_log.setLevel("WARNING")


class _Server(BaseApplication):
    def __init__(self, app: Flask, listener: socket.socket) -> None:
        self._app = app
        self._listener = listener
        super().__init__()

    def load_config(self) -> None:
        settings: Settings = self._app.config["CHANNELDESK"]
        options = {
            "bind": f"fd://{self._listener.fileno()}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": settings.web_threads,
            "graceful_timeout": 5,
            "timeout": 60,
            "keepalive": 5,
            "control_socket_disable": True,
            "preload_app": True,
            # At debug it logs the addresses of requests, in which one-time links stand.
            "loglevel": "warning",
            "logger_class": _Logger,
            "post_fork": _tie,
        }
        if sys.platform == "linux" and _SHARED_MEMORY.is_dir():
            # gunicorn's sign of life is a file; on a slow disk writing it can take longer than its patience.
            options["worker_tmp_dir"] = str(_SHARED_MEMORY)
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def _tie(arbiter: Any, _worker: Any) -> None:
    processes.die_with_parent(arbiter.pid)


def run(app: Flask, listener: socket.socket) -> None:
    """Serve until SIGTERM."""
    _Server(app, listener).run()
