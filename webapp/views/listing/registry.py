"""The lists of the desk, as one table, and what a person made of each: its columns, size and views."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Request, Response, abort, url_for
from flask_babel import LazyString
from flask_login import current_user
from sqlalchemy.orm import Session

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.exports import document_columns
from webapp.exports import order_columns as columns
from webapp.exports.fields import Heading
from webapp.forms.amazon_orders import AmazonOrderFilters
from webapp.forms.document_filters import (
    CreditMemoFilters,
    CustomerFilters,
    InvoiceFilters,
    ShipmentFilters,
)
from webapp.forms.filters import Filters
from webapp.forms.orders import OrderFilters
from webapp.models.saved_views import GridView
from webapp.models.stores import StoreName
from webapp.queries.invoicing import lists as document_lists
from webapp.queries.listing import saved_views
from webapp.queries.listing.fetch import Grid
from webapp.queries.listing.saved_views import Layout
from webapp.queries.orders import customers, orders
from webapp.queries.sync import amazon_orders
from webapp.services.bulk import registry as bulk_registry
from webapp.views.listing import grid_page
from webapp.views.listing.grid_page import GridPage
from webapp.web.auth import has_permission
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other


@dataclass(frozen=True, slots=True)
class Listing:
    """`fragment` and `page` are its templates. `kinds`: what can be done to many of its rows."""

    name: str
    text: str | LazyString
    endpoint: str
    grid: Callable[[Sequence[StoreName]], Grid]
    form: Callable[..., Filters]
    headings: Mapping[str, Heading]
    counted: Callable[[int], str]
    fragment: str
    page: str
    kinds: tuple[str, ...] = ()

    def filters(self, arguments: Mapping[str, Any], every: Sequence[StoreName]) -> Filters:
        """The form of its filters, as far as the person signed in may use them. `every`: all stores."""
        return self.form(arguments, stores=every, reads_personal=has_permission("pii.read"))

    def open_grid(self, every: Sequence[StoreName]) -> Grid:
        """Its grid for the person who is signed in. `every`: all stores."""
        return self.grid(every).for_reader(personal=has_permission("pii.read"))


@dataclass(frozen=True, slots=True)
class Tools:
    """What stands above a list: where its columns, views and exports are, and which view it shows.

    `query` is the address's own state, which forms carry along. `kinds`: what this person may do to many rows.
    """

    listing: Listing
    query: str
    view: GridView | None
    kinds: tuple[str, ...]

    @property
    def prints(self) -> tuple[str, ...]:
        """Those of the kinds that make a file to be printed."""
        return tuple(name for name in self.kinds if name.startswith("print_"))


ORDERS = Listing(
    "orders",
    _l("Orders"),
    "orders.index",
    orders.grid,
    OrderFilters,
    columns.ORDERS,
    grid_page.orders_counted,
    "orders/_grid.html",
    "orders/index.html",
    kinds=(
        "hold",
        "unhold",
        "invoice",
        "cancel",
        "print_invoices",
        "print_packing_slips",
        "print_pick_list",
        "print_credit_memos",
        "print_all",
    ),
)
AMAZON_ORDERS = Listing(
    "amazon_orders",
    _l("Amazon orders"),
    "amazon_orders.index",
    amazon_orders.grid,
    AmazonOrderFilters,
    columns.AMAZON_ORDERS,
    grid_page.orders_counted,
    "amazon_orders/_grid.html",
    "amazon_orders/index.html",
)
INVOICES = Listing(
    "invoices",
    _l("Invoices"),
    "invoices.index",
    document_lists.invoices,
    InvoiceFilters,
    document_columns.INVOICES,
    grid_page.invoices_counted,
    "document_lists/_grid.html",
    "document_lists/index.html",
    kinds=("print_these_invoices",),
)
SHIPMENTS = Listing(
    "shipments",
    _l("Shipments"),
    "shipments.index",
    document_lists.shipments,
    ShipmentFilters,
    document_columns.SHIPMENTS,
    grid_page.shipments_counted,
    "document_lists/_grid.html",
    "document_lists/index.html",
    kinds=("print_these_packing_slips",),
)
CREDIT_MEMOS = Listing(
    "credit_memos",
    _l("Credit memos"),
    "credit_memos.index",
    document_lists.credit_memos,
    CreditMemoFilters,
    document_columns.CREDIT_MEMOS,
    grid_page.credit_memos_counted,
    "document_lists/_grid.html",
    "document_lists/index.html",
    kinds=("print_these_credit_memos",),
)
CUSTOMERS = Listing(
    "customers",
    _l("Customers"),
    "customers.index",
    customers.grid,
    CustomerFilters,
    document_columns.CUSTOMERS,
    grid_page.customers_counted,
    "customers/_grid.html",
    "customers/index.html",
)
LISTINGS = {listing.name: listing for listing in (ORDERS, AMAZON_ORDERS, INVOICES, SHIPMENTS, CREDIT_MEMOS, CUSTOMERS)}


def find(name: str) -> Listing:
    """The listing of an address, or 404."""
    if name not in LISTINGS:
        abort(404)
    return LISTINGS[name]


def chosen(listing: Listing, every: Sequence[StoreName], arguments: Mapping[str, str], layout: Layout | None) -> Grid:
    """The grid with the columns the address names, else the person's own; `size` is what they like."""
    grid = listing.open_grid(every)
    if layout is not None and layout.size:
        grid = replace(grid, size=layout.size)
    named = arguments.get("columns", "").split(",")
    return grid.choose(named if any(named) else (layout.columns if layout is not None else ()))


def show(
    session: Session,
    listing: Listing,
    request: Request,
    every: Sequence[StoreName],
    layout: Layout | None,
    form: Filters,
) -> Response:
    """The page of a list, or the way to the view it opens with where the address says nothing.

    `every` and `layout`: as `saved_views.load_stores_and_layout` reads them. `form`: the listing's, of the address.
    """
    opens = (
        saved_views.find_visible_view(session, current_user.id, layout.view_id) if layout and layout.view_id else None
    )
    if opens is not None and not request.args:
        return see_other(request, address(listing, opens))
    shown = grid_page.show(
        session,
        chosen(listing, every, request.args, layout),
        form,
        {name: (heading.text, heading.figures) for name, heading in listing.headings.items()},
        request,
        listing.counted,
        kept={name: request.args[name] for name in ("columns", "view") if request.args.get(name)},
        # Without it the list would open with its view again.
        cleared={"view": "0"} if opens is not None else {},
    )
    respond = render_fragment_or_page if shown.page is not None else render_invalid
    by_id = {store.id: store for store in every}
    tools = Tools(listing, _query(shown), _view(session, request), _kinds(listing))
    return respond(request, listing.fragment, listing.page, grid=shown, stores=by_id, tools=tools)


def address(listing: Listing, view: GridView) -> str:
    """Where a view leads: everything it keeps stands in the address."""
    kept: dict[str, Any] = dict(view.parameters)
    if view.columns:
        kept["columns"] = ",".join(view.columns)
    return url_for(listing.endpoint, **kept, view=view.id)


def state(form: Filters, arguments: Mapping[str, str]) -> dict[str, list[str]]:
    """Filters and order of an address, as a view keeps them."""
    kept = {name: [arguments[name]] for name in ("sort", "size") if arguments.get(name)}
    return form.parameters() | kept


def _kinds(listing: Listing) -> tuple[str, ...]:
    """What this person may do to many of its rows."""
    if not has_permission("bulk.write"):
        return ()
    return tuple(name for name in listing.kinds if has_permission(bulk_registry.find(name).permission))


def _query(shown: GridPage) -> str:
    """The state of the page as the query of an address, names sealed."""
    return urlencode([*shown.filters.items(), *shown.place.items()], doseq=True)


def _view(session: Session, request: Request) -> GridView | None:
    id_ = request.args.get("view", 0, type=int)
    if not 0 < id_ < 2**31:
        return None
    return saved_views.find_visible_view(session, current_user.id, id_)
