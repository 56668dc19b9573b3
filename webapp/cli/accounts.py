"""`channeldesk accounts`: connect seller accounts and list them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import Group, data_dir_option, format_instant, json_option, open_app, show
from webapp.cli.secret_files import read_secret
from webapp.domain.accounts.credentials import ConnectionReport
from webapp.domain.common.marketplaces import REGIONS
from webapp.models.accounts import Account

secret_file = click.Path(path_type=Path, dir_okay=False)
region_code = click.Choice(tuple(REGIONS), case_sensitive=False)


@click.group(cls=Group)
def accounts() -> None:
    """Connect seller accounts and list them."""


@accounts.command()
@click.option("--name", required=True, help="The account's name in Channeldesk.")
@click.option(
    "--region", required=True, type=click.Choice(tuple(REGIONS), case_sensitive=False), help="Amazon's region."
)
@click.option("--seller-id", required=True, help="The merchant token of Seller Central.")
@click.option("--client-id", required=True, help="The LWA client id of the application.")
@click.option("--client-secret-file", required=True, type=secret_file, help="A file with the LWA client secret.")
@click.option("--refresh-token-file", required=True, type=secret_file, help="A file with the refresh token.")
@click.option("--marketplaces", required=True, help="Country codes or ids with commas between: DE,FR.")
@click.option("--endpoint", default="", help="An address other than Amazon's: the sandbox or the simulator.")
@click.option("--token-url", default="", help="The address for access tokens, if not Amazon's.")
@click.option("--backfill-days", type=int, default=30, show_default=True, help="Fetch orders from this many days back.")
@data_dir_option
@json_option
def connect(
    client_secret_file: Path,
    refresh_token_file: Path,
    marketplaces: str,
    backfill_days: int,
    data_dir: Path | None,
    as_json: bool,
    **fields: str,
) -> None:
    """Connect a seller account after Amazon has accepted its credentials. Each marketplace becomes a store."""
    from webapp.core.extensions import db, settings
    from webapp.services.accounts import accounts as service
    from webapp.web.amazon_gateway import open_gateway

    fields["client_secret"] = read_secret(client_secret_file)
    fields["refresh_token"] = read_secret(refresh_token_file)
    credentials = service.check_fields(fields)
    countries = [text.strip() for text in marketplaces.split(",") if text.strip()]
    with open_app(data_dir):
        session = db.session()
        service.check_not_connected(session, fields)
        session.rollback()
        with open_gateway(credentials) as gateway:
            report = service.try_connection(gateway, fields["region"])
        account = service.connect(
            session,
            fields,
            countries,
            report.marketplaces,
            backfill_days=backfill_days,
            sync_interval=settings().sync_interval,
            now=datetime.now(UTC),
            actor="cli",
        )
        data = serialize(account) | {"missing_datasets": sorted(report.missing)}
        show(data, as_json, lambda _: _format_connection(account, report))


@accounts.command("list")
@data_dir_option
@json_option
def list_accounts(data_dir: Path | None, as_json: bool) -> None:
    """List the accounts, with their health."""
    from webapp.core.extensions import db
    from webapp.queries.accounts import stores

    with open_app(data_dir):
        show([serialize(account) for account in stores.list_accounts(db.session())], as_json, _format_list)


def serialize(account: Account) -> dict[str, Any]:
    """Return an account for JSON, without secrets. Times are ISO 8601 in UTC."""
    return {
        "id": account.id,
        "name": account.name,
        "region": account.region,
        "seller_id": account.seller_id,
        "stores": [store.name for store in account.stores],
        "created_at": format_instant(account.created_at),
        "last_synced_at": format_instant(account.last_synced_at),
        "error_code": account.error_code,
        "error_message": account.error_message,
        "missing_datasets": account.missing_datasets,
    }


def _format_connection(account: Account, report: ConnectionReport) -> Iterator[str]:
    from webapp.messages import text_for

    yield f"Connected {account.name}: {', '.join(store.name for store in account.stores)}."
    for name in sorted(report.missing):
        yield f"Amazon does not show: {text_for(f'dataset_{name}')}. {text_for(f'without_{name}')}"


def _format_list(rows: list[dict[str, Any]]) -> Iterator[str]:
    from webapp.messages import text_for

    if not rows:
        yield "There are no accounts yet."
    for row in rows:
        health = text_for(row["error_code"]) if row["error_code"] else f"synced {row['last_synced_at'] or 'never'}"
        yield f"{row['id']}  {row['name']}  {row['region']}  {', '.join(row['stores'])}  {health}"


@accounts.command()
@click.argument("name")
@data_dir_option
@json_option
def quotas(name: str, data_dir: Path | None, as_json: bool) -> None:
    """Show how often Amazon may be called for an account, what waits, and when it will be done."""
    from webapp.core import queue
    from webapp.core.extensions import db, settings
    from webapp.health.quotas import list_quotas
    from webapp.services.accounts.accounts import find_by_name

    with open_app(data_dir):
        session, now = db.session(), datetime.now(UTC)
        account = find_by_name(session, name)
        rows = [
            {
                "operation": row.operation,
                "free": round(row.tokens, 2),
                "burst": row.burst,
                "per_hour": round(row.rate, 1),
                "waiting": [
                    {"priority": part.priority, "calls": part.calls, "done_at": format_instant(part.done_at)}
                    for part in row.waiting
                ],
            }
            for row in list_quotas(session, queue.redis(), account, settings().cancel_method, now)
        ]
        session.rollback()
    show(rows, as_json, _format_quotas)


def _format_quotas(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        waiting = [f"{part['priority']}: {part['calls']}, done {part['done_at']}" for part in row["waiting"]]
        yield (
            f"{row['operation']:<28}  {row['free']:g} of {row['burst']} free, {row['per_hour']:g} per hour"
            f"{'; waiting ' if waiting else ''}{'; '.join(waiting)}"
        )
