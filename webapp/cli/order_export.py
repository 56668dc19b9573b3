"""`channeldesk orders export`: export the list of orders as a file."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webapp.cli.base import data_dir_option, json_option, open_app, show
from webapp.cli.orders import orders
from webapp.domain.errors import InvalidError
from webapp.domain.orders.state_machine import STATES

if TYPE_CHECKING:
    from webapp.models.stores import StoreName


# The largest amount in minor units that a database column can hold.
_LARGEST = Decimal(10) ** 12


class Amount(click.ParamType):
    """An amount in units of a currency: 12.50."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0:
            self.fail(f"{value} is not an amount. Write it as 12.50.", param, ctx)
        if amount >= _LARGEST:
            self.fail(f"{value} is too much: less than a million millions fits.", param, ctx)
        return amount


class Day(click.ParamType):
    """A calendar day: 2026-03-31."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is not a day. Write it as 2026-03-31.", param, ctx)


@orders.command("export")
@click.option("--format", "format_", type=click.Choice(["csv", "xlsx"]), default="csv", show_default=True)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file. Default: the terminal."
)
@click.option("--columns", default="", help="Names of columns with commas between them, in the order of the file.")
@click.option("--without-personal-data", is_flag=True, help="Leave names and addresses out.")
@click.option("--state", multiple=True, type=click.Choice(STATES), help="Only these; may be given several times.")
@click.option("--store", help="Only this store, by its name or its slug.")
@click.option("--q", help="Only those with these words or this number.")
@click.option("--name", help="Only those whose buyer or recipient is called so.")
@click.option("--from", "purchased_from", type=Day(), help="Only those placed on this day or later.")
@click.option("--to", "purchased_to", type=Day(), help="Only those placed on this day or before.")
@click.option("--min", "total_min", type=Amount(), help="Only those of this total or more.")
@click.option("--max", "total_max", type=Amount(), help="Only those of this total or less.")
@click.option("--sort", default="-purchased", show_default=True, help="A column's name; with - before it, descending.")
@data_dir_option
@json_option
def export(
    format_: str,
    output: Path | None,
    columns: str,
    without_personal_data: bool,
    sort: str,
    data_dir: Path | None,
    as_json: bool,
    **filters: Any,
) -> None:
    """Export the matching orders as CSV or as a workbook. The export is recorded in the history."""
    if output is not None and not output.parent.is_dir():
        raise click.BadParameter(f"there is no folder {output.parent}.", param_hint="--output")
    if output is None and (format_ == "xlsx" or as_json):
        raise click.UsageError("Name the file with --output: a workbook or a summary is not for the terminal.")
    _check_ranges(filters)
    given = {
        name: list(value) if name == "state" else value
        for name, value in filters.items()
        if value not in (None, "", ())
    }
    names = [name.strip() for name in columns.split(",") if name.strip()]
    with open_app(data_dir):
        count = _export(given, names, sort, format_, output, personal=not without_personal_data)
    if output is not None:
        summary = {"rows": count, "file": str(output), "format": format_}
        show(summary, as_json, lambda row: iter([f"{row['rows']} Orders written to {row['file']}"]))


def _export(
    filters: dict[str, Any], columns: list[str], sort: str, format_: str, output: Path | None, *, personal: bool
) -> int:
    """Write the file; return the number of rows. Raises InvalidError."""
    from webapp.core.extensions import db, settings
    from webapp.core.temporary_files import temporary_folder
    from webapp.exports import writers
    from webapp.exports.order_columns import ORDERS
    from webapp.queries.accounts import stores
    from webapp.queries.listing import fetch as grid_fetch
    from webapp.queries.orders import orders
    from webapp.services.listing import export_audit

    session = db.session()
    every = stores.list_store_names(session)
    filters = filters | _check(filters, columns, sort, every)
    chosen = orders.build_grid(every).choose(columns).for_reader(personal=personal)
    grid, fields = writers.list_fields(chosen, ORDERS)
    # Users of the command line may filter by names, even if the file contains none.
    grid = grid.for_reader(personal=True)
    place = grid_fetch.parse_page_request(grid, {"sort": sort})
    session.expunge_all()
    rows = writers.iterate_rows(session, grid, place, filters, fields, {store.id: store for store in every})
    heads = [str(field.text) for field in fields]
    counted = [0]
    if format_ == "xlsx" and output is not None:
        with temporary_folder(settings().data_dir) as folder, output.open("wb") as file:
            counted[0] = writers.write_xlsx(heads, rows, file, folder)
    else:
        with output.open("w", encoding="utf-8", newline="") if output is not None else nullcontext(sys.stdout) as out:
            for text in writers.iterate_csv(heads, rows, lambda count: counted.__setitem__(0, count)):
                out.write(text)
    private = any(column.personal for column in grid.columns if column.name in grid.visible)
    export_audit.record_export(
        session, "orders", format_, counted[0], personal=private, now=datetime.now(UTC), actor="cli"
    )
    return counted[0]


def _check_ranges(filters: dict[str, Any]) -> None:
    """Raise UsageError for an empty range."""
    for first, last, words in (
        ("purchased_from", "purchased_to", "--to is a day before --from."),
        ("total_min", "total_max", "--max is less than --min."),
    ):
        least, most = filters[first], filters[last]
        if least is not None and most is not None and most < least:
            raise click.UsageError(words)


def _check(filters: dict[str, Any], columns: list[str], sort: str, every: "Sequence[StoreName]") -> dict[str, Any]:
    """Return the filters with the store's slug instead of its name. Raises InvalidError."""
    from webapp.exports.order_columns import ORDERS
    from webapp.queries.orders import orders

    exportable = {column.name: column for column in orders.COLUMNS if ORDERS[column.name].fields}
    for name in columns:
        if name not in exportable:
            raise InvalidError("export_column_unknown", name=name, known=", ".join(exportable))
    sorting = exportable.get(sort.removeprefix("-"))
    if sorting is None or sorting.sort_column is None:
        sortable = ", ".join(name for name, column in exportable.items() if column.sort_column is not None)
        raise InvalidError("export_sort_unknown", name=sort, known=sortable)
    if "store" not in filters:
        return {}
    slugs = {store.name: store.slug for store in every} | {store.slug: store.slug for store in every}
    if filters["store"] not in slugs:
        raise InvalidError("store_unknown", name=filters["store"])
    return {"store": slugs[filters["store"]]}
