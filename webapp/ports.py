"""Where the application gets a port to Amazon from. Pages and commands ask here, and never know who answers."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from flask import Flask, current_app

from webapp import queue
from webapp.amazon import Amazon
from webapp.domain.accounts import AccountPort, Credentials

# Somebody is looking at the page: a busy Amazon is said soon instead of waited out.
PATIENCE = 12.0

Opener = Callable[[Credentials], AbstractContextManager[AccountPort]]


def init_app(app: Flask) -> None:
    """Give the application its way to Amazon; connects to nothing."""
    app.extensions["channeldesk_port"] = _amazon


def open_port(credentials: Credentials) -> AbstractContextManager[AccountPort]:
    """A port for somebody who waits for the answer: `with open_port(credentials) as port:`."""
    opener: Opener = current_app.extensions["channeldesk_port"]
    return opener(credentials)


def _amazon(credentials: Credentials) -> AbstractContextManager[AccountPort]:
    return Amazon(credentials, queue.redis(), lane="person", max_wait=PATIENCE, read_timeout=PATIENCE)
