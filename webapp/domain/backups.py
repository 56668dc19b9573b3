"""Names of backups, and which of them are kept."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

SUFFIX = ".backup"
# A backup that is later than now by more than this was made while the clock was ahead.
MAX_AHEAD = timedelta(days=1)
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


def list_backups(names: Iterable[str], now: datetime) -> list[str]:
    """Return the names of backups, the newest first, without those from the future."""
    return sorted((name for name in names if parse_name(name) and not _is_from_future(name, now)), reverse=True)


def list_from_future(names: Iterable[str], now: datetime) -> list[str]:
    """Return the names of backups made while the clock was ahead, thus of an unknown time."""
    return sorted((name for name in names if _is_from_future(name, now)), reverse=True)


def list_expired(names: Iterable[str], days: int, weeks: int, now: datetime) -> list[str]:
    """Return the backups to delete: kept is the newest of each of the last `days` and `weeks` that have one.

    Days and weeks without a backup do not count, so nothing is deleted because none was made for a while. Backups from
    the future neither count nor expire.
    """
    backups = list_backups(names, now)
    newest_of_day: dict[object, str] = {}
    newest_of_week: dict[object, str] = {}
    for name in backups:
        at = parse_name(name)
        if at is not None:
            newest_of_day.setdefault(at.date(), name)
            newest_of_week.setdefault(at.isocalendar()[:2], name)
    names_to_keep = {*list(newest_of_day.values())[:days], *list(newest_of_week.values())[:weeks], *backups[:1]}
    return [name for name in backups if name not in names_to_keep]


def _is_from_future(name: str, now: datetime) -> bool:
    at = parse_name(name)
    return at is not None and at > now + MAX_AHEAD
