"""Where the application gets a port to Amazon from. Pages and commands ask here, and never know who answers."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from flask import Flask, current_app

from webapp.amazon.gateway import Amazon
from webapp.core import queue
from webapp.domain.accounts.credentials import AccountPort, Credentials
from webapp.domain.amazon.gateway import AmazonGateway

# Somebody is looking at the page: a busy Amazon is said soon instead of waited out.
PATIENCE = 12.0


class PersonPort(AccountPort, AmazonGateway, Protocol):
    """All that a page or a command may ask of Amazon."""


Opener = Callable[[Credentials], AbstractContextManager[PersonPort]]


def init_app(app: Flask) -> None:
    """Give the application its way to Amazon; connects to nothing."""
    app.extensions["channeldesk_port"] = _amazon


def open_port(credentials: Credentials) -> AbstractContextManager[PersonPort]:
    """A port for somebody who waits for the answer: `with open_port(credentials) as port:`."""
    opener: Opener = current_app.extensions["channeldesk_port"]
    return opener(credentials)


def _amazon(credentials: Credentials) -> AbstractContextManager[PersonPort]:
    return Amazon(credentials, queue.redis(), priority="person", max_wait=PATIENCE, read_timeout=PATIENCE)
