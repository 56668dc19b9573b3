"""`channeldesk backup` and `channeldesk restore`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import data_dir_option, json_option, load_settings, show


@click.command()
@click.option("--to", "target", default="", help="A folder or s3://bucket/prefix. Default: CHANNELDESK_BACKUP_TO.")
@click.option("--list", "only_list", is_flag=True, help="List the backups there instead of making one.")
@data_dir_option
@json_option
def backup(target: str, only_list: bool, data_dir: Path | None, as_json: bool) -> None:
    """Make an encrypted, verified backup of the database, and delete expired ones. Works while Channeldesk runs."""
    from webapp.backups import runs, stores
    from webapp.core.secret_keys import source
    from webapp.domain import backups

    settings, now = load_settings(data_dir), datetime.now(UTC)
    if only_list:
        names = stores.open_store(settings, target).list_names()
        data: dict[str, Any] = {
            "backups": backups.list_backups(names, now),
            "from_future": backups.list_from_future(names, now),
        }
        show(data, as_json, _format_list)
        return
    made = runs.make(settings, target=target, now=now)
    data = {
        "location": made.location,
        "bytes": made.size,
        "database": made.manifest.database,
        "revision": made.manifest.revision,
        "amazon_orders": made.manifest.rows.get("amazon_orders", 0),
        "orders": made.manifest.rows.get("orders", 0),
        "deleted": made.deleted,
        "keys": source(settings),
    }
    show(data, as_json, _format_backup)


@click.command()
@click.argument("source", metavar="BACKUP")
@click.option("--force", is_flag=True, help="Set an existing database aside and take its place.")
@click.option("--number-margin", type=click.IntRange(0), help="Numbers of each sequence to leave out.")
@data_dir_option
@json_option
def restore(source: str, force: bool, number_margin: int | None, data_dir: Path | None, as_json: bool) -> None:
    """Restore BACKUP: a file, s3://bucket/prefix/name, or `latest` of the configured store.

    Channeldesk must be stopped. Afterwards nothing is sent until a person releases it (channeldesk fence).
    """
    from webapp.runtime import restore as restores

    result = restores.restore(
        load_settings(data_dir), source, force=force, number_margin=number_margin, now=datetime.now(UTC)
    )
    data = {
        "source": result.source,
        "made_at": result.manifest.made_at,
        "amazon_orders": result.manifest.rows.get("amazon_orders", 0),
        "orders": result.manifest.rows.get("orders", 0),
        "set_aside": result.set_aside,
        "number_margin": result.margin,
    }
    show(data, as_json, _format_restore)


def _format_list(data: dict[str, Any]) -> Iterator[str]:
    if not any(data.values()):
        yield "There are no backups."
    for name in data["from_future"]:
        yield f"{name}  later than now: made while the clock was ahead, never the latest, never deleted"
    yield from data["backups"]


def _format_backup(data: dict[str, Any]) -> Iterator[str]:
    yield (
        f"{data['location']}: {data['amazon_orders']} Amazon orders, {data['orders']} orders, {data['bytes']} bytes; "
        "verified."
    )
    if data["deleted"]:
        yield f"Expired and deleted: {', '.join(data['deleted'])}"
    yield f"It opens only with the keys, which are not in it: keep a copy of them in another place ({data['keys']})."


def _format_restore(data: dict[str, Any]) -> Iterator[str]:
    yield f"Restored: {data['amazon_orders']} Amazon orders, {data['orders']} orders, as of {data['made_at']}."
    if data["set_aside"]:
        yield f"The previous database was set aside: {data['set_aside']}"
    yield f"Document numbers continue after the last known one, plus {data['number_margin']}. Everybody was signed out."
    yield "Sending is paused until you release it: start Channeldesk and open /fence, or see channeldesk fence show."
