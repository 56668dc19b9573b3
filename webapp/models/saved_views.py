"""Users' layouts of grids, and saved views."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import AUTOINCREMENT, Base, UtcDateTime


class GridLayout(Base):
    """A user's default layout of a grid. `columns` in their order; empty: the grid's own.

    `view_id` is the view the grid opens with.
    """

    __tablename__ = "grid_layouts"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    grid: Mapped[str] = mapped_column(String(40), primary_key=True)
    columns: Mapped[list[str]] = mapped_column(JSON, default=list)
    size: Mapped[int | None]
    view_id: Mapped[int | None] = mapped_column(ForeignKey("grid_views.id", ondelete="SET NULL"))


class GridView(Base):
    """Named filters, sort order and columns. `shared`: visible to everyone, editable by its owner only."""

    __tablename__ = "grid_views"
    __table_args__ = (UniqueConstraint("user_id", "grid", "name"), AUTOINCREMENT)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    grid: Mapped[str] = mapped_column(String(40), index=True)
    name: Mapped[str] = mapped_column(String(80))
    shared: Mapped[bool] = mapped_column(default=False)
    # URL parameters; personal data is encrypted: {"state": ["complete"], "q": ["~gAAAA…"]}.
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    columns: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
