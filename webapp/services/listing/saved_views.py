"""Saving how a person likes a grid. It is theirs alone, so it leaves no trace in the history."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.domain.errors import InvalidError, RefusedError
from webapp.models.saved_views import GridLayout, GridView
from webapp.queries.listing import saved_views as queries

LONGEST_NAME = 80
MOST = 50


def choose(session: Session, user_id: int, grid: str, columns: Sequence[str], size: int | None) -> None:
    """Let the grid open with these columns and rows a page; none: as it opens for everybody. Commits."""
    layout = _layout(session, user_id, grid)
    layout.columns, layout.size = list(columns), size
    session.commit()


def save(
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
    """Keep filters, order and columns under a name; the same name again replaces it. Commits. Raises InvalidError."""
    name = _clean(session, name)
    mine = select(GridView).where(GridView.user_id == user_id, GridView.grid == grid)
    saved = session.scalars(mine).all()
    view = next((one for one in saved if one.name == name), None)
    if view is None:
        if len(saved) >= MOST:
            session.rollback()
            raise InvalidError("view_too_many", field="name", most=MOST)
        view = GridView(user_id=user_id, grid=grid, name=name, created_at=now)
        session.add(view)
    view.parameters = {key: list(values) for key, values in parameters.items()}
    view.columns, view.shared = list(columns), shared
    session.commit()
    return view


def change(session: Session, user_id: int, view_id: int, name: str, *, shared: bool, opens: bool) -> GridView:
    """Rename it, share it, and let the grid open with it or not. Commits.

    Somebody else's can only be opened with. Raises InvalidError, NotFoundError.
    """
    view = queries.get_view(session, user_id, view_id)
    if view.user_id == user_id:
        name = _clean(session, name)
        same = select(GridView.id).where(
            GridView.user_id == user_id, GridView.grid == view.grid, GridView.name == name, GridView.id != view.id
        )
        if session.scalar(same) is not None:
            session.rollback()
            raise InvalidError("view_name_taken", field="name", name=name)
        view.name, view.shared = name, shared
    layout = _layout(session, user_id, view.grid)
    if opens:
        layout.view_id = view.id
    elif layout.view_id == view.id:
        layout.view_id = None
    session.commit()
    return view


def forget(session: Session, user_id: int, view_id: int) -> str:
    """Delete one's own view; answers its grid. Commits. Raises NotFoundError, RefusedError for another's."""
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


def _layout(session: Session, user_id: int, grid: str) -> GridLayout:
    layout = session.get(GridLayout, (user_id, grid), with_for_update=True)
    if layout is None:
        layout = GridLayout(user_id=user_id, grid=grid, columns=[])
        session.add(layout)
    return layout


def _clean(session: Session, name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        session.rollback()
        raise InvalidError("view_name_wrong", field="name", most=LONGEST_NAME)
    return name
