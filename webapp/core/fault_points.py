"""Named places where a test may kill the process, so that "killed just here" can be repeated.

`CHANNELDESK_CRASH_AT=point=marker` arms one point. The marker file makes it happen once over all processes:
the process that is restarted passes the same place unharmed.
"""

import os
import signal
from pathlib import Path

_armed: tuple[str, Path] | None = None


def arm(crash_at: str) -> None:
    """Called once a process, with the setting's value; empty disarms."""
    global _armed
    point, _, marker = crash_at.partition("=")
    _armed = (point, Path(marker)) if point and marker else None


def crash(point: str) -> None:
    """Die here as `kill -9` would, if this point is armed and nobody has died of it yet."""
    if _armed is None or _armed[0] != point:
        return
    try:
        _armed[1].touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
