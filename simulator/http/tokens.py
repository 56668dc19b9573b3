"""Login with Amazon: an access token for a refresh token, and who an access token speaks for."""

import base64
import hashlib
import hmac
import json
import secrets
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from simulator.http.dispatch import call
from simulator.http.responses import Refused, body, denied
from simulator.state.sellers import Seller

if TYPE_CHECKING:
    from simulator.operations.world import World

pages = Blueprint("tokens", __name__)

LIFETIME = 3600
SCOPES = ("sellingpartnerapi::notifications", "sellingpartnerapi::client_credential:rotation")
# Signs what the simulator hands out, so that tokens outlive a restart without being stored.
_KEY = b"channeldesk simulator"


def sealed(content: dict[str, Any]) -> str:
    """Opaque text that only this simulator makes and understands."""
    raw = json.dumps(content, separators=(",", ":")).encode()
    mark = hmac.new(_KEY, raw, hashlib.sha256).digest()[:12]
    return base64.urlsafe_b64encode(mark + raw).decode().rstrip("=")


def opened(text: str) -> dict[str, Any] | None:
    """The content of a sealed text, None when it is none or was tampered with."""
    try:
        data = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
    except ValueError:
        return None
    mark, raw = data[:12], data[12:]
    if not hmac.compare_digest(mark, hmac.new(_KEY, raw, hashlib.sha256).digest()[:12]):
        return None
    content: dict[str, Any] = json.loads(raw)
    return content


def refused(status: int, error: str, description: str) -> Response:
    return body({"error_description": description, "error": error}, status)


def wrong_grant() -> Response:
    return refused(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token")


@pages.post("/auth/o2/token")
def token() -> Response:
    return call("token", _token, authorize=None)


def _token(world: "World", _: None) -> Response:
    content = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    form: dict[str, Any] = content if isinstance(content, dict) else {}
    grant = form.get("grant_type")
    if grant not in ("refresh_token", "client_credentials"):
        return refused(
            400, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server"
        )
    missing = next((name for name in ("client_id", "client_secret") if not form.get(name)), None)
    if missing:
        return refused(400, "invalid_request", f"The request is missing a required parameter : {missing}")
    sellers = [seller for seller in world.sellers.values() if seller.client_id == form["client_id"]]
    if not sellers or sellers[0].client_secret != form["client_secret"]:
        return refused(401, "invalid_client", "Client authentication failed")
    if grant == "client_credentials":
        if form.get("scope") not in SCOPES:
            return refused(400, "invalid_scope", "The request has an invalid scope parameter")
        return body(_granted(world, sellers[0].client_id, None))
    if not form.get("refresh_token"):
        return refused(400, "invalid_request", "The request is missing a required parameter : refresh_token")
    seller = next((one for one in sellers if one.refresh_token == form["refresh_token"]), None)
    if seller is None:
        return wrong_grant()
    return body({**_granted(world, seller.client_id, seller.id), "refresh_token": seller.refresh_token})


def _granted(world: "World", client_id: str, seller_id: str | None) -> dict[str, Any]:
    expires = world.now().timestamp() + LIFETIME
    content = {"client": client_id, "seller": seller_id, "expires": expires, "salt": secrets.token_hex(4)}
    return {"access_token": f"Atza|{sealed(content)}", "token_type": "bearer", "expires_in": LIFETIME}


def seller_of_request(world: "World") -> Seller:
    """The seller for whom the caller speaks; 403 as Amazon says it for every other token."""
    given = request.headers.get("x-amz-access-token")
    if not given:
        raise denied("Access token is missing in the request header.")
    content = opened(given.removeprefix("Atza|"))
    if content is None or "expires" not in content:
        raise denied("The access token you provided is revoked, malformed or invalid.")
    if content["expires"] <= world.now().timestamp():
        raise expired()
    seller = world.sellers.get(content["seller"] or "")
    if seller is None or seller.client_id != content["client"]:
        raise denied("The access token you provided is not authorized for this resource.")
    return seller


def expired() -> Refused:
    return denied("The access token you provided has expired.")
