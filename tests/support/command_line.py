"""Run `channeldesk` commands inside the test's process."""

import json
from typing import Any, NamedTuple

from click.testing import CliRunner

from webapp.cli import channeldesk
from webapp.cli.base import one_line_errors


class CommandResult(NamedTuple):
    """The output of a command and its exit code."""

    code: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class CommandError(Exception):
    """The exit code and the error line of a command that failed."""


class _Group(type(channeldesk)):  # type: ignore[misc]
    def invoke(self, context: object) -> object:
        with one_line_errors():
            return super().invoke(context)


def run_command(*words: str, stdin: str | bytes = "") -> CommandResult:
    """Run a command. Raises what the command does not handle."""
    result = CliRunner().invoke(_Group(name="channeldesk"), words, input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return CommandResult(result.exit_code, result.stdout, result.stderr.strip())


def run_successful_command(*words: str, stdin: str | bytes = "") -> str:
    """Run a command and return what it printed. Raises CommandError."""
    result = run_command(*words, stdin=stdin)
    if result.code:
        raise CommandError(result.code, result.error)
    return result.out
