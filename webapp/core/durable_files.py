"""Files and names of files that are on the disk, and not only in the memory of the system."""

import os
from pathlib import Path


def flush(path: Path) -> None:
    """Return when a file, or the names in a folder, would be there after a power cut. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
