"""Where backups are kept: a folder, or a bucket of an S3-compatible store."""

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from webapp.core import durable_files
from webapp.core.errors import CannotRunError
from webapp.core.settings import Settings

_BLOCK = 1 << 20


class Store(Protocol):
    """A place with files. Every method raises CannotRunError if the place cannot be used."""

    def list_names(self) -> list[str]: ...

    def put(self, path: Path) -> str:
        """Store a file under its own name, read it back and compare it; return where it is."""
        ...

    def fetch(self, name: str, target: Path) -> None: ...

    def delete(self, name: str) -> None: ...


def open_store(settings: Settings, target: str = "") -> Store:
    """Open the store of `target`, or else of the settings. Raises CannotRunError."""
    target = target or settings.backup_to or str(settings.data_dir / "backups")
    if target.startswith("s3://"):
        return S3Store(settings, target)
    return FolderStore(Path(target).expanduser().absolute())


class FolderStore:
    """A folder. It is created with mode 700 if it does not exist."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list_names(self) -> list[str]:
        with self._errors():
            return [path.name for path in self._folder.iterdir()] if self._folder.exists() else []

    def put(self, path: Path) -> str:
        target = self._folder / path.name
        draft = target.with_suffix(".partial")
        with self._errors():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                shutil.copyfile(path, draft)
                draft.chmod(0o600)
                durable_files.flush(draft)
                if _digest(draft) != _digest(path):
                    raise CannotRunError(f"No backup was made: what was written to {self._folder} reads differently.")
                draft.replace(target)
                durable_files.flush(self._folder)
            finally:
                draft.unlink(missing_ok=True)
        return str(target)

    def fetch(self, name: str, target: Path) -> None:
        with self._errors():
            shutil.copyfile(self._folder / name, target)

    def delete(self, name: str) -> None:
        with self._errors():
            (self._folder / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CannotRunError(f"The folder {self._folder} cannot be used for backups ({error.strerror}).") from None


class S3Store:
    """A prefix in a bucket, through the client of MinIO, which any S3-compatible store accepts."""

    def __init__(self, settings: Settings, target: str) -> None:
        try:
            from minio import Minio
        except ImportError:
            raise CannotRunError(
                "Backups in an S3 store need the package minio: pip install 'channeldesk[s3]'."
            ) from None
        parts, endpoint = urlsplit(target), urlsplit(settings.s3_endpoint)
        if not parts.netloc or not endpoint.netloc or not settings.s3_access_key or not settings.s3_secret_key:
            raise CannotRunError(
                f"{target} cannot be used: write s3://bucket/prefix, and set CHANNELDESK_S3_ENDPOINT (https://…), "
                "CHANNELDESK_S3_ACCESS_KEY and CHANNELDESK_S3_SECRET_KEY."
            )
        self._bucket, prefix = parts.netloc, parts.path.strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._client: Any = Minio(
            endpoint.netloc,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key,
            secure=endpoint.scheme != "http",
            region=settings.s3_region or None,
        )

    def list_names(self) -> list[str]:
        with self._errors():
            objects = self._client.list_objects(self._bucket, prefix=self._prefix)
            return [entry.object_name.removeprefix(self._prefix) for entry in objects]

    def put(self, path: Path) -> str:
        key = self._prefix + path.name
        with self._errors():
            self._client.fput_object(self._bucket, key, str(path))
            digest = hashlib.sha256()
            response = self._client.get_object(self._bucket, key)
            try:
                for block in response.stream(_BLOCK):
                    digest.update(block)
            finally:
                response.close()
                response.release_conn()
            if digest.digest() != _digest(path):
                raise CannotRunError("No backup was made: what the store returns is not what was sent to it.")
        return f"s3://{self._bucket}/{key}"

    def fetch(self, name: str, target: Path) -> None:
        with self._errors():
            self._client.fget_object(self._bucket, self._prefix + name, str(target))

    def delete(self, name: str) -> None:
        with self._errors():
            self._client.remove_object(self._bucket, self._prefix + name)

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        from minio.error import MinioException
        from urllib3.exceptions import HTTPError

        try:
            yield
        except (MinioException, HTTPError, ValueError) as error:
            raise CannotRunError(f"The store s3://{self._bucket} cannot be used ({error}).") from None


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
