"""`channeldesk products`: list and change products, import and export files."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from webapp.cli.base import Group, data_dir_option, desk, json_option, show
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

    with desk(data_dir):
        session = db.session()
        filters: dict[str, Any] = {"q": text, "stock": stock, "flagged": flagged or None}
        if account is not None:
            filters["account"] = queries.get_account(session, account).id
        found = queries.iterate_export(session, {name: value for name, value in filters.items() if value is not None})
        show(list(found), as_json, _lines)


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
    from webapp.services.products import products as verbs

    entry = Entry(sku, title, asin, enabled, manage_stock, quantity)
    about: dict[str, Any] = {"now": datetime.now(UTC), "actor": "cli"}
    with desk(data_dir):
        session = db.session()
        account_id = queries.get_account(session, account).id
        try:
            known = queries.get_by_sku(session, account_id, sku.strip())
        except NotFoundError:
            product = verbs.create(session, account_id, entry, **about)
        else:
            product = verbs.update_product(session, known.id, entry, reason=reason, **about)
        show(described(product), as_json, lambda one: _lines([one]))


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
    from webapp.services.products import products as verbs

    sheet = read(decode(file.read()))
    rows = sheet.rows
    with desk(data_dir):
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
            counts = _counted(changes)
        else:
            counts = verbs.import_rows(session, account_id, rows, now=datetime.now(UTC), actor="cli")
        said = {"preview": preview, **counts, "left_out": wrong, "ignored": list(sheet.ignored)}
        show(said, as_json, _result)


@products.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8"), default="-")
@click.option("--account", help="Only those of this seller account.")
@data_dir_option
def export_file(file: IO[str], account: str | None, data_dir: Path | None) -> None:
    """Export all products as CSV for `import`, to FILE or to standard output."""
    from webapp.core.extensions import db
    from webapp.queries.products import products as queries

    with desk(data_dir):
        session = db.session()
        filters = {} if account is None else {"account": queries.get_account(session, account).id}
        for lines in write(queries.iterate_export(session, filters)):
            click.echo(lines, file=file, nl=False)


def described(product: Product) -> dict[str, Any]:
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


def _counted(changes: list[Any]) -> dict[str, int]:
    right = [one for one in changes if one.row.wrong is None]
    created = sum(one.new for one in right)
    changed = sum(bool(one.changes) and not one.new for one in right)
    same = len(right) - created - changed
    return {"created": created, "changed": changed, "same": same, "wrong": len(changes) - len(right)}


def _lines(found: list[dict[str, Any]]) -> Iterator[str]:
    if not found:
        yield "There are no such products."
    for one in found:
        stock = f"{one['quantity']} on hand, {one['reserved']} reserved, {one['available']} to sell"
        said = ["" if one["enabled"] else "disabled", one["flag"].replace("_", " ")]
        state = ", ".join(word for word in said if word)
        yield f"{one['sku']:<24}  {stock if one['manage_stock'] else 'no stock kept'}  {state}  {one['title']}".rstrip()


def _result(said: dict[str, Any]) -> Iterator[str]:
    for one in said["left_out"]:
        yield f"line {one['line']}: {one['words']}"
    if said["ignored"]:
        yield f"Some columns mean nothing here: {', '.join(said['ignored'])}"
    would = "would be " if said["preview"] else ""
    yield (
        f"{said['created']} {would}created, {said['changed']} {would}changed, {said['same']} the same, "
        f"{said['wrong']} left out"
    )
