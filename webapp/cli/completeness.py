"""`channeldesk completeness`: compare our orders with Amazon's reports, and list and repair what is missing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import Group, data_dir_option, format_instant, json_option, open_app, show


@click.group(cls=Group)
def completeness() -> None:
    """Compare our orders with Amazon's reports, and repair what is missing."""


@completeness.command("list")
@click.option("--days", type=click.IntRange(1, 730), default=35, show_default=True, help="Days to list.")
@data_dir_option
@json_option
def list_days(days: int, data_dir: Path | None, as_json: bool) -> None:
    """List how many orders of each store and day Amazon has and how many are here, the newest day first."""
    from webapp.core.extensions import db
    from webapp.queries.sync import completeness as queries

    with open_app(data_dir):
        since = datetime.now(UTC).date() - timedelta(days=days)
        rows = [
            {
                "store": store.name,
                "day": counts.day.isoformat(),
                "at_amazon": counts.at_amazon,
                "here": counts.here,
                "missing": counts.missing,
                "differing": counts.differing,
                "checked_at": format_instant(counts.checked_at),
            }
            for counts, store in queries.list_days(db.session(), since, since)
        ]
        show(rows, as_json, _day_lines)


@completeness.command("gaps")
@data_dir_option
@json_option
def list_gaps(data_dir: Path | None, as_json: bool) -> None:
    """List the latest orders that a check found missing or out of date, those not repaired first."""
    from webapp.core.extensions import db
    from webapp.queries.sync import completeness as queries

    with open_app(data_dir):
        rows = [
            {
                "number": gap.number,
                "store": store.name,
                "reason": gap.reason,
                "requested_at": format_instant(gap.requested_at),
                "read_at": format_instant(gap.read_at),
                "next_try_at": format_instant(gap.next_try_at),
                "tries": gap.tries,
                "cause": gap.cause,
            }
            for gap, store in queries.list_gaps(db.session())
        ]
        show(rows, as_json, _gap_lines)


@completeness.command()
@click.argument("account")
@data_dir_option
@json_option
def check(account: str, data_dir: Path | None, as_json: bool) -> None:
    """Compare the last 30 days of ACCOUNT now. Channeldesk must run: its worker requests the report."""
    from webapp.core.extensions import db
    from webapp.services.accounts import accounts
    from webapp.services.sync import completeness as service

    with open_app(data_dir):
        session, now = db.session(), datetime.now(UTC)
        service.request(session, accounts.find_by_name(session, account).id, now=now)
        show({"account": account, "requested_at": format_instant(now)}, as_json, _pair_lines)


@completeness.command()
@data_dir_option
@json_option
def repair(data_dir: Path | None, as_json: bool) -> None:
    """Read all missing and outdated orders again, also those given up. Channeldesk must run."""
    from webapp.core.extensions import db
    from webapp.services.sync import completeness as service

    with open_app(data_dir):
        count = service.repair(db.session(), now=datetime.now(UTC))
        show({"requested": count}, as_json, _pair_lines)


def _day_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "No check has ended yet."
        return
    yield f"{'day':<10}  {'at Amazon':>9}  {'here':>6}  {'missing':>7}  {'differing':>9}  store"
    for row in rows:
        numbers = f"{row['at_amazon']:>9}  {row['here']:>6}  {row['missing']:>7}  {row['differing']:>9}"
        yield f"{row['day']}  {numbers}  {row['store']}"


def _gap_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "No orders are missing or out of date."
    for row in rows:
        state = (
            f"read {row['read_at']}" if row["read_at"] else f"not read, {row['tries']} tries, {row['cause'] or 'waits'}"
        )
        yield f"{row['number']}  {row['reason']:<9}  {row['store']}  {state}"


def _pair_lines(row: dict[str, Any]) -> Iterator[str]:
    for name, value in row.items():
        yield f"{name:<14} {value}"
