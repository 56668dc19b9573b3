"""The Amazon client for pages and commands. Tests replace it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from flask import Flask, current_app

from webapp.amazon.gateway import Amazon
from webapp.core import queue
from webapp.domain.accounts.credentials import AccountGateway, Credentials
from webapp.domain.amazon.gateway import AmazonGateway

# Seconds. A user waits for the page, so a busy Amazon is reported soon.
PATIENCE = 12.0


class UserGateway(AccountGateway, AmazonGateway, Protocol):
    """The Amazon operations of pages and commands."""


Opener = Callable[[Credentials], AbstractContextManager[UserGateway]]


def init_app(app: Flask) -> None:
    """Register the client; connects to nothing."""
    app.extensions["channeldesk_gateway"] = _open_amazon


def open_gateway(credentials: Credentials) -> AbstractContextManager[UserGateway]:
    """Open a client for a waiting user: `with open_gateway(credentials) as gateway:`."""
    opener: Opener = current_app.extensions["channeldesk_gateway"]
    return opener(credentials)


def _open_amazon(credentials: Credentials) -> AbstractContextManager[UserGateway]:
    return Amazon(credentials, queue.redis(), priority="person", max_wait=PATIENCE, read_timeout=PATIENCE)
