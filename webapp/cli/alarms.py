"""`channeldesk alarms`: where alarms are sent, which are open, and a test."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import Group, data_dir_option, format_instant, json_option, load_settings, open_app, show
from webapp.cli.secret_files import read_secret


@click.group(cls=Group)
def alarms() -> None:
    """Set where alarms are sent, list open ones, and send a test."""


@alarms.command("list")
@data_dir_option
@json_option
def list_alarms(data_dir: Path | None, as_json: bool) -> None:
    """List open alarms and the last deliveries."""
    from webapp.health.monitor import read_state

    state = read_state(load_settings(data_dir).data_dir)
    rows = [
        {
            "event": "open",
            "at": _instant(alarm.opened_at),
            "channel": "",
            "error": "",
            "texts": [problem.text for problem in alarm.problems],
        }
        for alarm in state.open
    ]
    rows += [entry | {"at": _instant(entry["at"])} for entry in state.log]
    show(rows, as_json, _lines)


@alarms.command("set")
@click.option("--mail", "recipients", multiple=True, help="An address to write to; repeatable.")
@click.option("--webhook-url", help="Gets each alarm as JSON.")
@click.option("--webhook-secret-file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--ping-url", help="Requested once a minute while no check fails.")
@click.option("--quiet", help="Hours in which messages wait: 22:00-07:00.")
@click.option("--quiet-holds-failures", is_flag=True, help="Hold back failures as well, not only warnings.")
@click.option("--time-zone", help="Of the quiet hours: Europe/Berlin. Default: UTC.")
@data_dir_option
@json_option
def set_alarms(
    recipients: tuple[str, ...],
    webhook_url: str | None,
    webhook_secret_file: Path | None,
    ping_url: str | None,
    quiet: str | None,
    quiet_holds_failures: bool,
    time_zone: str | None,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Replace the settings of alarms. What is not named is switched off."""
    from webapp.core.extensions import db
    from webapp.services import alarm_settings

    begin, _, end = (quiet or "").partition("-")
    fields = {
        "recipients": ",".join(recipients),
        "webhook_url": webhook_url or "",
        "webhook_secret": read_secret(webhook_secret_file) if webhook_secret_file is not None else "",
        "ping_url": ping_url or "",
        "quiet_from": begin,
        "quiet_until": end,
        "quiet_holds_failures": "yes" if quiet_holds_failures else "",
        "time_zone": time_zone or "",
    }
    with open_app(data_dir):
        row = alarm_settings.save(db.session(), fields, now=datetime.now(UTC), actor="cli")
        data = {
            "recipients": (row.recipients or "").split(),
            "webhook_url": row.webhook_url,
            "webhook_secret": row.webhook_secret,
            "ping_url": row.ping_url,
            "quiet": f"{row.quiet_from}-{row.quiet_until}" if row.quiet_from else "",
            "quiet_holds_failures": row.quiet_holds_failures,
            "time_zone": row.time_zone,
        }
    show(data, as_json, lambda values: (f"{name}: {value}" for name, value in values.items()))


@alarms.command()
@data_dir_option
@json_option
def test(data_dir: Path | None, as_json: bool) -> None:
    """Send a test message on every channel; exit code 1 when one fails."""
    from webapp.core.extensions import db, settings
    from webapp.domain.errors import RefusedError
    from webapp.health import channels

    with open_app(data_dir):
        loaded = channels.load(db.session(), settings().address)
        db.session.rollback()
        results = channels.send_test(loaded, datetime.now(UTC))
    if not results:
        raise RefusedError("alarm_nowhere")
    show([{"channel": name, "error": error} for name, error in results], as_json, _results)
    if any(error for _name, error in results):
        sys.exit(1)


def _instant(timestamp: float) -> str | None:
    return format_instant(datetime.fromtimestamp(timestamp, UTC))


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        end = f" ({row['channel']}{': ' + row['error'] if row['error'] else ''})" if row["channel"] else ""
        yield f"{row['at']}  {row['event']:<9}  {' '.join(row['texts'])}{end}"


def _results(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield f"{row['channel']}: {row['error'] or 'delivered'}"
