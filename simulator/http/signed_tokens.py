"""Signed tokens: access tokens, page tokens and signed URLs that are valid after a restart without being stored."""

import base64
import hashlib
import hmac
import json
from typing import Any

_KEY = b"channeldesk simulator"


def sign(content: dict[str, Any]) -> str:
    """Return an opaque token with this content."""
    raw = json.dumps(content, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_signature(raw) + raw).decode().rstrip("=")


def verify(token: str) -> dict[str, Any] | None:
    """Return the content of a token, None if it was not signed here."""
    try:
        data = base64.urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
    except ValueError:
        return None
    signature, raw = data[:12], data[12:]
    if not hmac.compare_digest(signature, _signature(raw)):
        return None
    content: dict[str, Any] = json.loads(raw)
    return content


def _signature(raw: bytes) -> bytes:
    return hmac.new(_KEY, raw, hashlib.sha256).digest()[:12]
