"""One holder of a lock file at a time. The kernel lets go for whoever dies, so nothing is ever left locked."""

import fcntl
import os
from pathlib import Path
from typing import Self


class FileLock:
    """`flock` on a file. The descriptor does not outlive `exec`, but forked children share it until they end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def try_take(self, *, shared: bool = False) -> bool:
        """Take it if nobody has it (shared: if nobody has it alone)."""
        return self._flock((fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)

    def take(self, *, shared: bool = False) -> None:
        """Wait for it."""
        self._flock(fcntl.LOCK_SH if shared else fcntl.LOCK_EX)

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def leave(self, note: str) -> None:
        """A line of the holder's for whoever finds it taken."""
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


def desk_lock(data_dir: Path) -> FileLock:
    """Held by `up` for as long as it runs."""
    return FileLock(data_dir / "desk.lock")


def running_at(data_dir: Path) -> str:
    """The address of the desk that runs on a data folder, empty where none does."""
    with desk_lock(data_dir) as lock:
        # What a desk that died left behind is no longer so.
        return "" if lock.try_take(shared=True) else lock.path.read_text()
