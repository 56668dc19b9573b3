"""`channeldesk worker`: the worker of one queue alone."""

from pathlib import Path

import click

from webapp.cli.base import data_dir_option, load_settings
from webapp.queue import QUEUES


@click.command()
@click.argument("queue", type=click.Choice(QUEUES))
@data_dir_option
def worker(queue: str, data_dir: Path | None) -> None:
    """Run the worker of one queue alone, under a supervisor of your own."""
    from webapp.running.alone import worker as run

    run(load_settings(data_dir), queue)
