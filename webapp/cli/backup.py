"""`channeldesk backup`: a consistent copy of the database, taken while Channeldesk runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import data_dir_option, json_option, load_settings, show


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE when it is an earlier backup.")
@data_dir_option
@json_option
def backup(file: Path, force: bool, data_dir: Path | None, as_json: bool) -> None:
    """Copy the SQLite database to FILE and check the copy. Works while Channeldesk runs, and without it."""
    from webapp.runtime import backup as backups

    settings = load_settings(data_dir)
    made = backups.create(settings, file, force=force)
    data = {
        "file": str(made.path),
        "bytes": made.size,
        "revision": made.revision,
        "amazon_orders": made.rows.get("amazon_orders", 0),
        "orders": made.rows.get("orders", 0),
        "keys": backups.describe_keys_location(settings),
    }
    show(data, as_json, _format_result)


def _format_result(data: dict[str, Any]) -> Iterator[str]:
    yield (
        f"{data['file']}: {data['amazon_orders']} Amazon orders, {data['orders']} orders, {data['bytes']} bytes; "
        "checked."
    )
    yield f"The keys are not in it: keep a copy of them in another place ({data['keys']})."
