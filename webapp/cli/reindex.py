"""`channeldesk reindex`: rebuild the full-text index."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import data_dir_option, json_option, open_app, show


@click.command()
@data_dir_option
@json_option
def reindex(data_dir: Path | None, as_json: bool) -> None:
    """Rebuild the full-text index of all orders, after the oldest key was removed from the keys file."""
    from webapp.core.extensions import db
    from webapp.services.listing import search_indexer

    with open_app(data_dir):
        done = search_indexer.rebuild_all(db.session())
        show({"orders": done}, as_json, _format_result)


def _format_result(data: dict[str, Any]) -> Iterator[str]:
    yield f"{data['orders']} orders indexed."
