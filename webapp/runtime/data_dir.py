"""The data folder of an installation, readable only by its owner."""

import os
from pathlib import Path

from webapp.core import temporary_files
from webapp.core.errors import CannotRunError


def prepare(path: Path) -> None:
    """Create the folder with mode 700 or check an existing one; delete temporary files. Raises CannotRunError."""
    is_new = not path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if is_new:
            # Inside a checkout, `git add .` would add the keys and personal data.
            (path / ".gitignore").write_text(
                "# Keys and personal data: nothing in this folder belongs in a repository.\n*\n"
            )
    except FileExistsError:
        raise CannotRunError(
            f"{path} is a file; the data folder has to be a folder. Name another with --data-dir."
        ) from None
    except OSError as error:
        raise CannotRunError(
            f"The data folder {path} cannot be made ({error.strerror}). Name another with --data-dir."
        ) from None
    if not is_writable(path):
        raise CannotRunError(
            f"The data folder {path} cannot be written to. Give it to this user, or name another with --data-dir."
        )
    temporary_files.sweep(path)


def is_writable(path: Path) -> bool:
    """Return whether a file can be created in the folder. Tried, since permission bits do not apply to root."""
    probe = path / f".probe-{os.getpid()}"
    try:
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError:
        return False
    return os.access(path, os.W_OK)
