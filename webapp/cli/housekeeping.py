"""`channeldesk housekeeping`: delete now what is older than it is to be kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from webapp.cli.base import data_dir_option, json_option, open_app, show


@click.command()
@click.option("--minutes", type=click.IntRange(1, 1440), default=30, show_default=True, help="Stop after this time.")
@data_dir_option
@json_option
def housekeeping(minutes: int, data_dir: Path | None, as_json: bool) -> None:
    """Delete what is older than the page Retention says, as each night, and print how much of each kind."""
    from webapp.core.extensions import db, settings
    from webapp.services import retention

    with open_app(data_dir):
        limit = timedelta(minutes=minutes)
        counts = retention.run(db.session(), settings().data_dir, clock=lambda: datetime.now(UTC), time_limit=limit)
        show(counts, as_json, _format_lines)


def _format_lines(counts: dict[str, int]) -> Iterator[str]:
    for name, count in counts.items():
        yield f"{name.replace('_', ' '):<22} {count:>8}"
