"""Named points at which a test can kill the process.

`CHANNELDESK_CRASH_AT=point=marker` arms one point. The marker file makes it happen once over all
processes: a restarted process passes the same point.
"""

import os
import signal
from pathlib import Path

_armed: tuple[str, Path] | None = None


def arm(crash_at: str) -> None:
    """Arm the point of the setting, once a process; an empty value disarms."""
    global _armed
    point, _, marker = crash_at.partition("=")
    _armed = (point, Path(marker)) if point and marker else None


def crash(point: str) -> None:
    """Kill this process with SIGKILL if the point is armed and has not been used yet."""
    if _armed is None or _armed[0] != point:
        return
    try:
        _armed[1].touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
