"""View model of a grid: headings that sort, filter chips and pager. The URL holds its whole state."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Request, url_for
from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from webapp.forms.filters import Filters
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing.fetch import (
    END,
    Cursor,
    Grid,
    Page,
    PageRequest,
)
from webapp.queries.listing.query_plan import COUNTED
from webapp.web.formatting import number


class Head(NamedTuple):
    """`url` sorts by the column, or is empty; `sorted`: "", "asc" or "desc"."""

    text: str | LazyString
    url: str
    sorted: str
    figures: bool


class Pager(NamedTuple):
    """URLs, empty where there is no such page; `text`: the number of rows."""

    first: str
    previous: str
    next: str
    last: str
    text: str


class Size(NamedTuple):
    size: int
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class GridPage:
    """`page` is None when the filters are invalid.

    `filters` and `place` are the query parameters of the grid's addresses, names encrypted. `chips`: (text, address
    without that filter). `leap`: (address, parameters) of the form for a page number, empty where there is one page.
    """

    form: Filters
    page: Page | None
    clear: str
    pager: Pager
    place: dict[str, str]
    filters: Mapping[str, list[str]]
    columns: tuple[str, ...]
    heads: list[Head]
    chips: list[tuple[str, str]]
    sizes: list[Size]
    leap: tuple[str, list[tuple[str, str]]]

    @property
    def filters_key(self) -> Hashable:
        """Return what the inputs of valid filters show, as a key of the render cache."""
        return tuple((name, *values) for name, values in self.filters.items())

    @property
    def heads_key(self) -> Hashable:
        return self.columns, *((head.url, head.sorted) for head in self.heads)

    @property
    def filtered(self) -> bool:
        """Return whether a filter is set besides that of the tab."""
        return bool(self.chips)


def show(
    session: Session,
    grid: Grid,
    form: Filters,
    heads: Mapping[str, tuple[str | LazyString, bool]],
    request: Request,
    counted: Callable[[int], str],
    *,
    fixed_parameters: Mapping[str, str] | None = None,
    cleared: Mapping[str, str | list[str]] | None = None,
    without_chip: str = "",
) -> GridPage:
    """Return the page of the grid for the request's URL. `heads`: column → (text, whether it is numeric).

    `fixed_parameters`: in every URL of the grid; `cleared`: in the URL without filters. `without_chip`: the filter that
    a tab shows.
    """
    checked = form.check()
    # Looking up missing keys is ten times faster in a dictionary than in a MultiDict.
    place = grid_fetch.parse_page_request(grid, request.args.to_dict())
    page = grid_fetch.fetch_page(session, grid, place, checked.set) if checked.right else None
    parameters = {**_place(grid, place), **(fixed_parameters or {})}
    clear_parameters = {**parameters, **(cleared or {})}
    address = GridUrls(url_for(request.endpoint or ""), checked.parameters, parameters, clear_parameters)
    return GridPage(
        form=form,
        page=page,
        clear=address.clear(),
        pager=_build_pager(place, page, address, counted),
        place=parameters,
        filters=checked.parameters,
        columns=grid.visible,
        heads=[_build_head(grid, place, name, *heads[name], address) for name in grid.visible],
        chips=[
            (chip.text, address.without(chip.name, chip.value)) for chip in checked.chips if chip.name != without_chip
        ],
        sizes=[Size(size, address.to(size=str(size)), size == place.size) for size in grid_fetch.SIZES],
        leap=address.parts() if page is not None and (page.next or page.previous) else ("", []),
    )


def build_grid_url(endpoint: str, form: Filters, arguments: Mapping[str, str]) -> str:
    """Return the URL of a grid with the filters of `form` and the order, size, columns and view of `arguments`."""
    grid_arguments = {name: [arguments[name]] for name in ("sort", "size", "columns", "view") if arguments.get(name)}
    values: dict[str, Any] = form.parameters() | grid_arguments
    return url_for(endpoint, **values)


class GridUrls:
    """The URLs of a grid. The filters are URL-encoded once for all of them."""

    def __init__(
        self,
        path: str,
        filters: Mapping[str, list[str]],
        place: Mapping[str, str],
        cleared: Mapping[str, str | list[str]],
    ) -> None:
        self._path, self._filters, self._place, self._cleared = path, filters, place, cleared
        self._filtered = _query(filters)

    def to(self, **more: str) -> str:
        """Return the URL of the first page, with the parameters of `more`."""
        return self._build_url(self._filtered, {**self._place, **more})

    def without(self, name: str, value: str) -> str:
        remaining = {
            other: [item for item in values if (other, item) != (name, value)] if len(values) > 1 else values
            for other, values in self._filters.items()
            if other != name or len(values) > 1
        }
        return self._build_url(_query(remaining), self._place)

    def parts(self) -> tuple[str, list[tuple[str, str]]]:
        """Return the path and the parameters, for a GET form that adds one."""
        filters = [(name, value) for name, values in self._filters.items() for value in values]
        return self._path, [*filters, *self._place.items()]

    def clear(self) -> str:
        return self._build_url("", self._cleared)

    def _build_url(self, filters: str, place: Mapping[str, Any]) -> str:
        query = "&".join(filter(None, (filters, _query(place))))
        return f"{self._path}?{query}" if query else self._path


def _query(values: Mapping[str, Any]) -> str:
    # The characters that Flask's URLs leave unquoted too.
    return urlencode(values, doseq=True, safe="!$'()*,/:;?@") if values else ""


def _place(grid: Grid, place: PageRequest) -> dict[str, str]:
    """Return the parameters that differ from the grid's defaults."""
    parameters = {}
    if place.sort != grid.sort:
        parameters["sort"] = place.sort
    if place.size != grid.size:
        parameters["size"] = str(place.size)
    return parameters


def _build_head(
    grid: Grid, place: PageRequest, name: str, text: str | LazyString, figures: bool, address: GridUrls
) -> Head:
    column = grid.column(name)
    if column is None:
        return Head(text, "", "", figures)
    is_sorted = column is place.column
    descending = not place.descending if is_sorted else column.descending
    sort = ("-" if descending else "") + name
    return Head(text, address.to(sort=sort), ("desc" if place.descending else "asc") if is_sorted else "", figures)


def _build_pager(place: PageRequest, page: Page | None, address: GridUrls, counted: Callable[[int], str]) -> Pager:
    if page is None:
        return Pager("", "", "", "", "")

    def edge(name: str, at: Cursor | None) -> str:
        return address.to(**{name: grid_fetch.encode_cursor(place, at)}) if at is not None else ""

    return Pager(
        first=address.to() if page.previous else "",
        previous=edge("before", page.previous),
        next=edge("after", page.next),
        last=address.to(before=END) if page.next else "",
        text=_("More than %(most)s", most=number(COUNTED)) if page.has_more else counted(page.count),
    )


def format_order_count(count: int) -> str:
    return str(ngettext("%(count)s order", "%(count)s orders", count, count=number(count)))


def format_invoice_count(count: int) -> str:
    return str(ngettext("%(count)s invoice", "%(count)s invoices", count, count=number(count)))


def format_shipment_count(count: int) -> str:
    return str(ngettext("%(count)s shipment", "%(count)s shipments", count, count=number(count)))


def credit_memos_counted(count: int) -> str:
    return str(ngettext("%(count)s credit memo", "%(count)s credit memos", count, count=number(count)))


def format_return_count(count: int) -> str:
    return str(ngettext("%(count)s return", "%(count)s returns", count, count=number(count)))


def format_customer_count(count: int) -> str:
    return str(ngettext("%(count)s customer", "%(count)s customers", count, count=number(count)))
