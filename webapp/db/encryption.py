"""Encryption of personal data at rest with rotating keys, and keyed hashes (blind indexes) to find it.

AES-256-GCM: a byte of version, four that identify the key, twelve of nonce, then the ciphertext with its tag.
"""

import base64
import binascii
import hmac
import os
from collections.abc import Callable, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
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
_KEY_ID_SIZE, _NONCE_SIZE = 4, 12
_CIPHERTEXT_START = len(_VERSION) + _KEY_ID_SIZE + _NONCE_SIZE
# From the URL-safe alphabet of base64 to the standard one.
_STANDARD = bytes.maketrans(b"-_", b"+/")


class DecryptionError(RuntimeError):
    """No keys were loaded, or a stored value was not encrypted with any of them."""


class FieldCipher:
    """Encrypts with the newest key and decrypts with any. Column types have no context, so a process has one cipher."""

    def __init__(self) -> None:
        self._ciphers: dict[bytes, AESGCM] = {}
        self._header = b""
        self._newest: AESGCM | None = None
        self._parameters: dict[bytes, AESGCM] = {}
        self._hash_key = b""
        self._word_key = b""

    def set_keys(self, keys: tuple[str, ...]) -> None:
        """Load the keys, newest first. Hashes use the oldest, so that adding a key does not break searches."""
        ids = [_derive(key, b"mark")[:_KEY_ID_SIZE] for key in keys]
        self._ciphers = {id_: AESGCM(_derive(key, b"aes-256-gcm")) for id_, key in zip(ids, keys, strict=True)}
        self._header, self._newest = _VERSION + ids[0], self._ciphers[ids[0]]
        self._parameters = {id_: AESGCM(_derive(key, b"url parameter")) for id_, key in zip(ids, keys, strict=True)}
        self._hash_key = _derive(keys[-1], b"hash")
        self._word_key = _derive(keys[-1], b"words")

    def encrypt_bytes(self, plain: bytes) -> bytes:
        """Encrypt for a binary column. Raises DecryptionError without keys."""
        return self.encrypt_many([plain])[0]

    def encrypt_many(self, plains: Sequence[bytes]) -> list[bytes]:
        """Encrypt each value with its own nonce. Raises DecryptionError without keys."""
        if self._newest is None:
            raise _build_no_keys_error()
        header, encrypt, random = self._header, self._newest.encrypt, os.urandom(_NONCE_SIZE * len(plains))
        nonces = [random[at : at + _NONCE_SIZE] for at in range(0, len(random), _NONCE_SIZE)]
        return [header + nonce + encrypt(nonce, plain, header) for nonce, plain in zip(nonces, plains, strict=True)]

    def decrypt_bytes(self, encrypted: bytes) -> bytes:
        """Decrypt a value. Raises DecryptionError for a modified value or an unknown key."""
        if self._newest is None:
            raise _build_no_keys_error()
        header, nonce = encrypted[: len(self._header)], encrypted[len(self._header) : _CIPHERTEXT_START]
        try:
            cipher = self._ciphers[header.removeprefix(_VERSION)]
            return cipher.decrypt(nonce, encrypted[_CIPHERTEXT_START:], header)
        except (InvalidTag, KeyError, ValueError):
            raise DecryptionError(
                "Something stored cannot be decrypted with the keys of this installation. "
                "Put the key it was written with back into the keys file."
            ) from None

    def uses_newest_key(self, encrypted: bytes) -> bool:
        """Return whether the value was encrypted with the newest key."""
        return bool(self._header) and encrypted.startswith(self._header)

    def encrypt(self, plain: bytes) -> bytes:
        """Encrypt to URL-safe base64, for a text column. Raises DecryptionError without keys."""
        return base64.urlsafe_b64encode(self.encrypt_bytes(plain))

    def decrypt(self, token: bytes) -> bytes:
        """Decrypt a value of `encrypt`. Raises DecryptionError."""
        try:
            return self.decrypt_bytes(binascii.a2b_base64(token.translate(_STANDARD)))
        except binascii.Error:
            return self.decrypt_bytes(b"")

    def encrypt_parameter(self, text: str, audience: bytes) -> str:
        """Encrypt the value of a URL parameter, with keys that are used for nothing else.

        Only `decrypt_parameter` with the same `audience` can decrypt it. Raises DecryptionError without keys.
        """
        if self._newest is None:
            raise _build_no_keys_error()
        nonce, newest = os.urandom(_NONCE_SIZE), self._parameters[self._header.removeprefix(_VERSION)]
        encrypted = self._header + nonce + newest.encrypt(nonce, text.encode(), self._header + audience)
        return base64.urlsafe_b64encode(encrypted).decode()

    def decrypt_parameter(self, token: str, audience: bytes) -> str:
        """Decrypt a value of `encrypt_parameter`. Raises DecryptionError."""
        try:
            encrypted = binascii.a2b_base64(token.encode("ascii").translate(_STANDARD))
            header, nonce = encrypted[: len(self._header)], encrypted[len(self._header) : _CIPHERTEXT_START]
            cipher = self._parameters[header.removeprefix(_VERSION)]
            return cipher.decrypt(nonce, encrypted[_CIPHERTEXT_START:], header + audience).decode()
        except (InvalidTag, KeyError, ValueError):
            raise DecryptionError("This parameter was not encrypted by this installation for this audience.") from None

    def hash(self, text: str) -> bytes:
        """Return a keyed hash of 16 bytes, the same for equal texts in this installation."""
        if not self._hash_key:
            raise _build_no_keys_error()
        return hmac.digest(self._hash_key, text.encode(), "sha256")[:16]

    def block_hasher(self) -> Callable[[bytes], bytes]:
        """Return a keyed, deterministic function that maps 16 bytes to 16 bytes.

        For many short words: encrypting one AES block takes a hundredth of the time of `hash`. Not thread-safe.
        """
        if not self._word_key:
            raise _build_no_keys_error()
        # ECB is wanted here: equal blocks must give equal hashes.
        return Cipher(AES(self._word_key), ECB()).encryptor().update  # noqa: S305


def _derive(key: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"channeldesk " + purpose).derive(key.encode())


def _build_no_keys_error() -> DecryptionError:
    return DecryptionError("No encryption keys were given to this process.")


field_cipher = FieldCipher()


def _decrypt_text(text: str | None) -> str | None:
    return None if text is None else field_cipher.decrypt(text.encode()).decode()


class Encrypted(TypeDecorator[str]):
    """A text column that is stored encrypted."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else field_cipher.encrypt(value.encode()).decode()

    def bind_many(self, values: Sequence[str | None], dialect: Dialect) -> list[str | None]:
        """Apply `process_bind_param` to each value."""
        encrypted = iter(field_cipher.encrypt_many([value.encode() for value in values if value is not None]))
        encode = base64.urlsafe_b64encode
        return [None if value is None else encode(next(encrypted)).decode() for value in values]

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return _decrypt_text(value)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any] | None:
        # Lists decrypt a hundred names per page, and the drivers return text, so the impl's processor is not needed.
        return _decrypt_text


class KeyedHash(LargeBinary):
    """A blind index: the keyed hash of a personal value (`FieldCipher.hash`), to find equal values."""


class EncryptedBytes(TypeDecorator[bytes]):
    """A binary column that is stored encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else field_cipher.encrypt_bytes(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else field_cipher.decrypt_bytes(bytes(value))


class EncryptedJson(TypeDecorator[Any]):
    """A JSON column that is stored compressed and encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> bytes | None:
        return None if value is None else field_cipher.encrypt_bytes(compressed_json.dumps(value))

    def bind_many(self, values: Sequence[Any], dialect: Dialect) -> list[bytes | None]:
        """Apply `process_bind_param` to each value."""
        plains = [compressed_json.dumps(value) for value in values if value is not None]
        encrypted = iter(field_cipher.encrypt_many(plains))
        return [None if value is None else next(encrypted) for value in values]

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any | None:
        return None if value is None else compressed_json.loads(field_cipher.decrypt_bytes(bytes(value)))
