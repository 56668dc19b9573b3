"""`channeldesk up|web|worker|scheduler|simulate`: run the processes of Channeldesk."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Flask

from webapp.cli.base import data_dir_option, load_settings
from webapp.core.queue import QUEUES


@click.command()
@data_dir_option
def scheduler(data_dir: Path | None) -> None:
    """Run only the scheduler, under your own supervisor."""
    from webapp.runtime.single_process import scheduler as run

    run(load_settings(data_dir))


@click.command()
@data_dir_option
def monitor(data_dir: Path | None) -> None:
    """Run only the monitor, which delivers alarms, under your own supervisor."""
    from webapp.runtime.single_process import monitor as run

    run(load_settings(data_dir))


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def simulate(options: tuple[str, ...]) -> None:
    """Run only the Amazon simulator (--help shows its options)."""
    os.execv(sys.executable, [sys.executable, "-m", "simulator", *options])  # noqa: S606 - our own program, no shell


@click.command()
@click.option("--port", type=int, help="The port to listen on. Default: CHANNELDESK_PORT, or 8480.")
@click.option("--host", help="The address to listen on. Default: CHANNELDESK_HOST, or 127.0.0.1.")
@data_dir_option
def up(port: int | None, host: str | None, data_dir: Path | None) -> None:
    """Run Channeldesk: web server, workers, scheduler and, without REDIS_URL, an embedded Valkey."""
    from webapp.runtime.up import up as run

    run(load_settings(data_dir, port=port, host=host), welcome)


def welcome(app: Flask) -> list[str]:
    """Return the lines to print after the start: the address and, if there is no user, a sign-in link."""
    from webapp.core.extensions import db
    from webapp.domain.errors import RefusedError
    from webapp.services.users.users import make_sign_in_link

    settings = app.config["CHANNELDESK"]
    lines = [f"Channeldesk is ready: {settings.address}"]
    with app.app_context():
        try:
            link = make_sign_in_link(db.session(), settings, datetime.now(UTC))
        except RefusedError:
            return lines
    return [*lines, f"Make the first user here (works once, for 24 hours): {link}"]


@click.command()
@click.option("--port", type=int, help="The port to listen on. Default: CHANNELDESK_PORT, or 8480.")
@click.option("--host", help="The address to listen on. Default: CHANNELDESK_HOST, or 127.0.0.1.")
@data_dir_option
def web(port: int | None, host: str | None, data_dir: Path | None) -> None:
    """Run only the web server, under your own supervisor."""
    from webapp.runtime.single_process import web as run

    run(load_settings(data_dir, port=port, host=host))


@click.command()
@click.argument("queue", type=click.Choice(QUEUES))
@data_dir_option
def worker(queue: str, data_dir: Path | None) -> None:
    """Run only the worker of one queue, under your own supervisor."""
    from webapp.runtime.single_process import worker as run

    run(load_settings(data_dir), queue)
