"""Names of backups, and which of them are kept."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

SUFFIX = ".backup"
_NAME = re.compile(r"channeldesk-(\d{8}T\d{6})Z\.backup", re.ASCII)


def build_name(at: datetime) -> str:
    """Return the name of a backup made at this time."""
    return f"channeldesk-{at.astimezone(UTC):%Y%m%dT%H%M%S}Z{SUFFIX}"


def parse_name(name: str) -> datetime | None:
    """Return when the backup of this name was made, or None for another file."""
    match = _NAME.fullmatch(name)
    try:
        return datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


def list_backups(names: Iterable[str]) -> list[str]:
    """Return the names of backups, the newest first."""
    return sorted((name for name in names if parse_name(name)), reverse=True)


def list_expired(names: Iterable[str], days: int, weeks: int) -> list[str]:
    """Return the backups to delete: kept is the newest of each of the last `days` and `weeks` that have one.

    Days and weeks without a backup do not count, so nothing is deleted because none was made for a while.
    """
    backups = list_backups(names)
    newest_of_day: dict[object, str] = {}
    newest_of_week: dict[object, str] = {}
    for name in backups:
        at = parse_name(name)
        if at is not None:
            newest_of_day.setdefault(at.date(), name)
            newest_of_week.setdefault(at.isocalendar()[:2], name)
    names_to_keep = {*list(newest_of_day.values())[:days], *list(newest_of_week.values())[:weeks], *backups[:1]}
    return [name for name in backups if name not in names_to_keep]
