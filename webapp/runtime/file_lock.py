"""Lock files with one holder at a time. The kernel releases the lock of a process that ends."""

import fcntl
import os
from pathlib import Path
from typing import Self


class FileLock:
    """`flock` on a file. The descriptor is closed on `exec`, but forked children share it until they end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def try_acquire(self, *, shared: bool = False) -> bool:
        """Acquire the lock if it is free (shared: if nobody holds it exclusively); return whether it was acquired."""
        return self._flock((fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)

    def acquire(self, *, shared: bool = False) -> None:
        """Wait for the lock and acquire it."""
        self._flock(fcntl.LOCK_SH if shared else fcntl.LOCK_EX)

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def write_note(self, note: str) -> None:
        """Write a line into the file, for processes that cannot acquire the lock."""
        self.path.write_text(note)

    def _flock(self, how: int) -> bool:
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, how)
        except BlockingIOError:
            self.release()
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def create_run_lock(data_dir: Path) -> FileLock:
    """Return the lock that `up` holds while it runs."""
    return FileLock(data_dir / "desk.lock")


def find_running_address(data_dir: Path) -> str:
    """Return the address of the process that runs on a data folder, or an empty string."""
    with create_run_lock(data_dir) as lock:
        # The lock is free, so the address is of a process that has ended.
        return "" if lock.try_acquire(shared=True) else lock.path.read_text()
