"""What people saved of a grid: the columns it opens with for them, and the views they gave a name."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from webapp.domain.errors import NotFoundError
from webapp.models.saved_views import GridLayout, GridView
from webapp.models.stores import Store, StoreName


class Layout(NamedTuple):
    """What a person sees of a grid where an address does not say it, as GridLayout keeps it."""

    columns: list[str]
    size: int | None
    view_id: int | None


# Put together once, and read below the ORM: each page of a list asks for it.
_LAYOUT = select(GridLayout.columns, GridLayout.size, GridLayout.view_id).where(
    GridLayout.user_id == bindparam("user_id"), GridLayout.grid == bindparam("grid")
)
# The same beside every store: each page of a list needs both, and a question to the database costs more than its rows.
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
    """(all stores by name, without their settings and accounts; what the person sees of the grid)"""
    rows = session.connection().execute(_OPENING, {"user_id": user_id, "grid": grid}).all()
    if not rows:
        return [], find_layout(session, user_id, grid)
    of_store = len(StoreName._fields)
    known, *kept = rows[0][of_store:]
    return [StoreName(*row[:of_store]) for row in rows], Layout(*kept) if known is not None else None


def find_layout(session: Session, user_id: int, grid: str) -> Layout | None:
    row = session.connection().execute(_LAYOUT, {"user_id": user_id, "grid": grid}).one_or_none()
    return Layout(*row) if row is not None else None


def list_views(session: Session, user_id: int, grid: str) -> Sequence[GridView]:
    """A person's own and those that others share, by name."""
    mine = select(GridView).where(GridView.grid == grid, or_(GridView.user_id == user_id, GridView.shared))
    return session.scalars(mine.order_by(GridView.name, GridView.id)).all()


def find_visible_view(session: Session, user_id: int, view_id: int) -> GridView | None:
    """The view, where this person may see it."""
    found = session.get(GridView, view_id)
    return found if found is not None and (found.shared or found.user_id == user_id) else None


def get_view(session: Session, user_id: int, view_id: int) -> GridView:
    """One that this person may see. Raises NotFoundError."""
    found = find_visible_view(session, user_id, view_id)
    if found is None:
        raise NotFoundError("view_unknown", name=view_id)
    return found
