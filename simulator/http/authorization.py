"""Access tokens: issuing them, and finding the seller of a request."""

import re
import secrets
from typing import Any

from flask import request

from simulator.http import signed_tokens
from simulator.operations.errors import ApiError, access_denied
from simulator.operations.world import World
from simulator.state.sellers import Seller

LIFETIME_SECONDS = 3600


def issue_access_token(world: World, client_id: str, seller_id: str | None) -> dict[str, Any]:
    expires = world.now().timestamp() + LIFETIME_SECONDS
    content = {"client": client_id, "seller": seller_id, "expires": expires, "salt": secrets.token_hex(4)}
    token = f"Atza|{signed_tokens.sign(content)}"
    return {"access_token": token, "token_type": "bearer", "expires_in": LIFETIME_SECONDS}


def issue_restricted_token(world: World, seller: Seller, resources: list[dict[str, str]]) -> dict[str, Any]:
    """Return a restricted data token for the methods and paths of `resources`; paths may contain `{placeholders}`."""
    expires = world.now().timestamp() + LIFETIME_SECONDS
    allowed = [[resource["method"], resource["path"]] for resource in resources]
    content = {"client": seller.client_id, "seller": seller.id, "expires": expires, "resources": allowed}
    return {"restrictedDataToken": f"Atz.sprdt|{signed_tokens.sign(content)}", "expiresIn": LIFETIME_SECONDS}


def authorize(world: World, *, restricted: bool = False) -> Seller:
    """Return the seller of the request's access token. Raises ApiError with 403 and Amazon's message.

    `restricted`: the token must be a restricted data token for the request's method and path.
    """
    token = request.headers.get("x-amz-access-token")
    if not token:
        raise access_denied("Access token is missing in the request header.")
    content = signed_tokens.verify(token.removeprefix("Atza|").removeprefix("Atz.sprdt|"))
    if content is None or "expires" not in content:
        raise access_denied("The access token you provided is revoked, malformed or invalid.")
    if content["expires"] <= world.now().timestamp():
        raise expired_token()
    if restricted and not _covers_request(content.get("resources", [])):
        raise access_denied("A restricted data token is required for this resource.")
    seller = world.sellers.get(content["seller"] or "")
    if seller is None or seller.client_id != content["client"]:
        raise access_denied("The access token you provided is not authorized for this resource.")
    return seller


def expired_token() -> ApiError:
    return access_denied("The access token you provided has expired.")


def _covers_request(resources: list[list[str]]) -> bool:
    return any(
        method == request.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), request.path)
        for method, path in resources
    )
