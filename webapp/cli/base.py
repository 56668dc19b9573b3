"""Common parts of commands: settings, the application, Redis, output, and errors in one line."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from webapp.core.errors import CannotRunError
from webapp.core.settings import SettingError, Settings
from webapp.db.encryption import DecryptionError
from webapp.domain.amazon.errors import AmazonError
from webapp.domain.errors import AppError, InvalidError


class _DataFolder(click.Path):
    """A folder. An empty name, for example of an unset variable, is an error instead of the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value).strip():
            self.fail("it is empty; name a folder, or leave the option away.", param, ctx)
        return super().convert(value, param, ctx)


data_dir_option = click.option(
    "--data-dir",
    type=_DataFolder(path_type=Path),
    help="The data folder. Default: CHANNELDESK_DATA_DIR, or the platform's folder for application data.",
)
# An id or a number of rows, up to what a database column can hold.
number_type = click.IntRange(1, 2**31 - 1)
# Messages that a page shows next to their field; on the command line they begin with its name.
_FIELD_MESSAGES = {
    *("amount_decimals", "amount_malformed", "amount_negative", "text_too_long", "time_unreadable"),
    *("product_text_unprintable", "too_many_lines"),
}
_OF_A_FILE = {"sheet_empty", "sheet_no_orders", "sheet_no_tracking", "sheet_too_long"}
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Print errors in one line on stderr and exit with code 1. Unexpected errors keep their traceback."""
    try:
        yield
    except (SettingError, CannotRunError) as error:
        _fail(str(error))
    except AmazonError as error:
        _fail(error.message + (f" (Amazon's request {error.request_id})" if error.request_id else ""))
    except AppError as error:
        from webapp.messages import text_for

        _fail(_build_prefix(error) + text_for(error.code, error.arguments))
    except RedisError as error:
        _fail(f"Redis stopped answering ({type(error).__name__}). Try again; if the desk is running, look at its log.")
    except DecryptionError as error:
        _fail(str(error))
    except DBAPIError as error:
        from webapp.core.database_problems import ADVICE
        from webapp.db.database_errors import find_cause, format_reason

        cause = find_cause(error)
        advice = ADVICE[cause] if cause is not None else "The database stopped answering."
        _fail(f"{advice} ({format_reason(error)})")
    except OSError as error:
        if error.strerror is None:
            raise
        _fail(f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}.")


def _build_prefix(error: AppError) -> str:
    """Return the field or file that a message is about, if the message does not name it."""
    if isinstance(error, InvalidError) and error.code in _FIELD_MESSAGES:
        return f"{error.field}: "
    if error.code in _OF_A_FILE and error.arguments.get("name"):
        return f"{error.arguments['name']}: "
    return ""


def _fail(line: str) -> None:
    click.echo(f"channeldesk: {' '.join(line.split())}", err=True)
    sys.exit(1)


class NumberOfOrder(click.ParamType):
    """The number of an order, without surrounding spaces."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        number = str(value).strip()
        if not number:
            self.fail("it is empty; write the number of an order.", param, ctx)
        return number


number_argument = click.argument("number", type=NumberOfOrder())


def load_settings(data_dir: Path | None, **overrides: Any) -> Settings:
    """Load the settings of a command. Raises SettingError."""
    return Settings.load(data_dir=data_dir, **overrides)


@contextmanager
def open_app(data_dir: Path | None) -> Iterator[Flask]:
    """Yield the application in its context, with a database at the newest revision and a Redis that answers.

    Works while Channeldesk runs and without it. Raises CannotRunError and SettingError.
    """
    from webapp import create_app
    from webapp.runtime import (
        data_dir as runtime_data_dir,
    )
    from webapp.runtime import (
        embedded_valkey,
        log_config,
        migrate,
    )

    os.umask(0o077)
    settings = load_settings(data_dir)
    log_config.configure("DEBUG" if settings.log_level == "DEBUG" else "WARNING")
    runtime_data_dir.prepare(settings.data_dir)
    with embedded_valkey.open_settings(settings) as usable:
        app = create_app(usable)
        migrate.upgrade(app)
        migrate.check_age(app)
        with app.app_context():
            yield app


def show(data: Any, as_json: bool, lines: Callable[[Any], Iterator[str]]) -> None:
    """Print `data` as JSON or as text."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
        return
    for line in lines(data):
        click.echo(line)


def format_instant(at: datetime | None) -> str | None:
    """Format as ISO 8601 in UTC with Z, like Amazon."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class Group(click.Group):
    """A group that wraps the short help of its commands, which Click would truncate."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the name and the first sentence of each command."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(limit=1000)) for name, command in commands if command is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
