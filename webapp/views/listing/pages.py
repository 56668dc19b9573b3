"""The pages of lists: `add_routes` adds the routes of a list to the blueprint of its entity."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session

from webapp.core.extensions import db
from webapp.forms.filters import Filters
from webapp.models.saved_views import GridView
from webapp.models.stores import StoreName
from webapp.queries.accounts import stores
from webapp.queries.listing import saved_views
from webapp.queries.listing.saved_views import Layout
from webapp.services.bulk import registry as bulk_registry
from webapp.views.listing import grid_page
from webapp.views.listing import tabs as list_tabs
from webapp.views.listing.registry import Listing, choose_grid, view_url
from webapp.views.listing.tabs import Tab, TabLink
from webapp.web.auth import has_permission, requires
from webapp.web.input_validation import parse_id
from webapp.web.responses import render_fragment_or_page, render_invalid, see_other

_MOST_BUTTONS = 2


@dataclass(frozen=True, slots=True)
class ListTools:
    """The toolbar of a list. `query`: the page's URL parameters. `kinds`: bulk actions the current user may start."""

    listing: Listing
    query: str
    view: GridView | None
    kinds: tuple[str, ...]
    tabs: Sequence[TabLink] = ()
    view_tabs: Sequence[TabLink] = ()
    # The tab of the page.
    tab: Tab | None = None

    @property
    def prints(self) -> tuple[str, ...]:
        """Those of the kinds that make a file to be printed."""
        return tuple(name for name in self.kinds if name.startswith("print_"))

    @property
    def ships(self) -> bool:
        """Return whether selected orders can be shipped with tracking numbers."""
        return self.listing.name == "orders" and has_permission("shipments.write")

    @property
    def buttons(self) -> tuple[str, ...]:
        """Those shown as buttons beside *Print*: so few that the bar stays on one line."""
        others = tuple(name for name in self.kinds if name not in self.prints)
        if len(others) > _MOST_BUTTONS:
            return others[:1]
        return others if len(self.prints) > 1 else (*others, *self.prints)

    @property
    def more(self) -> tuple[str, ...]:
        """The rest, in a menu."""
        return tuple(name for name in self.kinds if name not in self.prints and name not in self.buttons)


def add_routes(bp: Blueprint, listing: Listing, path: str = "") -> None:
    """Add `index`, the list at `path`, and `search`, which redirects its POSTed filter form to the list."""

    @requires("orders.read")
    def index() -> Response:
        session = db.session()
        every, layout = saved_views.load_stores_and_layout(session, current_user.id, listing.name)
        form = listing.filters(request.args, every)
        if listing.find_number is not None and (text := form["q"].data) and form.check().right:
            number = listing.find_number(session, text)
            if number is not None:
                return see_other(request, url_for(f"{bp.name}.show", number=number))
        return _show(session, listing, every, layout, form)

    @requires("orders.read")
    def search() -> Response:
        # A POST, so that names reach no log. The URL it redirects to has them encrypted.
        form = listing.filters(request.form, stores.list_store_names(db.session()))
        form.validate()
        return see_other(request, grid_page.build_grid_url(listing.endpoint, form, request.form))

    bp.add_url_rule(path, "index", index, methods=["GET"])
    bp.add_url_rule(f"{path}/searches", "search", search, methods=["POST"])


def _show(
    session: Session, listing: Listing, every: Sequence[StoreName], layout: Layout | None, form: Filters
) -> Response:
    """Render the list, or redirect to the person's default view when the URL has no parameters."""
    default = (
        saved_views.find_visible_view(session, current_user.id, layout.view_id) if layout and layout.view_id else None
    )
    if default is not None and not request.args:
        return see_other(request, view_url(listing, default))
    tab = list_tabs.find_current(listing.tabs, form.check().parameters)
    has_tab = tab is not None and bool(tab.states)
    # Without a parameter the list would open with the default view again.
    cleared: dict[str, str | list[str]] = {"view": "0"} if default is not None else {}
    if tab is not None and has_tab:
        cleared["state"] = list(tab.states)
    page = grid_page.show(
        session,
        choose_grid(listing, every, request.args, layout),
        form,
        {name: (heading.text, heading.figures) for name, heading in listing.headings.items()},
        request,
        listing.counted,
        fixed_parameters={name: request.args[name] for name in ("columns", "view") if request.args.get(name)},
        cleared=cleared,
        without_chip="state" if has_tab else "",
    )
    respond = render_fragment_or_page if page.page is not None else render_invalid
    query = urlencode([*page.filters.items(), *page.place.items()], doseq=True)
    view = _find_current_view(session)
    tools = ListTools(listing, query, view, _list_allowed_kinds(listing), tab=tab)
    if listing.tabs is not None:
        tools = replace(
            tools,
            tabs=list_tabs.build_tabs(
                session, listing.tabs, listing.endpoint, page.filters, page.place, in_view=view is not None
            ),
            view_tabs=list_tabs.build_view_tabs(
                session, listing.name, partial(view_url, listing), view.id if view is not None else None
            ),
        )
    by_id = {store.id: store for store in every}
    return respond(
        request, "listing/_grid.html", listing.page, grid=page, stores=by_id, all_stores=tuple(every), tools=tools
    )


def _list_allowed_kinds(listing: Listing) -> tuple[str, ...]:
    if not has_permission("bulk.write"):
        return ()
    return tuple(name for name in listing.kinds if has_permission(bulk_registry.get_handler(name).permission))


def _find_current_view(session: Session) -> GridView | None:
    view_id = request.args.get("view", type=parse_id)
    return saved_views.find_visible_view(session, current_user.id, view_id) if view_id else None
