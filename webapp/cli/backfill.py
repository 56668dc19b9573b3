"""`channeldesk backfill`: read past orders of an account."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import Group, data_dir_option, format_instant, json_option, open_app, show

COUNTS = ("received", "new", "changed")
account_argument = click.argument("account")


@click.group(cls=Group, invoke_without_command=True)
@click.option("--file", "path", type=click.Path(path_type=Path), help="Import a report of all orders, as a file.")
@click.option("--account", help="The account of the file, if there are several.")
@data_dir_option
@json_option
@click.pass_context
def backfill(ctx: click.Context, path: Path | None, account: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Read past orders, while new ones go on arriving."""
    if ctx.invoked_subcommand is None:
        if path is None:
            raise click.UsageError("Name a command, or a file with --file.")
        _import_file(path, account, data_dir, as_json)


@backfill.command()
@account_argument
@click.option("--days", type=int, default=730, show_default=True, help="How far back; Amazon keeps two years.")
@click.option(
    "--method",
    type=click.Choice(["report", "search"]),
    default="report",
    show_default=True,
    help="Reports are fast; a search reads complete orders.",
)
@data_dir_option
@json_option
def start(account: str, days: int, method: str, data_dir: Path | None, as_json: bool) -> None:
    """Start to read the orders of ACCOUNT that changed in the last DAYS."""
    from webapp.services.sync import backfill as service

    with open_app(data_dir):
        session, account_id = _find(account)
        service.start(session, account_id, days, method=method, now=datetime.now(UTC), actor="cli")
        _show_status(account, as_json)


@backfill.command()
@account_argument
@data_dir_option
@json_option
def status(account: str, data_dir: Path | None, as_json: bool) -> None:
    """Show how far the backfill of ACCOUNT is, and when it will be done at the pace so far."""
    with open_app(data_dir):
        _show_status(account, as_json)


@backfill.command()
@account_argument
@data_dir_option
@json_option
def pause(account: str, data_dir: Path | None, as_json: bool) -> None:
    """Pause the backfill of ACCOUNT; what was read stays."""
    from webapp.services.sync import backfill as service

    with open_app(data_dir):
        session, account_id = _find(account)
        service.pause(session, account_id, now=datetime.now(UTC), actor="cli")
        _show_status(account, as_json)


@backfill.command()
@account_argument
@data_dir_option
@json_option
def resume(account: str, data_dir: Path | None, as_json: bool) -> None:
    """Resume the paused backfill of ACCOUNT."""
    from webapp.services.sync import backfill as service

    with open_app(data_dir):
        session, account_id = _find(account)
        service.resume(session, account_id, now=datetime.now(UTC), actor="cli")
        _show_status(account, as_json)


def _import_file(path: Path, account: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Store the orders of a file of the report `GET_FLAT_FILE_ALL_ORDERS_DATA_BY_…`, downloaded by hand."""
    from webapp.core.extensions import db
    from webapp.messages import text_for
    from webapp.queries.products import products
    from webapp.services.sync.reports import report_file

    with open_app(data_dir):
        session = db.session()
        account_id = products.get_account(session, account).id
        counts, report = report_file.import_file(
            session, account_id, path.name, path.read_bytes(), clock=lambda: datetime.now(UTC), actor="cli"
        )
        bad_lines = [asdict(bad) | {"words": text_for(bad.cause, {"column": bad.column})} for bad in report.bad_lines]
        result = {"file": path.name, **asdict(counts), "foreign": report.foreign, "bad_lines": bad_lines}
        show(result, as_json, _file_lines)


def _file_lines(result: dict[str, Any]) -> Iterator[str]:
    for name in ("received", "new", "changed", "same", "other", "foreign"):
        yield f"{name:<14} {result[name]:>8}"
    for bad in result["bad_lines"]:
        yield f"line {bad['line']}: {bad['words']}"


def _find(account: str) -> tuple[Any, int]:
    """Return the session and the id of the account. Raises NotFoundError."""
    from webapp.core.extensions import db
    from webapp.services.accounts import accounts

    session = db.session()
    return session, accounts.find_by_name(session, account).id


def _show_status(account: str, as_json: bool) -> None:
    from webapp.queries.sync import backfills

    session, account_id = _find(account)
    status = backfills.find_status(session, account_id, datetime.now(UTC))
    values = {"state": "none"} if status is None else asdict(status)
    values = {name: format_instant(value) if isinstance(value, datetime) else value for name, value in values.items()}
    show({"account": account, **values}, as_json, _lines)


def _lines(status: dict[str, Any]) -> Iterator[str]:
    yield f"{'state':<14} {status['state']}"
    if status["state"] == "none":
        return
    yield f"{'range':<14} {status['starts_at']} to {status['ends_at']}"
    yield f"{'read':<14} {status['percent']} %, down to {status['reached_at']}"
    if status["ready_at"]:
        yield f"{'ready':<14} about {status['ready_at']}"
    for name in ("pages", *COUNTS):
        yield f"{name:<14} {status[name]}"
    if status["cause"]:
        yield f"{'last error':<14} {status['message'] or status['cause']}"
