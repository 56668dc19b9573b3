"""Cache of rendered HTML: the rows of lists and the navigation.

The key of a fragment is everything its HTML depends on, so a changed row is rendered again and nothing has to be
invalidated. Rows hold personal data: they stay in the memory of this process.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, MutableMapping
from datetime import date, datetime
from functools import partial
from threading import Lock
from typing import Any

from cachetools import LRUCache
from flask import Flask, current_app, request
from markupsafe import Markup

from webapp.core.i18n import locale
from webapp.web import preferences
from webapp.web.formatting import dates
from webapp.web.formatting.html import waits

# A row has about two kilobytes.
MAX_FRAGMENTS = 2_000
_lock = Lock()


def init_app(app: Flask) -> None:
    app.extensions["render_cache"] = LRUCache[Hashable, Markup](MAX_FRAGMENTS)
    app.jinja_env.globals.update(cached=cached, cached_rows=cached_rows)


def cached(*depends_on: Hashable, caller: Callable[[], Markup]) -> Markup:
    """Cache the HTML of `caller` per locale and script root: {% call cached("name", …) %}…{% endcall %}.

    `depends_on`: everything else the HTML depends on.
    """
    return _render(_cache(), (_request_key(), *depends_on), caller)


def cached_rows(
    rows: Iterable[Any],
    stores: Mapping[int, Any],
    status_column: str,
    render: Callable[[Any], Markup],
    *depends_on: Hashable,
) -> Markup:
    """Return the rows of a list; the macro `render` is called for those that are not cached.

    `depends_on`: the name of the list and all its rows depend on besides the row, its store, the locale and the time.
    """
    cache, common, now = _cache(), (_request_key(), *depends_on), dates.now()
    # A waiting order shows the time that is left, in minutes; dates of this year are shown without the year.
    minute, today = now.replace(second=0, microsecond=0), now.date()
    html = []
    for row in rows:
        time: datetime | date = minute if waits(row.fulfilled_by, getattr(row, status_column)) else today
        values = [str(value) if isinstance(value, (dict, list)) else value for value in row]
        html.append(_render(cache, (common, stores[row.store_id], time, *values), partial(render, row)))
    # Markup.join() would look at each row again, to escape it if need be.
    return Markup("".join(html))  # noqa: S704


def _request_key() -> Hashable:
    # Addresses begin with the script root; times depend on the preferences.
    chosen = preferences.current()
    return str(locale.current()), request.script_root, chosen.time_zone, chosen.clock


def _cache() -> MutableMapping[Hashable, Markup]:
    if current_app.debug:  # Somebody may be editing the templates.
        return {}
    cache: LRUCache[Hashable, Markup] = current_app.extensions["render_cache"]
    return cache


def _render(cache: MutableMapping[Hashable, Markup], key: Hashable, render: Callable[[], Markup]) -> Markup:
    with _lock:
        html = cache.get(key)
    if html is None:
        html = render()
        with _lock:
            cache[key] = html
    return html
