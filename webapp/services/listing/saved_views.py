"""Saved views and layouts of lists. They concern only their user, so they have no history entries."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.domain.errors import InvalidError, RefusedError
from webapp.models.saved_views import GridLayout, GridView
from webapp.queries.listing import saved_views as queries

MAX_NAME_LENGTH = 80
MAX_VIEWS = 50


def save_layout(session: Session, user_id: int, grid: str, columns: Sequence[str], size: int | None) -> None:
    """Save the columns and page size with which a list opens for the user; empty values use the default. Commits."""
    layout = _get_or_create_layout(session, user_id, grid)
    layout.columns, layout.size = list(columns), size
    session.commit()


def save_view(
    session: Session,
    user_id: int,
    grid: str,
    name: str,
    parameters: Mapping[str, Sequence[str]],
    columns: Sequence[str],
    *,
    shared: bool,
    now: datetime,
) -> GridView:
    """Save filters, order and columns under a name, replacing a view of the same name. Commits. Raises InvalidError."""
    name = _clean_name(session, name)
    own = select(GridView).where(GridView.user_id == user_id, GridView.grid == grid)
    own_views = session.scalars(own).all()
    view = next((candidate for candidate in own_views if candidate.name == name), None)
    if view is None:
        if len(own_views) >= MAX_VIEWS:
            session.rollback()
            raise InvalidError("view_too_many", field="name", most=MAX_VIEWS)
        view = GridView(user_id=user_id, grid=grid, name=name, created_at=now)
        session.add(view)
    view.parameters = {key: list(values) for key, values in parameters.items()}
    view.columns, view.shared = list(columns), shared
    session.commit()
    return view


def update_view(session: Session, user_id: int, view_id: int, name: str, *, shared: bool, is_default: bool) -> GridView:
    """Rename a view, share it, and set whether the list opens with it. Commits.

    Of another user's view only the last can be changed. Raises InvalidError, NotFoundError.
    """
    view = queries.get_view(session, user_id, view_id)
    if view.user_id == user_id:
        name = _clean_name(session, name)
        same_name = select(GridView.id).where(
            GridView.user_id == user_id, GridView.grid == view.grid, GridView.name == name, GridView.id != view.id
        )
        if session.scalar(same_name) is not None:
            session.rollback()
            raise InvalidError("view_name_taken", field="name", name=name)
        view.name, view.shared = name, shared
    layout = _get_or_create_layout(session, user_id, view.grid)
    if is_default:
        layout.view_id = view.id
    elif layout.view_id == view.id:
        layout.view_id = None
    session.commit()
    return view


def delete_view(session: Session, user_id: int, view_id: int) -> str:
    """Delete a view; return its list. Commits. Raises NotFoundError, and RefusedError for another user's view."""
    view = queries.get_view(session, user_id, view_id)
    if view.user_id != user_id:
        session.rollback()
        raise RefusedError("view_of_another")
    grid = view.grid
    for layout in session.scalars(select(GridLayout).where(GridLayout.view_id == view_id)):
        layout.view_id = None
    session.flush()
    session.execute(delete(GridView).where(GridView.id == view_id))
    session.commit()
    return grid


def _get_or_create_layout(session: Session, user_id: int, grid: str) -> GridLayout:
    layout = session.get(GridLayout, (user_id, grid), with_for_update=True)
    if layout is None:
        layout = GridLayout(user_id=user_id, grid=grid, columns=[])
        session.add(layout)
    return layout


def _clean_name(session: Session, name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME_LENGTH:
        session.rollback()
        raise InvalidError("view_name_wrong", field="name", most=MAX_NAME_LENGTH)
    return name
