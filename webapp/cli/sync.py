"""`channeldesk sync`: sync one account in the foreground."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import data_dir_option, desk, instant, json_option, show
from webapp.models.sync_runs import SyncRun

COUNTS = ("received", "new", "changed", "same", "stale", "blocked", "quarantined", "orders_created")


class Instant(click.ParamType):
    """An ISO 8601 date or instant; without a zone it is UTC."""

    name = "ISO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no instant such as 2026-03-31 or 2026-03-31T12:00:00Z", param, ctx)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        if found > datetime.now(UTC):
            self.fail(f"{value!r} lies in the future", param, ctx)
        return found


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
    from webapp.web.amazon_gateway import open_port

    with desk(data_dir):
        session = db.session()
        found = accounts.find_by_name(session, account)
        account_id, keys = found.id, accounts.credentials_of(found)
        session.rollback()
        with open_port(keys) as port:
            run = sync_run.sync_account(
                session, port, account_id, clock=lambda: datetime.now(UTC), actor="cli", since=since
            )
        show(_described(run), as_json, _lines)


def _described(run: SyncRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "account": run.account.name,
        "state": run.state,
        "updated_after": instant(run.updated_after),
        "updated_before": instant(run.updated_before),
        "pages": run.pages,
        **{name: getattr(run, name) for name in COUNTS},
        "request_id": run.request_id,
    }


def _lines(run: dict[str, Any]) -> Iterator[str]:
    for name in COUNTS:
        yield f"{name.replace('_', ' '):<14} {run[name]:>6}"
