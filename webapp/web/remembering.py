"""Parts of pages that look the same each time: drawn once for everybody who would see the same.

    {% call remembered("name", what, it, depends, on) %} … {% endcall %}

A part is remembered by the language and the path addresses begin with, the role, the appearance, and what is named:
whatever else it says has to be named. Where None is named, it is not remembered. Tokens against forged requests stay
out of it and are put in for each request.
"""

import secrets
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from flask import Flask, current_app, g
from markupsafe import Markup

from webapp.web.auth import csrf_token, current_person
from webapp.web.formatting import theme
from webapp.web.formatting.memory import LRUCache
from webapp.web.formatting.readers import reader

# Of each generation; the largest, the head of a page, has six kilobytes.
_MOST = 200
# Stands where a token will. It is nobody's to guess, since what people write must not be taken for it.
_GAP = secrets.token_hex(16)


def init_app(app: Flask) -> None:
    app.extensions["remembered"] = LRUCache[tuple[str, ...]](_MOST)
    app.jinja_env.globals["remembered"] = remembered


def remembered(*named: Hashable, caller: Callable[[], str]) -> Markup:
    """What the caller draws, or drew before. Raises TypeError for something named that may change afterwards."""
    if None in named:
        return Markup(caller())  # noqa: S704 - drawn by a template
    memory: LRUCache[tuple[str, ...]] = current_app.extensions["remembered"]
    who = current_person()
    key = (reader(), who.role if who.is_authenticated else "", theme(), named)
    parts = memory.get(key)
    if parts is None:
        with _without_token():
            parts = tuple(str(caller()).split(_GAP))
        memory.put(key, parts)
    return Markup(parts[0] if len(parts) == 1 else csrf_token().join(parts))  # noqa: S704 - drawn by a template


@contextmanager
def _without_token() -> Iterator[None]:
    """Let everything that asks for the token get the gap instead."""
    token = csrf_token()
    # Where Flask-WTF keeps it for the request.
    g.csrf_token = _GAP
    try:
        yield
    finally:
        g.csrf_token = token
