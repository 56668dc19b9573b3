"""Personal data at rest: encrypted with rotating keys, and found again through keyed hashes.

What is encrypted is AES-256-GCM: one byte of version, four that name the key, twelve of nonce, then the text with its
tag. What older releases wrote, Fernet's tokens, is still read.
"""

import base64
import binascii
import hmac
import os
from collections.abc import Callable, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

from webapp.db import compressed_json

_VERSION = b"\x01"
_MARK, _NONCE = 4, 12
_SEALED_FROM = len(_VERSION) + _MARK + _NONCE
# The first letters of every token of Fernet's: its version and the high bytes of the time.
_FERNET = b"gAAAA"
# What the letters of an address stand for in the usual base64.
_STANDARD = bytes.maketrans(b"-_", b"+/")


class DecryptionError(RuntimeError):
    """The vault has no keys yet, or what is stored was not written with any of them."""


class FieldCipher:
    """Encrypts with the newest key, decrypts with any. A column type has no context, so the process has one vault."""

    def __init__(self) -> None:
        self._ciphers: dict[bytes, AESGCM] = {}
        self._head = b""
        self._newest: AESGCM | None = None
        self._fernet: MultiFernet | None = None
        self._parameters: dict[bytes, AESGCM] = {}
        self._hash_key = b""
        self._word_key = b""

    def open(self, keys: tuple[str, ...]) -> None:
        """`keys`: newest first. Hashes use the oldest, so that putting a new key in front loses no search."""
        marks = [_derive(key, b"mark")[:_MARK] for key in keys]
        self._ciphers = {mark: AESGCM(_derive(key, b"aes-256-gcm")) for mark, key in zip(marks, keys, strict=True)}
        self._head, self._newest = _VERSION + marks[0], self._ciphers[marks[0]]
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(key, b"fernet"))) for key in keys])
        self._parameters = {mark: AESGCM(_derive(key, b"url parameter")) for mark, key in zip(marks, keys, strict=True)}
        self._hash_key = _derive(keys[-1], b"hash")
        self._word_key = _derive(keys[-1], b"words")

    def seal(self, plain: bytes) -> bytes:
        """Encrypted, for a column of bytes. Raises VaultError."""
        if self._newest is None:
            raise DecryptionError("The vault is closed: no keys were given to this process.")
        nonce = os.urandom(_NONCE)
        return self._head + nonce + self._newest.encrypt(nonce, plain, self._head)

    def seal_many(self, plains: Sequence[bytes]) -> list[bytes]:
        """As `seal` of each, with a nonce of its own for each. Raises VaultError."""
        if self._newest is None:
            raise DecryptionError("The vault is closed: no keys were given to this process.")
        head, encrypt, drawn = self._head, self._newest.encrypt, os.urandom(_NONCE * len(plains))
        nonces = [drawn[at : at + _NONCE] for at in range(0, len(drawn), _NONCE)]
        return [head + nonce + encrypt(nonce, plain, head) for nonce, plain in zip(nonces, plains, strict=True)]

    def unseal(self, sealed: bytes) -> bytes:
        """What `seal` was given. Raises VaultError for what was changed since, or written with another key."""
        if self._fernet is None:
            raise DecryptionError("The vault is closed: no keys were given to this process.")
        try:
            if sealed.startswith(_FERNET):
                return self._fernet.decrypt(sealed)
            head, nonce = sealed[: len(self._head)], sealed[len(self._head) : _SEALED_FROM]
            return self._ciphers[head.removeprefix(_VERSION)].decrypt(nonce, sealed[_SEALED_FROM:], head)
        except (InvalidTag, InvalidToken, KeyError, ValueError):
            raise DecryptionError(
                "Something stored cannot be decrypted with the keys of this installation. "
                "Put the key it was written with back into the keys file."
            ) from None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether `sealed` was written with the newest key."""
        return bool(self._head) and sealed.startswith(self._head)

    def encrypt(self, plain: bytes) -> bytes:
        """As `seal`, in letters, digits, `-`, `_` and `=`."""
        return base64.urlsafe_b64encode(self.seal(plain))

    def decrypt(self, token: bytes) -> bytes:
        """What `encrypt` was given. Raises VaultError."""
        if token.startswith(_FERNET):
            return self.unseal(token)
        try:
            return self.unseal(binascii.a2b_base64(token.translate(_STANDARD)))
        except binascii.Error:
            return self.unseal(b"")

    def encrypt_parameter(self, text: str, audience: bytes) -> str:
        """Encrypt the value of a URL parameter, under keys that are used for nothing else. Raises VaultError.

        Only `decrypt_parameter` with the same `audience` opens it; what is stored in the database is never opened so.
        """
        if self._newest is None:
            raise DecryptionError("The vault is closed: no keys were given to this process.")
        nonce, newest = os.urandom(_NONCE), self._parameters[self._head.removeprefix(_VERSION)]
        sealed = self._head + nonce + newest.encrypt(nonce, text.encode(), self._head + audience)
        return base64.urlsafe_b64encode(sealed).decode()

    def decrypt_parameter(self, token: str, audience: bytes) -> str:
        """What `encrypt_parameter` was given. Raises VaultError."""
        try:
            sealed = binascii.a2b_base64(token.encode("ascii").translate(_STANDARD))
            head, nonce = sealed[: len(self._head)], sealed[len(self._head) : _SEALED_FROM]
            cipher = self._parameters[head.removeprefix(_VERSION)]
            return cipher.decrypt(nonce, sealed[_SEALED_FROM:], head + audience).decode()
        except (InvalidTag, KeyError, ValueError):
            raise DecryptionError("This parameter was not encrypted by this installation for this audience.") from None

    def hash(self, text: str) -> bytes:
        """16 bytes that are the same for the same text in this installation, and tell nothing without its key."""
        if not self._hash_key:
            raise DecryptionError("The vault is closed: no keys were given to this process.")
        return hmac.digest(self._hash_key, text.encode(), "sha256")[:16]

    def scrambler(self) -> Callable[[bytes], bytes]:
        """What makes of each 16 bytes other 16 that are always the same, and tell nothing without the key.

        For very many small words: a block of AES is a hundredth of the work of `hash`. Not for two threads at once.
        """
        if not self._word_key:
            raise DecryptionError("The vault is closed: no keys were given to this process.")
        # Each block stands for itself, which is what is wanted here and nowhere else.
        return Cipher(AES(self._word_key), ECB()).encryptor().update  # noqa: S305


def _derive(key: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"channeldesk " + purpose).derive(key.encode())


vault = FieldCipher()


def _decrypted(text: str | None) -> str | None:
    return None if text is None else vault.decrypt(text.encode()).decode()


class Encrypted(TypeDecorator[str]):
    """A text that is stored encrypted."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else vault.encrypt(value.encode()).decode()

    def bind_many(self, values: Sequence[str | None], dialect: Dialect) -> list[str | None]:
        """As `process_bind_param` makes of each."""
        sealed = iter(vault.seal_many([value.encode() for value in values if value is not None]))
        encode = base64.urlsafe_b64encode
        return [None if value is None else encode(next(sealed)).decode() for value in values]

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return _decrypted(value)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any] | None:
        # The text comes as it is stored: nothing is to be done before or after, for a hundred names a page.
        return _decrypted


class BlindIndex(LargeBinary):
    """The keyed hash of a personal value (`Vault.hash`), by which equal values are found."""


class EncryptedBytes(TypeDecorator[bytes]):
    """Bytes that are stored encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else vault.seal(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else vault.unseal(bytes(value))


class EncryptedJson(TypeDecorator[Any]):
    """Anything JSON can say, stored packed and encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> bytes | None:
        return None if value is None else vault.seal(compressed_json.dumps(value))

    def bind_many(self, values: Sequence[Any], dialect: Dialect) -> list[bytes | None]:
        """As `process_bind_param` makes of each."""
        sealed = iter(vault.seal_many([compressed_json.dumps(value) for value in values if value is not None]))
        return [None if value is None else next(sealed) for value in values]

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any | None:
        return None if value is None else compressed_json.loads(vault.unseal(bytes(value)))
