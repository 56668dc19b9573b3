"""`channeldesk simulate`: the built-in imitation of Amazon."""

import os
import sys

import click


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False)
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def simulate(options: tuple[str, ...]) -> None:
    """Run the Amazon simulator alone (--help shows its options)."""
    os.execv(sys.executable, [sys.executable, "-m", "simulator", *options])  # noqa: S606 - our own program, no shell
