"""Lists that are asked for again before anything has changed: the answer is given once more, as it was compressed.

Whoever comes back from an order to its list finds it mostly as it was. What a list says is read from the database each
time; where all of that is the same as before, it is not drawn a second time.

An answer is of one session, whose token stands in it, and of one minute, since it says how far off things are: with the
next minute all of them are forgotten.
"""

from collections.abc import Callable, Hashable
from datetime import datetime
from typing import NamedTuple

from flask import Request, Response, current_app, session

from webapp.compression import compressed, may_be_compressed
from webapp.presentation import now, theme
from webapp.presentation.memory import Memory
from webapp.presentation.readers import reader
from webapp.security import csrf_token, person
from webapp.views.answers import wants_fragment

# Of each generation; with what it is compared by, an answer is some sixty kilobytes.
_MOST = 30
# Larger ones are rare: many rows on a page, or a browser that takes nothing compressed.
_LARGEST = 20_000


class Answer(NamedTuple):
    body: bytes
    headers: tuple[tuple[str, str], ...]


def answered(request: Request, draw: Callable[[], Response], *says: Hashable) -> Response:
    """What `draw` makes, or made before for the same address and session, of the same.

    `says`: everything it depends on beside these, the reader and the minute; none of it may change afterwards.
    """
    if "_flashes" in session:
        return draw()
    who = person()
    key = (
        csrf_token(),
        (who.id, who.role, who.email),
        (reader(), theme()),
        (request.full_path, wants_fragment(request)),
        (request.headers.get("Accept-Encoding"), may_be_compressed()),
        says,
    )
    memory = _of(now().replace(second=0, microsecond=0))
    known = memory.get(key)
    if known is not None:
        return Response(known.body, headers=list(known.headers))
    response = compressed(draw())
    if response.status_code == 200 and len(body := response.get_data()) <= _LARGEST:
        memory.put(key, Answer(body, tuple(response.headers)))
    return response


def _of(minute: datetime) -> Memory[Answer]:
    """The answers of this minute."""
    kept: tuple[datetime, Memory[Answer]] | None = current_app.extensions.get("answers")
    if kept is None or kept[0] != minute:
        kept = current_app.extensions["answers"] = (minute, Memory[Answer](_MOST))
    return kept[1]
