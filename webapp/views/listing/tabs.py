"""The tabs above a list: groups of states with their numbers of rows, and the saved views."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask import url_for
from flask_login import current_user
from sqlalchemy.orm import Session

from webapp.exports.fields import Text
from webapp.queries.listing import saved_views
from webapp.queries.listing.query_plan import COUNTED
from webapp.web.formatting import number

# More views than these are only in the dialog.
VIEWS = 4


class Tab(NamedTuple):
    """A group of states; none for all. `sort`: how the list is sorted, "" for its own order."""

    name: str
    text: Text
    states: Sequence[str] = ()
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Tabs:
    """The tabs of a list. `count`: returns numbers of rows by the names of tabs, at most COUNTED + 1."""

    tabs: Sequence[Tab]
    count: Callable[[Session], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class TabLink:
    """`count`: the number of rows as displayed; empty where other filters are set, which it would leave out."""

    name: str
    text: Text
    url: str
    current: bool
    count: str = ""


def find_current(tabs: Tabs | None, filters: Mapping[str, Sequence[str]]) -> Tab | None:
    """Return the tab whose states are exactly those of the filters."""
    states = set(filters.get("state", ()))
    return next((tab for tab in tabs.tabs if set(tab.states) == states), None) if tabs is not None else None


def build_tabs(
    session: Session,
    tabs: Tabs,
    endpoint: str,
    filters: Mapping[str, list[str]],
    parameters: Mapping[str, str],
    *,
    in_view: bool,
) -> list[TabLink]:
    """Build the links of the tabs, which keep all other filters. `parameters`: size, columns and sort order."""
    others = {name: values for name, values in filters.items() if name != "state"}
    counts = {} if others else tabs.count(session)
    current = None if in_view else find_current(tabs, filters)
    kept = {name: value for name, value in parameters.items() if name not in ("view", "sort")}
    links = []
    for tab in tabs.tabs:
        values: dict[str, Any] = {**others, **kept, "state": list(tab.states)}
        if tab.sort:
            values["sort"] = tab.sort
        # Without a parameter the list would open with the default view.
        url = url_for(endpoint, **values, view=None if tab.states else 0)
        links.append(TabLink(tab.name, tab.text, url, tab is current, _format_count(counts.get(tab.name))))
    return links


def build_view_tabs(
    session: Session, listing_name: str, url: Callable[..., str], current_id: int | None
) -> list[TabLink]:
    """Build the links of the first saved views, of which the current one is always among them."""
    views = saved_views.list_views(session, current_user.id, listing_name)
    shown = list(views[:VIEWS]) + [view for view in views[VIEWS:] if view.id == current_id]
    return [TabLink(f"view-{view.id}", view.name, url(view), view.id == current_id) for view in shown]


def _format_count(count: int | None) -> str:
    if count is None:
        return ""
    return f"{number(COUNTED)}+" if count > COUNTED else str(number(count))
