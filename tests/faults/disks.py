"""A disk whose power can be cut: an ext4 file system in an image file.

`EXT4_IOC_SHUTDOWN` stops the file system at once, without writing anything that is still in memory. Mounted again, the
image holds what a disk would hold after a power cut: what `fsync` has written, and what the kernel happened to write.
"""

import fcntl
import os
import struct
import subprocess
import sys
from pathlib import Path

from tests.support.running_app import wait_until

# _IOR('X', 125, __u32), and the flag not to write the journal first.
_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = 2


class DisksUnavailable(Exception):
    """Why no such disk can be made here."""


class Disk:
    """Mounted at `path` from `__enter__` to `__exit__`. Raises DisksUnavailable."""

    def __init__(self, folder: Path, megabytes: int = 128) -> None:
        self.image, self.path = folder / "disk.img", folder / "disk"
        self._megabytes = megabytes

    def __enter__(self) -> "Disk":
        if sys.platform != "linux" or os.geteuid() != 0:
            raise DisksUnavailable("mounting an image takes root on Linux")
        self.path.mkdir()
        with self.image.open("wb") as image:
            image.truncate(self._megabytes * 2**20)
        _run("mkfs.ext4", "-q", "-F", str(self.image))
        self.mount()
        return self

    def __exit__(self, *_: object) -> None:
        if self.path.is_mount():
            # Lazily, where a process still has a file open: a test that fails must leave nothing mounted.
            subprocess.run(["umount", "--lazy", str(self.path)], check=False, capture_output=True)

    def cut(self) -> None:
        """Cut the power of the disk: from now on every write to it fails. `restore` brings back what it holds."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(descriptor)

    def mount(self) -> None:
        _run("mount", "-o", "loop", str(self.image), str(self.path))

    def restore(self) -> None:
        """After `cut`, when the processes that had files of it open have ended: mount what is on the disk."""
        wait_until(lambda: not subprocess.run(["umount", str(self.path)], check=False, capture_output=True).returncode)
        self.mount()


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        raise DisksUnavailable(f"there is no {command[0]}") from None
    except subprocess.CalledProcessError as error:
        raise DisksUnavailable(f"{command[0]} failed: {error.stderr.strip()}") from None
