"""`channeldesk up`: the whole desk."""

from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Flask

from webapp.cli.base import data_dir_option, load_settings


@click.command()
@click.option("--port", type=int, help="The port to listen on. Default: CHANNELDESK_PORT, or 8480.")
@click.option("--host", help="The address to listen on. Default: CHANNELDESK_HOST, or 127.0.0.1.")
@data_dir_option
def up(port: int | None, host: str | None, data_dir: Path | None) -> None:
    """Run the desk: web, workers, scheduler and, without REDIS_URL, an embedded Valkey."""
    from webapp.running.desk import up as run

    run(load_settings(data_dir, port=port, host=host), welcome)


def welcome(app: Flask) -> list[str]:
    """The lines that greet: the address and, as long as there is no user, how to sign in."""
    from webapp.actions.users import make_sign_in_link
    from webapp.domain.errors import RefusedError
    from webapp.extensions import db

    settings = app.config["CHANNELDESK"]
    lines = [f"Channeldesk is ready: {settings.address}"]
    with app.app_context():
        try:
            link = make_sign_in_link(db.session(), settings, datetime.now(UTC))
        except RefusedError:
            return lines
    return [*lines, f"Make the first user here (works once, for 24 hours): {link}"]
