"""`channeldesk doctor`: check the machine and the installation."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from webapp.cli.base import data_dir_option, json_option, load_settings, show


@click.command()
@click.option("--port", type=int, help="The port to check. Default: CHANNELDESK_PORT, or 8480.")
@data_dir_option
@json_option
def doctor(port: int | None, data_dir: Path | None, as_json: bool) -> None:
    """Check this machine and this installation; exit code 1 when something fails."""
    from webapp.runtime.doctor import FAIL, examine

    findings = [asdict(finding) for finding in examine(load_settings(data_dir, port=port))]
    show(findings, as_json, _format_findings)
    if any(finding["level"] == FAIL for finding in findings):
        sys.exit(1)


def _format_findings(findings: list[dict[str, Any]]) -> Iterator[str]:
    for finding in findings:
        yield f"{finding['level']:<4}  {finding['check']}: {finding['message']}"
