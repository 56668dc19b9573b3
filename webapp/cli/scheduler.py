"""`channeldesk scheduler`: the scheduler alone."""

from pathlib import Path

import click

from webapp.cli.base import data_dir_option, load_settings


@click.command()
@data_dir_option
def scheduler(data_dir: Path | None) -> None:
    """Run the scheduler alone, under a supervisor of your own."""
    from webapp.running.alone import scheduler as run

    run(load_settings(data_dir))
