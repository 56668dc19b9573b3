"""The file of a backup: a tar archive, compressed with zstd and encrypted with AES-256-GCM in chunks.

The key is derived from a secret key of the installation and a random salt, so a backup can only be opened with the
keys, which are not in it. The nonce of a chunk is its number and whether it is the last: chunks can be neither changed,
reordered nor left out.
"""

import io
import os
import shutil
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webapp.core.errors import CannotRunError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MAGIC = b"CHANNELDESK BACKUP 1\n"
_SALT_SIZE, _TAG_SIZE, _CHUNK_SIZE = 16, 16, 1 << 20


def write(path: Path, key: str, contents: Path) -> None:
    """Write all files of the folder `contents` into a new backup file, mode 600."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with (
            _EncryptingWriter(file, key) as encrypted,
            zstd.ZstdFile(encrypted, "w") as compressed,
            tarfile.open(fileobj=compressed, mode="w|") as tar,
        ):
            for member in sorted(contents.iterdir()):
                tar.add(member, member.name)
        file.flush()
        os.fsync(file.fileno())


def extract(path: Path, keys: Sequence[str], folder: Path) -> None:
    """Decrypt a backup with one of the keys and write its files into `folder`. Raises CannotRunError."""
    try:
        with path.open("rb") as file, io.BufferedReader(_DecryptingReader(file, keys)) as decrypted:
            with zstd.ZstdFile(decrypted, "r") as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
                for member in tar:
                    _extract_member(tar, member, folder)
            # The rest, so that a file cut off after the archive is noticed.
            decrypted.read()
    except (InvalidTag, zstd.ZstdError, tarfile.TarError, EOFError):
        raise CannotRunError(
            f"{path.name} cannot be opened: it is damaged, or was made with other keys. Put the keys of the "
            "installation that made it into the file `keys` of the data folder, or into CHANNELDESK_KEYS."
        ) from None


def _extract_member(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    source = tar.extractfile(member)
    if source is None or Path(member.name).name != member.name:
        raise tarfile.TarError(f"unexpected member {member.name}")
    with source, (folder / member.name).open("wb") as target:
        shutil.copyfileobj(source, target, _CHUNK_SIZE)


def _derive(key: str, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, b"channeldesk backup").derive(key.encode()))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


class _EncryptingWriter(io.RawIOBase):
    """Encrypts what is written to it. Closing it writes the last chunk, and leaves the file open."""

    def __init__(self, file: IO[bytes], key: str) -> None:
        salt = os.urandom(_SALT_SIZE)
        file.write(_MAGIC + salt)
        self._file, self._cipher, self._buffer, self._number = file, _derive(key, salt), bytearray(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._buffer += data
        while len(self._buffer) > _CHUNK_SIZE:
            self._write_chunk(bytes(self._buffer[:_CHUNK_SIZE]), is_last=False)
            del self._buffer[:_CHUNK_SIZE]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._write_chunk(bytes(self._buffer), is_last=True)
        super().close()

    def _write_chunk(self, plain: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last=is_last), plain, None))
        self._number += 1


class _DecryptingReader(io.RawIOBase):
    """Decrypts a backup file with the key that fits. Raises InvalidTag and EOFError for a changed file."""

    def __init__(self, file: IO[bytes], keys: Sequence[str]) -> None:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise EOFError("not a backup")
        salt = file.read(_SALT_SIZE)
        self._file, self._number, self._plain = file, 0, b""
        self._ciphers = [_derive(key, salt) for key in keys]
        self._next = self._read_encrypted()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._plain and (self._next or not self._number):
            self._plain = self._read_chunk()
        count = min(len(buffer), len(self._plain))
        buffer[:count], self._plain = self._plain[:count], self._plain[count:]
        return count

    def _read_encrypted(self) -> bytes:
        return self._file.read(_CHUNK_SIZE + _TAG_SIZE)

    def _read_chunk(self) -> bytes:
        encrypted, self._next = self._next, self._read_encrypted()
        nonce = _nonce(self._number, is_last=not self._next)
        self._number += 1
        for cipher in self._ciphers:
            try:
                plain = cipher.decrypt(nonce, encrypted, None)
            except InvalidTag:
                continue
            self._ciphers = [cipher]
            return plain
        raise InvalidTag
