"""Export of a list with its current filters, sort order and columns, as a streamed file with all rows."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, request, stream_with_context
from flask_login import current_user

from webapp.core.extensions import db, settings
from webapp.core.temporary_files import temporary_folder
from webapp.exports import writers
from webapp.exports.fields import CURRENCY, Cell
from webapp.queries.accounts import stores
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing import saved_views
from webapp.services.listing import export_audit
from webapp.views.listing import registry as list_registry
from webapp.views.listing.registry import Listing
from webapp.views.listing.tools import read_query
from webapp.web.auth import requires

bp = Blueprint("exports", __name__, url_prefix="/grids")

_CHUNK_SIZE = 64 * 1024


@bp.post("/<name>/exports")
@requires("orders.read")
def create(name: str) -> Response:
    """Stream the file. Names and addresses are only included for users who may read them; the export is audited."""
    listing, format_ = list_registry.find(name), request.form.get("format", "csv")
    if format_ not in writers.FORMATS:
        abort(400)
    session = db.session()
    form, arguments = read_query(listing, request.form.get("query", ""))
    all_stores = stores.list_store_names(session)
    layout = saved_views.find_layout(session, current_user.id, listing.name)
    visible_grid = list_registry.choose_grid(listing, all_stores, arguments, layout)
    per_line = request.form.get("rows") == "items" and listing.expand is not None
    if per_line:
        visible_grid = visible_grid.choose((*visible_grid.visible, "items"))
    grid, fields = writers.list_fields(visible_grid, listing.headings)
    if per_line:
        # The cells of one line, instead of one cell with all of them.
        fields = [field for field in fields if field not in listing.headings["items"].fields]
        fields += [*([] if CURRENCY in fields else [CURRENCY]), *listing.line_fields]
    place = grid_fetch.parse_page_request(grid, arguments)
    personal = any(column.personal for column in grid.columns if column.name in grid.visible)
    # They are used across several transactions.
    session.expunge_all()
    by_id = {store.id: store for store in all_stores}
    rows = writers.iterate_rows(session, grid, place, form.set(), fields, by_id, listing.expand if per_line else None)
    heads = [str(field.text) for field in fields]
    audit = _ExportAudit(listing, format_, personal=personal, actor=current_user.actor)
    session.rollback()
    body = _start_stream(_csv(heads, rows, audit) if format_ == "csv" else _xlsx(heads, rows, audit))
    filename = f"{listing.slug}-{datetime.now(UTC):%Y-%m-%d}.{format_}"
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"}
    return Response(stream_with_context(body), mimetype=writers.FORMATS[format_], headers=headers)


def _start_stream(body: Generator[Any, None, None]) -> Iterator[Any]:
    """Compute the first chunk at once, so that an error becomes an error page instead of a broken download."""
    first = next(body, None)

    def chunks() -> Iterator[Any]:
        with closing(body):
            if first is not None:
                yield first
            yield from body

    return chunks()


class _ExportAudit:
    """Audits the export when the download ends or is aborted, with the number of rows sent."""

    def __init__(self, listing: Listing, format_: str, *, personal: bool, actor: str) -> None:
        self.listing, self.format, self.personal, self.actor = listing, format_, personal, actor
        self.count = 0

    def count_rows(self, count: int) -> None:
        self.count = count

    def close(self) -> None:
        session = db.session()
        session.rollback()
        now = datetime.now(UTC)
        export_audit.record_export(
            session, self.listing.name, self.format, self.count, personal=self.personal, now=now, actor=self.actor
        )


def _csv(heads: Sequence[str], rows: Iterable[Sequence[Cell]], audit: _ExportAudit) -> Generator[str, None, None]:
    with closing(audit):
        yield from writers.iterate_csv(heads, rows, audit.count_rows)


def _xlsx(heads: Sequence[str], rows: Iterable[Sequence[Cell]], audit: _ExportAudit) -> Generator[bytes, None, None]:
    with (
        closing(audit),
        temporary_folder(settings().data_dir) as folder,
        (folder / "export.xlsx").open("w+b") as file,
    ):
        audit.count_rows(writers.write_xlsx(heads, rows, file, folder))
        file.seek(0)
        while chunk := file.read(_CHUNK_SIZE):
            yield chunk
