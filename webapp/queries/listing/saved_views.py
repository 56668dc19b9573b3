"""Saved views and layouts of lists."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from webapp.domain.errors import require
from webapp.models.saved_views import GridLayout, GridView
from webapp.models.stores import Store, StoreName


class Layout(NamedTuple):
    """A user's default layout of a list, where the URL gives none: a row of GridLayout."""

    columns: list[str]
    size: int | None
    view_id: int | None


# Every list page executes these.
_LAYOUT = select(GridLayout.columns, GridLayout.size, GridLayout.view_id).where(
    GridLayout.user_id == bindparam("user_id"), GridLayout.grid == bindparam("grid")
)
# All stores with the layout, so that a list page needs one query for both.
_OPENING = (
    select(
        *(getattr(Store, name) for name in StoreName._fields),
        GridLayout.grid,
        GridLayout.columns.label("layout_columns"),
        GridLayout.size,
        GridLayout.view_id,
    )
    .outerjoin(GridLayout, and_(GridLayout.user_id == bindparam("user_id"), GridLayout.grid == bindparam("grid")))
    .order_by(Store.name)
)


def load_stores_and_layout(session: Session, user_id: int, grid: str) -> tuple[list[StoreName], Layout | None]:
    """Load (the names of all stores, the layout of a list for a user) in one query."""
    rows = session.connection().execute(_OPENING, {"user_id": user_id, "grid": grid}).all()
    if not rows:
        return [], find_layout(session, user_id, grid)
    of_store = len(StoreName._fields)
    grid_of_layout, *values = rows[0][of_store:]
    return [StoreName(*row[:of_store]) for row in rows], Layout(*values) if grid_of_layout is not None else None


def find_layout(session: Session, user_id: int, grid: str) -> Layout | None:
    row = session.connection().execute(_LAYOUT, {"user_id": user_id, "grid": grid}).one_or_none()
    return Layout(*row) if row is not None else None


def list_views(session: Session, user_id: int, grid: str) -> Sequence[GridView]:
    """List the views a user owns or others share, by name."""
    visible = select(GridView).where(GridView.grid == grid, or_(GridView.user_id == user_id, GridView.shared))
    return session.scalars(visible.order_by(GridView.name, GridView.id)).all()


def find_visible_view(session: Session, user_id: int, view_id: int) -> GridView | None:
    """Find a view if this user may see it."""
    view = session.get(GridView, view_id)
    return view if view is not None and (view.shared or view.user_id == user_id) else None


def get_view(session: Session, user_id: int, view_id: int) -> GridView:
    """Get a view this user may see. Raises NotFoundError."""
    return require(find_visible_view(session, user_id, view_id), "view_unknown", name=view_id)
