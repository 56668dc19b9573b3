"""Personal data at rest: encrypted with rotating keys, and found again through keyed hashes."""

import base64
import hmac
import json
import zlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator


class VaultError(RuntimeError):
    """The vault has no keys yet, or what is stored was not written with any of them."""


class Vault:
    """Encrypts with the newest key, decrypts with any. A column type has no context, so the process has one vault."""

    def __init__(self) -> None:
        self._fernet: MultiFernet | None = None
        self._hash_key = b""

    def open(self, keys: tuple[str, ...]) -> None:
        """`keys`: newest first. Hashes use the oldest, so that putting a new key in front loses no search."""
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(_derive(key, b"fernet"))) for key in keys])
        self._hash_key = _derive(keys[-1], b"hash")

    @property
    def fernet(self) -> MultiFernet:
        if self._fernet is None:
            raise VaultError("The vault is closed: no keys were given to this process.")
        return self._fernet

    def encrypt(self, plain: bytes) -> bytes:
        return self.fernet.encrypt(plain)

    def decrypt(self, token: bytes) -> bytes:
        try:
            return self.fernet.decrypt(token)
        except InvalidToken:
            raise VaultError(
                "Something stored cannot be decrypted with the keys of this installation. "
                "Put the key it was written with back into the keys file."
            ) from None

    def hash(self, text: str) -> bytes:
        """16 bytes that are the same for the same text in this installation, and tell nothing without its key."""
        if not self._hash_key:
            raise VaultError("The vault is closed: no keys were given to this process.")
        return hmac.digest(self._hash_key, text.encode(), "sha256")[:16]


def _derive(key: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"channeldesk " + purpose).derive(key.encode())


vault = Vault()


class Encrypted(TypeDecorator[str]):
    """A text that is stored encrypted."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else vault.encrypt(value.encode()).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else vault.decrypt(value.encode()).decode()


class EncryptedJson(TypeDecorator[Any]):
    """Anything JSON can say, stored compressed and encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        # JSON may hold half a character, which Amazon's answer to one order must not fail on; no page could show it.
        plain = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")
        return vault.encrypt(zlib.compress(plain, 1) if len(plain) > _WORTH_COMPRESSING else plain)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any | None:
        if value is None:
            return None
        plain = vault.decrypt(bytes(value))
        plain = zlib.decompress(plain) if plain[:1] == _ZLIB else plain
        return json.loads(plain.decode(errors="replace"))


# Below this a payload does not shrink enough to pay for the work (an address is about 200 bytes).
_WORTH_COMPRESSING = 512
# No JSON text begins with it.
_ZLIB = b"x"
