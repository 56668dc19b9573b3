"""Writers for CSV and XLSX. Both stream rows, so that memory use does not depend on the length of the list."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from sqlalchemy.orm import Session

from webapp.db.engine import read_only
from webapp.domain.common.csv_cells import escape_formula
from webapp.domain.errors import InvalidError
from webapp.exports.fields import CURRENCY, Cell, Field, Heading
from webapp.models.stores import StoreName
from webapp.queries.listing import fetch as grid_fetch
from webapp.queries.listing.fetch import Grid, PageRequest

FORMATS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
# The limit of a worksheet, including the header row.
MOST_ROWS_XLSX = 1_048_576

# The width of a column is measured in this many rows.
_MEASURED = 200


def list_fields(grid: Grid, headings: Mapping[str, Heading]) -> tuple[Grid, list[Field]]:
    """Return the grid with only those of its visible columns that may be exported, and their cells.

    Without permission to read personal data its rows contain none, whatever the cells read. The currency has a
    cell of its own before the first amount. Raises InvalidError where no column is left.
    """
    by_name = {column.name: column for column in grid.columns}
    names = [name for name in grid.visible if grid.reads_personal or not by_name[name].personal]
    fields = [field for name in names for field in headings[name].fields]
    if not fields:
        raise InvalidError("export_columns_none")
    first = next((at for at, field in enumerate(fields) if field.amount), None)
    if first is not None:
        fields.insert(first, CURRENCY)
    chosen = grid.choose(names)
    return chosen if grid.reads_personal else chosen.without_personal(), fields


def iterate_rows(
    session: Session,
    grid: Grid,
    place: PageRequest,
    filters: Mapping[str, Any],
    fields: Sequence[Field],
    stores: Mapping[int, StoreName],
    expand: Callable[[Any], Iterable[Any]] | None = None,
) -> Iterator[list[Cell]]:
    """Yield the cells of each row of the grid, read a thousand at a time. `stores`: detached from the session.

    `expand`: returns the rows of the file for a row of the grid, such as one for each line of an order.
    """
    chunks = grid_fetch.iterate(session, grid, place, filters)
    while True:
        with read_only():
            chunk = next(chunks, None)
        if chunk is None:
            return
        for row in chunk:
            store = stores[row.store_id]
            for part in (row,) if expand is None else expand(row):
                yield [field.value(part, store) for field in fields]


def iterate_csv(heads: Sequence[str], cells: Iterable[Sequence[Cell]], counted: Callable[[int], None]) -> Iterator[str]:
    """Yield the file in chunks of 500 rows. `counted` is called with the number of rows so far."""
    out = io.StringIO()
    # Without a byte order mark, spreadsheets read the file in the machine's code page.
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(heads)
    many = 0
    for row in cells:
        writer.writerow(["" if cell is None else escape_formula(cell) for cell in row])
        many += 1
        if many % 500 == 0:
            counted(many)
            yield _take_text(out)
    counted(many)
    yield _take_text(out)


def write_xlsx(heads: Sequence[str], cells: Iterable[Sequence[Cell]], file: BinaryIO, folder: Path) -> int:
    """Write a workbook of one sheet and return its number of rows. Rows over the limit of a sheet are left out.

    `folder`: for temporary files while the workbook is written.
    """
    options = {
        "constant_memory": True,
        "strings_to_urls": False,
        "strings_to_formulas": False,
        "tmpdir": str(folder),
    }
    # Always closed, because its temporary files are open.
    with xlsxwriter.Workbook(file, options) as workbook:
        sheet = workbook.add_worksheet()
        bold = workbook.add_format({"bold": True})
        digits = {
            places: workbook.add_format({"num_format": f"0.{'0' * places}" if places else "0"}) for places in range(4)
        }
        sheet.freeze_panes(1, 0)
        widths = [len(head) for head in heads]
        for place, head in enumerate(heads):
            sheet.write_string(0, place, head, bold)
        many = 0
        for row in cells:
            if many + 1 >= MOST_ROWS_XLSX:
                break
            many += 1
            for place, cell in enumerate(row):
                if isinstance(cell, Decimal):
                    sheet.write_number(many, place, float(cell), digits[-int(cell.as_tuple().exponent)])
                elif isinstance(cell, int):
                    sheet.write_number(many, place, cell)
                elif cell is not None:
                    sheet.write_string(many, place, cell)
                    if many <= _MEASURED:
                        widths[place] = max(widths[place], len(cell))
        for place, width in enumerate(widths):
            sheet.set_column(place, place, max(12, min(width + 2, 40)))
    return many


def _take_text(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text
