"""`channeldesk returns`: list returns, read them from Amazon, and import a file from Seller Central."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import Group, data_dir_option, format_instant, json_option, number_type, open_app, show
from webapp.messages import text_for
from webapp.messages.returns import describe_reason


@click.group(cls=Group)
def returns() -> None:
    """List and import the returns of orders that you ship yourself."""


@returns.command("list")
@click.option("--limit", type=number_type, default=50, show_default=True, help="Returns to list.")
@data_dir_option
@json_option
def list_returns(limit: int, data_dir: Path | None, as_json: bool) -> None:
    """List the latest returns."""
    from webapp.core.extensions import db
    from webapp.queries.returns import returns as queries

    with open_app(data_dir):
        rows = [
            {
                "id": row.id,
                "order_number": row.order_number,
                "requested": row.requested_at.date().isoformat(),
                "quantity": row.quantity,
                "item": row.sku or row.asin,
                "reason": describe_reason(row.reason),
                "amazon_status": row.status,
                "state": row.state,
                "restocked_at": format_instant(row.restocked_at),
            }
            for row in queries.list_all(db.session(), limit)
        ]
        show(rows, as_json, _format_rows)


@returns.command("read")
@click.argument("account")
@data_dir_option
def read(account: str, data_dir: Path | None) -> None:
    """Let the running product read the returns of an account now instead of within four hours."""
    from webapp.core.extensions import db
    from webapp.services.accounts import accounts
    from webapp.services.returns import report_reads

    with open_app(data_dir):
        session = db.session()
        report_reads.request(session, accounts.find_by_name(session, account).id, now=datetime.now(UTC))
        click.echo("The returns are read as soon as Amazon has made its report.")


@returns.command("import")
@click.argument("store")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_dir_option
@json_option
def import_file(store: str, file: Path, data_dir: Path | None, as_json: bool) -> None:
    """Import a report of returns that was downloaded in Seller Central. STORE is the name of the store."""
    from webapp.core.extensions import db
    from webapp.services.accounts import stores
    from webapp.services.returns import return_import

    with open_app(data_dir):
        session = db.session()
        counts, report = return_import.import_file(
            session, stores.find(session, store), file.name, file.read_bytes(), now=datetime.now(UTC)
        )
        bad_lines = [
            {"line": bad.line, "message": text_for(bad.cause, {"column": bad.column})} for bad in report.bad_lines
        ]
        result = {"new": counts.new, "changed": counts.changed, "same": counts.same, "bad_lines": bad_lines}
        show(result, as_json, lambda data: _format_import(file.name, data))


def _format_rows(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        what = f"{row['quantity']} × {row['item']}"
        yield f"{row['id']}  {row['requested']}  {row['order_number']}  {what}  {row['reason']}  {row['state']}"
    if not rows:
        yield "No returns."


def _format_import(name: str, result: dict[str, Any]) -> Iterator[str]:
    for bad in result["bad_lines"]:
        yield f"{name}:{bad['line']}: {bad['message']}"
    yield f"{result['new']} new, {result['changed']} changed, {result['same']} the same"
