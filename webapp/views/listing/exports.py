"""Taking a list away as a file: its filters, order and columns as they are shown, every row, streamed."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, request, stream_with_context
from flask_login import current_user

from webapp.core.extensions import db, settings
from webapp.core.temporary_files import temporary_folder
from webapp.exports import writers
from webapp.exports.fields import Cell
from webapp.queries.accounts import stores
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing import saved_views
from webapp.services.listing import export_audit
from webapp.views.listing import registry as list_registry
from webapp.views.listing.registry import Listing
from webapp.views.listing.tools import read_query
from webapp.web.auth import requires

bp = Blueprint("exports", __name__, url_prefix="/grids")

_PIECE = 64 * 1024


@bp.post("/<name>/exports")
@requires("orders.read")
def create(name: str) -> Response:
    """The file. Names and addresses are in it only for those who may see them, and that it was taken is noted."""
    listing, format_ = list_registry.find(name), request.form.get("format", "csv")
    if format_ not in writers.FORMATS:
        abort(400)
    session = db.session()
    form, arguments = read_query(listing, request.form.get("query", ""))
    every = stores.by_name(session)
    layout = saved_views.find_layout(session, current_user.id, listing.name)
    shown = list_registry.chosen_grid(listing, every, arguments, layout)
    grid, fields = writers.fields_of(shown, listing.headings)
    place = grid_fetch.parse_page_request(grid, arguments)
    personal = any(column.personal for column in grid.columns if column.name in grid.visible)
    # They outlive each of the transactions that read a part of the list.
    session.expunge_all()
    by_id = {store.id: store for store in every}
    rows = writers.rows(session, grid, place, form.set(), fields, by_id)
    heads = [str(field.text) for field in fields]
    note = _Note(listing, format_, personal=personal, actor=current_user.actor)
    session.rollback()
    body = _begun(_csv(heads, rows, note) if format_ == "csv" else _xlsx(heads, rows, note))
    filename = f"{listing.slug}-{datetime.now(UTC):%Y-%m-%d}.{format_}"
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"}
    return Response(stream_with_context(body), mimetype=writers.FORMATS[format_], headers=headers)


def _begun(body: Generator[Any, None, None]) -> Iterator[Any]:
    """Make the first piece at once, so that its errors become an error page instead of a broken download."""
    first = next(body, None)

    def pieces() -> Iterator[Any]:
        with closing(body):
            if first is not None:
                yield first
            yield from body

    return pieces()


class _Note:
    """Writes down how many rows had been handed out when the file ended, or when nobody took more of it."""

    def __init__(self, listing: Listing, format_: str, *, personal: bool, actor: str) -> None:
        self.listing, self.format, self.personal, self.actor = listing, format_, personal, actor
        self.count = 0

    def counted(self, count: int) -> None:
        self.count = count

    def close(self) -> None:
        session = db.session()
        session.rollback()
        now = datetime.now(UTC)
        export_audit.note(
            session, self.listing.name, self.format, self.count, personal=self.personal, now=now, actor=self.actor
        )


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Cell]], note: _Note) -> Generator[str, None, None]:
    with closing(note):
        yield from writers.csv_chunks(heads, rows, note.counted)


def _xlsx(heads: Sequence[str], rows: Iterable[Sequence[Cell]], note: _Note) -> Generator[bytes, None, None]:
    with (
        closing(note),
        temporary_folder(settings().data_dir) as folder,
        (folder / "export.xlsx").open("w+b") as file,
    ):
        note.counted(writers.write_xlsx(heads, rows, file, folder))
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece
