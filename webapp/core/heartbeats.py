"""Heartbeats of processes in memory they share: no file, no Redis and no database, all of which may be what fails.

The supervisor creates the table before it forks. Each child writes the monotonic clock, which all processes of a
machine share, into its own slot; the supervisor and every child can read all slots.
"""

import mmap
import struct
import threading
import time
from typing import NamedTuple

_SLOTS = 32
# Name, last heartbeat, last replacement (both by the monotonic clock, 0 for never) and number of replacements.
_SLOT = struct.Struct("<32sddI")
_BEAT_OFFSET = 32


class Heartbeat(NamedTuple):
    """`age`: seconds since the last heartbeat. `replaced_ago`: seconds since it was killed for missing it, or None."""

    name: str
    age: float
    replaced_ago: float | None
    replacements: int


class HeartbeatTable:
    """Slots in anonymous shared memory, inherited by forked processes."""

    def __init__(self, slots: int = _SLOTS) -> None:
        self._memory = mmap.mmap(-1, slots * _SLOT.size)
        self._slots = slots

    def add(self, name: str) -> int:
        """Reserve a slot; return its number."""
        for number in range(self._slots):
            if not self._read(number)[0].strip(b"\0"):
                now = time.monotonic()
                _SLOT.pack_into(self._memory, number * _SLOT.size, name.encode()[:32], now, 0.0, 0)
                return number
        raise ValueError(f"There are no more than {self._slots} slots.")

    def beat(self, number: int) -> None:
        """Record that the process of the slot is at work now."""
        struct.pack_into("<d", self._memory, number * _SLOT.size + _BEAT_OFFSET, time.monotonic())

    def age(self, number: int) -> float:
        """Return the seconds since the last heartbeat of a slot."""
        beat: float = self._read(number)[1]
        return time.monotonic() - beat

    def mark_replaced(self, number: int) -> None:
        """Record that the process was killed because it missed its heartbeat."""
        name, beat, _, replacements = self._read(number)
        _SLOT.pack_into(self._memory, number * _SLOT.size, name, beat, time.monotonic(), replacements + 1)

    def list_all(self) -> list[Heartbeat]:
        """List the slots in use."""
        now, heartbeats = time.monotonic(), []
        for number in range(self._slots):
            name, beat, replaced, replacements = self._read(number)
            if text := name.strip(b"\0").decode():
                heartbeats.append(Heartbeat(text, now - beat, now - replaced if replaced else None, replacements))
        return heartbeats

    def _read(self, number: int) -> tuple[bytes, float, float, int]:
        name, beat, replaced, replacements = _SLOT.unpack_from(self._memory, number * _SLOT.size)
        return name, beat, replaced, replacements


# The table this process inherited from its supervisor, and its own slot in it. Neither in a process without supervisor.
_table: HeartbeatTable | None = None
_own: int | None = None


def bind(table: HeartbeatTable, number: int | None) -> None:
    """Make `beat` of this process write into the slot; None where the process has no slot."""
    global _table, _own
    _table, _own = table, number
    beat()


def beat() -> None:
    """Record that this process is at work now. Does nothing in a process without a supervisor."""
    if _table is not None and _own is not None:
        _table.beat(_own)


def list_all() -> list[Heartbeat]:
    """List the processes of the supervisor this process runs under; empty without one."""
    return _table.list_all() if _table is not None else []


def start_background(interval: float = 1.0) -> None:
    """Start a thread that beats for this process, if it runs under a supervisor."""
    if _table is not None and _own is not None:
        beat_in_background(_table, _own, interval)


def beat_in_background(table: HeartbeatTable, number: int, interval: float) -> None:
    """Start a thread that beats until the process ends. It stops only when the process is stopped or hangs as a whole.

    For processes that wait for long calls, which have a time limit of their own.
    """

    def run() -> None:
        while True:
            table.beat(number)
            time.sleep(interval)

    threading.Thread(target=run, daemon=True, name="heartbeat").start()
