"""Temporary files with personal data. They stay inside the data folder, which only its owner can read."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

from flask import Flask, Request

from webapp.core.settings import Settings

_FOLDER = "tmp"
# Smaller uploads stay in memory, as with Werkzeug's own default.
_IN_MEMORY = 500 * 1024


@contextmanager
def temporary_folder(data_dir: Path) -> Iterator[Path]:
    """Create a folder inside the data folder and delete it with its contents afterwards.

    It is locked while it is in use, so that `sweep` in another process leaves it alone.
    """
    root = _get_root(data_dir)
    with _lock(root):
        folder = TemporaryDirectory(dir=root)
        descriptor = os.open(folder.name, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with folder:
            yield Path(folder.name)
    finally:
        os.close(descriptor)


def sweep(data_dir: Path) -> None:
    """Delete the temporary folders that processes left behind when they were killed."""
    root = data_dir / _FOLDER
    if not root.is_dir():
        return
    with _lock(root):
        for folder in root.iterdir():
            descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            else:
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)


def init_app(app: Flask, settings: Settings) -> None:
    """Keep large uploads out of the system's folder for temporary files."""

    base: type[Request] = app.request_class

    class DeskRequest(base):  # type: ignore[misc, valid-type]
        def _get_file_stream(
            self,
            total_content_length: int | None,
            content_type: str | None,
            filename: str | None = None,
            content_length: int | None = None,
        ) -> IO[bytes]:
            if total_content_length is None or total_content_length > _IN_MEMORY:
                return TemporaryFile(dir=_get_root(settings.data_dir))
            stream: IO[bytes] = super()._get_file_stream(total_content_length, content_type, filename, content_length)
            return stream

    app.request_class = DeskRequest


def _get_root(data_dir: Path) -> Path:
    root = data_dir / _FOLDER
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return root


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
