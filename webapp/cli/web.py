"""`channeldesk web`: the web server alone."""

from pathlib import Path

import click

from webapp.cli.base import data_dir_option, load_settings


@click.command()
@click.option("--port", type=int, help="The port to listen on. Default: CHANNELDESK_PORT, or 8480.")
@click.option("--host", help="The address to listen on. Default: CHANNELDESK_HOST, or 127.0.0.1.")
@data_dir_option
def web(port: int | None, host: str | None, data_dir: Path | None) -> None:
    """Run the web server alone, under a supervisor of your own."""
    from webapp.running.alone import web as run

    run(load_settings(data_dir, port=port, host=host))
