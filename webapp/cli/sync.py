"""`channeldesk sync`: sync one account in the foreground."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import data_dir_option, format_instant, json_option, open_app, show
from webapp.models.sync_runs import SyncRun

COUNTS = ("received", "new", "changed", "same", "stale", "blocked", "quarantined", "orders_created")


class Instant(click.ParamType):
    """An ISO 8601 date or instant; without a zone it is UTC."""

    name = "ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no instant such as 2026-03-31 or 2026-03-31T12:00:00Z", param, ctx)
        instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        if instant > datetime.now(UTC):
            self.fail(f"{value!r} lies in the future", param, ctx)
        return instant


@click.command()
@click.argument("account")
@click.option("--since", type=Instant(), help="Import changes since then again; the account's cursor is kept.")
@data_dir_option
@json_option
def sync(account: str, since: datetime | None, data_dir: Path | None, as_json: bool) -> None:
    """Import the changed orders of ACCOUNT (its name) in the foreground."""
    from webapp.core.extensions import db
    from webapp.services.accounts import accounts
    from webapp.services.sync import run as sync_run
    from webapp.web.amazon_gateway import open_gateway

    with open_app(data_dir):
        session = db.session()
        account_record = accounts.find_by_name(session, account)
        account_id, credentials = account_record.id, accounts.get_credentials(account_record)
        session.rollback()
        with open_gateway(credentials) as gateway:
            run = sync_run.sync_account(
                session, gateway, account_id, clock=lambda: datetime.now(UTC), actor="cli", since=since
            )
        show(_serialize(run), as_json, _format_counts)


def _serialize(run: SyncRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "account": run.account.name,
        "state": run.state,
        "updated_after": format_instant(run.updated_after),
        "updated_before": format_instant(run.updated_before),
        "pages": run.pages,
        **{name: getattr(run, name) for name in COUNTS},
        "request_id": run.request_id,
    }


def _format_counts(run: dict[str, Any]) -> Iterator[str]:
    for name in COUNTS:
        yield f"{name.replace('_', ' '):<14} {run[name]:>6}"
