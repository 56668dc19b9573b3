"""`channeldesk products`: list and change products, import and export files."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from webapp.cli.base import Group, data_dir_option, json_option, open_app, show
from webapp.domain.products.csv_import import (
    LOW,
    Entry,
    decode,
    read,
    write,
)
from webapp.models.products import Product

_account_option = click.option("--account", help="The seller account's name; required if there are several.")


@click.group(cls=Group)
def products() -> None:
    """List products and their stock, change one, import and export files."""


@products.command("list")
@click.option("--account", help="Only those of this seller account.")
@click.option("--search", "text", help="Only those with this in their SKU, title or ASIN.")
@click.option("--flagged", is_flag=True, help="Only those that need review.")
@click.option(
    "--stock",
    type=click.Choice(["oversold", "out", "low"]),
    help=f"Only those that are oversold, out of stock, or have {LOW} or fewer available.",
)
@data_dir_option
@json_option
def list_products(
    account: str | None, text: str | None, flagged: bool, stock: str | None, data_dir: Path | None, as_json: bool
) -> None:
    """List products by their SKU."""
    from webapp.core.extensions import db
    from webapp.queries.products import products as queries

    with open_app(data_dir):
        session = db.session()
        filters: dict[str, Any] = {"q": text, "stock": stock, "flagged": flagged or None}
        if account is not None:
            filters["account"] = queries.get_account(session, account).id
        rows = queries.iterate_export(session, {name: value for name, value in filters.items() if value is not None})
        show(list(rows), as_json, _format_list)


@products.command("set")
@click.argument("sku")
@_account_option
@click.option("--title", help="Its title.")
@click.option("--asin", help="Its ASIN.")
@click.option("--enabled/--disabled", default=None, help="Whether it is for sale.")
@click.option("--manage-stock/--no-manage-stock", default=None, help="Whether its stock is managed.")
@click.option("--quantity", type=int, help="Quantity in stock; turns on stock management.")
@click.option("--reason", default="", help="Why the quantity changes.")
@data_dir_option
@json_option
def set_product(
    sku: str,
    account: str | None,
    title: str | None,
    asin: str | None,
    enabled: bool | None,
    manage_stock: bool | None,
    quantity: int | None,
    reason: str,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Change the product with this SKU, or create it."""
    from webapp.core.extensions import db
    from webapp.domain.errors import NotFoundError
    from webapp.queries.products import products as queries
    from webapp.services.products import products as service

    entry = Entry(sku, title, asin, enabled, manage_stock, quantity)
    arguments: dict[str, Any] = {"now": datetime.now(UTC), "actor": "cli"}
    with open_app(data_dir):
        session = db.session()
        account_id = queries.get_account(session, account).id
        try:
            existing = queries.get_by_sku(session, account_id, sku.strip())
        except NotFoundError:
            product = service.create(session, account_id, entry, **arguments)
        else:
            product = service.update_product(session, existing.id, entry, reason=reason, **arguments)
        show(serialize(product), as_json, lambda row: _format_list([row]))


@products.command("import")
@click.argument("file", type=click.File("rb"))
@_account_option
@click.option("--preview", is_flag=True, help="Only show what would change.")
@data_dir_option
@json_option
def import_file(file: IO[bytes], account: str | None, preview: bool, data_dir: Path | None, as_json: bool) -> None:
    """Import products from a CSV FILE (- for standard input). Invalid rows are reported and skipped."""
    from webapp.core.extensions import db
    from webapp.messages import text_for
    from webapp.queries.products import products as queries
    from webapp.services.products import products as service

    sheet = read(decode(file.read()))
    rows = sheet.rows
    with open_app(data_dir):
        session = db.session()
        account_id = queries.get_account(session, account).id
        changes = queries.preview_import(session, account_id, rows)
        wrong = [
            {
                "line": row.line,
                "sku": row.sku,
                "cause": row.wrong.code,
                "words": text_for(row.wrong.code, dict(row.wrong.arguments)),
            }
            for row in rows
            if row.wrong is not None
        ]
        if preview:
            counts = _count_changes(changes)
        else:
            counts = service.import_rows(session, account_id, rows, now=datetime.now(UTC), actor="cli")
        summary = {"preview": preview, **counts, "left_out": wrong, "ignored": list(sheet.ignored)}
        show(summary, as_json, _format_result)


@products.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8"), default="-")
@click.option("--account", help="Only those of this seller account.")
@data_dir_option
def export_file(file: IO[str], account: str | None, data_dir: Path | None) -> None:
    """Export all products as CSV for `import`, to FILE or to standard output."""
    from webapp.core.extensions import db
    from webapp.queries.products import products as queries

    with open_app(data_dir):
        session = db.session()
        filters = {} if account is None else {"account": queries.get_account(session, account).id}
        for lines in write(queries.iterate_export(session, filters)):
            click.echo(lines, file=file, nl=False)


def serialize(product: Product) -> dict[str, Any]:
    """Return a product for JSON."""
    return {
        "sku": product.sku,
        "title": product.title,
        "asin": product.asin,
        "enabled": product.enabled,
        "manage_stock": product.manage_stock,
        "quantity": product.quantity,
        "reserved": product.reserved,
        "available": product.available,
        "flag": product.flag,
        "account": product.account.name,
    }


def _count_changes(changes: list[Any]) -> dict[str, int]:
    valid = [change for change in changes if change.row.wrong is None]
    created = sum(change.new for change in valid)
    changed = sum(bool(change.changes) and not change.new for change in valid)
    same = len(valid) - created - changed
    return {"created": created, "changed": changed, "same": same, "wrong": len(changes) - len(valid)}


def _format_list(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "There are no such products."
    for row in rows:
        stock = f"{row['quantity']} on hand, {row['reserved']} reserved, {row['available']} to sell"
        notes = ["" if row["enabled"] else "disabled", row["flag"].replace("_", " ")]
        state = ", ".join(word for word in notes if word)
        yield f"{row['sku']:<24}  {stock if row['manage_stock'] else 'no stock kept'}  {state}  {row['title']}".rstrip()


def _format_result(summary: dict[str, Any]) -> Iterator[str]:
    for row in summary["left_out"]:
        yield f"line {row['line']}: {row['words']}"
    if summary["ignored"]:
        yield f"Unknown columns: {', '.join(summary['ignored'])}"
    would = "would be " if summary["preview"] else ""
    yield (
        f"{summary['created']} {would}created, {summary['changed']} {would}changed, {summary['same']} the same, "
        f"{summary['wrong']} left out"
    )
