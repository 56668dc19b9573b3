"""`channeldesk status`: the health checks of this installation."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import data_dir_option, json_option, load_settings, show
from webapp.domain.health import FAIL, UNKNOWN


@click.command()
@data_dir_option
@json_option
def status(data_dir: Path | None, as_json: bool) -> None:
    """Print the health checks of a running installation; exit code 1 when one fails."""
    from webapp import create_app
    from webapp.core.errors import CannotRunError
    from webapp.core.key_check import has_encrypted_data
    from webapp.health import checks
    from webapp.messages import text_for

    settings = load_settings(data_dir)
    # An application for an empty folder would create keys in it.
    if not has_encrypted_data(settings):
        raise CannotRunError(f"There is no installation in {settings.data_dir}. Name its folder with --data-dir.")
    app = create_app(settings)
    with app.app_context():
        results = [
            {
                "check": check.name,
                "subject": check.subject,
                "level": check.level,
                "text": text_for(check.cause, dict(check.arguments)) if check.cause else "",
            }
            for check in checks.run_all(app, datetime.now(UTC))
        ]
    show(results, as_json, _lines)
    if any(result["level"] == FAIL for result in results):
        sys.exit(1)


def _lines(results: list[dict[str, Any]]) -> Iterator[str]:
    for result in results:
        text = result["text"] or ("not known while another check fails" if result["level"] == UNKNOWN else "")
        yield f"{result['level']:<7}  {result['check']}{': ' if text else ''}{text}"
