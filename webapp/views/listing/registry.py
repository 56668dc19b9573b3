"""The table of lists: their grids, filters, columns, texts and bulk actions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from flask import abort, url_for
from sqlalchemy.orm import Session

from webapp.core.i18n.locale import lazy_gettext as _l
from webapp.domain.orders import work as order_work
from webapp.exports import document_columns, order_columns
from webapp.exports.fields import Field, Heading, Text
from webapp.forms.amazon_orders import AmazonOrderFilters
from webapp.forms.document_filters import (
    CreditMemoFilters,
    CustomerFilters,
    InvoiceFilters,
    ReturnFilters,
    ShipmentFilters,
)
from webapp.forms.filters import Filters
from webapp.forms.orders import OrderFilters
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.saved_views import GridView
from webapp.models.shipments import Shipment
from webapp.models.stores import StoreName
from webapp.queries.invoicing import lists as document_lists
from webapp.queries.listing.fetch import Grid
from webapp.queries.listing.saved_views import Layout
from webapp.queries.orders import customers, orders, work
from webapp.queries.returns import returns
from webapp.queries.sync import amazon_orders
from webapp.views.listing import grid_page
from webapp.views.listing.tabs import Tab, Tabs
from webapp.web.auth import has_permission


class Message(NamedTuple):
    title: Text
    text: Text


class EmptyMessage(NamedTuple):
    """What an empty list without filters shows. `link` leads to `endpoint`; `button`: icon and kind of link_button.

    `without_stores`: the link is only shown while there is no store.
    """

    title: Text
    text: Text
    icon: str
    link: Text
    endpoint: str
    button: tuple[str, ...] = ()
    without_stores: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list. Its endpoints are `<name>.index` and `<name>.search`.

    `folder`: of its templates _filters.html and _rows.html. `find_number`: returns the number of the row whose number
    is exactly the text searched for, whose page `<name>.show` then opens. `kinds`: its bulk actions.
    """

    name: str
    text: Text
    subtitle: Text
    grid: Callable[[Sequence[StoreName]], Grid]
    form: Callable[..., Filters]
    headings: Mapping[str, Heading]
    counted: Callable[[int], str]
    folder: str
    empty: EmptyMessage
    no_match: Message
    page: str = "listing/index.html"
    find_number: Callable[[Session, str], str | None] | None = None
    kinds: tuple[str, ...] = ()
    tabs: Tabs | None = None
    # Of a list whose file can have a row per line: the cells of a line, and the rows of a row.
    line_fields: tuple[Field, ...] = ()
    expand: Callable[[Any], Sequence[Any]] | None = None

    @property
    def endpoint(self) -> str:
        return f"{self.name}.index"

    @property
    def slug(self) -> str:
        """Its name in URLs, element ids and file names."""
        return self.name.replace("_", "-")

    def filters(self, arguments: Mapping[str, Any], stores: Sequence[StoreName]) -> Filters:
        """Return the filter form, limited to what the current user may search. `stores`: all stores."""
        return self.form(arguments, stores=stores, reads_personal=has_permission("pii.read"))

    def open_grid(self, stores: Sequence[StoreName]) -> Grid:
        """Return the grid, limited to what the current user may read. `stores`: all stores."""
        return self.grid(stores).for_reader(personal=has_permission("pii.read"))


def _describe_no_documents(title: Text, text: Text) -> EmptyMessage:
    return EmptyMessage(title, text, "file-invoice", _l("Orders"), "orders.index")


_TAKE_AWAY = _l("Remove a filter, or search for a shorter part of the number.")
_NO_DOCUMENT = Message(_l("No results"), _TAKE_AWAY)
# What is to be shipped is sorted by the time it has to leave.
_ORDER_TABS = Tabs(
    (
        Tab("to_ship", _l("To ship"), order_work.GROUPS["to_ship"], "ship_by"),
        Tab("awaiting_amazon", _l("Awaiting Amazon"), order_work.GROUPS["awaiting_amazon"]),
        Tab("on_hold", _l("On hold"), order_work.GROUPS["on_hold"]),
        Tab("shipped", _l("Shipped"), order_work.GROUPS["shipped"]),
        Tab("canceled", _l("Cancelled"), order_work.GROUPS["canceled"]),
        Tab("all", _l("All")),
    ),
    work.count_groups,
)

ORDERS = Listing(
    "orders",
    _l("Orders"),
    _l("Orders to process"),
    orders.build_grid,
    OrderFilters,
    order_columns.ORDERS,
    grid_page.format_order_count,
    "orders",
    EmptyMessage(
        _l("No orders yet"),
        _l("Amazon orders are imported when they are Unshipped; orders Amazon ships, once they are shipped."),
        "clipboard-list",
        _l("View Amazon orders"),
        "amazon_orders.index",
    ),
    Message(_l("No results"), _TAKE_AWAY),
    page="orders/index.html",
    find_number=orders.find_number,
    kinds=(
        "buy_labels",
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
    tabs=_ORDER_TABS,
    line_fields=order_columns.LINE_FIELDS,
    expand=order_columns.expand_lines,
)
AMAZON_ORDERS = Listing(
    "amazon_orders",
    _l("Amazon orders"),
    _l("All Amazon orders from all stores"),
    amazon_orders.build_grid,
    AmazonOrderFilters,
    order_columns.AMAZON_ORDERS,
    grid_page.format_order_count,
    "amazon_orders",
    EmptyMessage(
        _l("No orders yet"),
        _l("Orders appear here as Amazon reports them, usually within three minutes of the purchase."),
        "package",
        _l("Go to the stores"),
        "stores.index",
        ("building-store", "primary"),
        without_stores=True,
    ),
    Message(_l("No results"), _TAKE_AWAY),
)
INVOICES = Listing(
    "invoices",
    _l("Invoices"),
    _l("Invoices of all orders"),
    document_lists.invoice_grid,
    InvoiceFilters,
    document_columns.INVOICES,
    grid_page.format_invoice_count,
    "document_lists",
    _describe_no_documents(_l("No invoices yet"), _l("Orders are invoiced at import, or individually on their page.")),
    _NO_DOCUMENT,
    find_number=partial(document_lists.find_number, model=Invoice),
    kinds=("print_these_invoices",),
)
SHIPMENTS = Listing(
    "shipments",
    _l("Shipments"),
    _l("Shipments of all orders, with their packages"),
    document_lists.build_shipment_grid,
    ShipmentFilters,
    document_columns.SHIPMENTS,
    grid_page.format_shipment_count,
    "document_lists",
    _describe_no_documents(
        _l("No shipments yet"),
        _l("Ship an order on its page; each shipment is listed here."),
    ),
    _NO_DOCUMENT,
    find_number=partial(document_lists.find_number, model=Shipment),
    kinds=("print_these_packing_slips",),
)
CREDIT_MEMOS = Listing(
    "credit_memos",
    _l("Credit memos"),
    _l("Refunds of all orders"),
    document_lists.credit_memo_grid,
    CreditMemoFilters,
    document_columns.CREDIT_MEMOS,
    grid_page.credit_memos_counted,
    "document_lists",
    _describe_no_documents(
        _l("No credit memos yet"),
        _l("Refunds appear here, including those for invoiced orders that Amazon cancelled."),
    ),
    _NO_DOCUMENT,
    find_number=partial(document_lists.find_number, model=CreditMemo),
    kinds=("print_these_credit_memos",),
)
RETURNS = Listing(
    "returns",
    _l("Returns"),
    _l("Returns of orders that you ship yourself"),
    returns.build_grid,
    ReturnFilters,
    document_columns.RETURNS,
    grid_page.format_return_count,
    "returns",
    EmptyMessage(
        _l("No returns yet"),
        _l("Amazon's report of returns is read every four hours; returns of orders Amazon ships are not in it."),
        "arrow-back-up",
        _l("Orders"),
        "orders.index",
    ),
    _NO_DOCUMENT,
)
CUSTOMERS = Listing(
    "customers",
    _l("Customers"),
    _l("Customer accounts, by e-mail and store"),
    customers.build_grid,
    CustomerFilters,
    document_columns.CUSTOMERS,
    grid_page.format_customer_count,
    "customers",
    EmptyMessage(
        _l("No customer accounts yet"),
        _l("Buyers are guests unless a store's order settings create customer accounts."),
        "user",
        _l("Go to the stores"),
        "stores.index",
    ),
    Message(_l("No results"), _l("Enter the complete e-mail address.")),
)
LISTINGS = {
    listing.name: listing for listing in (ORDERS, AMAZON_ORDERS, INVOICES, SHIPMENTS, CREDIT_MEMOS, RETURNS, CUSTOMERS)
}


def find(name: str) -> Listing:
    """Return the listing of this name or slug, or abort with 404."""
    listing = LISTINGS.get(name.replace("-", "_"))
    return listing if listing is not None else abort(404)


def choose_grid(
    listing: Listing, stores: Sequence[StoreName], arguments: Mapping[str, str], layout: Layout | None
) -> Grid:
    """Return the grid with the columns that the URL names, else those of the person's layout, and its page size."""
    grid = listing.open_grid(stores)
    if layout is not None and layout.size:
        grid = replace(grid, size=layout.size)
    columns = arguments.get("columns", "").split(",")
    return grid.choose(columns if any(columns) else (layout.columns if layout is not None else ()))


def view_url(listing: Listing, view: GridView) -> str:
    """Return the URL of a saved view, which contains everything the view keeps."""
    parameters: dict[str, Any] = dict(view.parameters)
    if view.columns:
        parameters["columns"] = ",".join(view.columns)
    return url_for(listing.endpoint, **parameters, view=view.id)


def view_parameters(form: Filters, arguments: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the filters, sort order and page size of a URL as a saved view keeps them."""
    return form.parameters() | {name: [arguments[name]] for name in ("sort", "size") if arguments.get(name)}
