"""Login with Amazon: POST /auth/o2/token. Tokens 2021-03-01: createRestrictedDataToken."""

from typing import Any

from flask import Blueprint, Response, request

from simulator.http.authorization import issue_access_token, issue_restricted_token
from simulator.http.dispatch import operation
from simulator.http.responses import invalid_grant_response, json_response, token_error_response
from simulator.operations.errors import invalid_input
from simulator.operations.world import World
from simulator.state.sellers import Seller

routes = Blueprint("tokens", __name__)

MAX_RESOURCES = 50
METHODS = ("GET", "PUT", "POST", "DELETE")
SCOPES = ("sellingpartnerapi::notifications", "sellingpartnerapi::client_credential:rotation")


@routes.post("/auth/o2/token")
@operation("token", requires_token=False)
def get_token(world: World, _: None) -> Response:
    content = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    form: dict[str, Any] = content if isinstance(content, dict) else {}
    grant = form.get("grant_type")
    if grant not in ("refresh_token", "client_credentials"):
        return token_error_response(
            400, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server"
        )
    missing = next((name for name in ("client_id", "client_secret") if not form.get(name)), None)
    if missing:
        return token_error_response(400, "invalid_request", f"The request is missing a required parameter : {missing}")
    sellers = [seller for seller in world.sellers.values() if seller.client_id == form["client_id"]]
    if not sellers or sellers[0].client_secret != form["client_secret"]:
        return token_error_response(401, "invalid_client", "Client authentication failed")
    if grant == "client_credentials":
        if form.get("scope") not in SCOPES:
            return token_error_response(400, "invalid_scope", "The request has an invalid scope parameter")
        return json_response(issue_access_token(world, sellers[0].client_id, None))
    if not form.get("refresh_token"):
        return token_error_response(
            400, "invalid_request", "The request is missing a required parameter : refresh_token"
        )
    seller = next((seller for seller in sellers if seller.refresh_token == form["refresh_token"]), None)
    if seller is None:
        return invalid_grant_response()
    token = issue_access_token(world, seller.client_id, seller.id)
    return json_response({**token, "refresh_token": seller.refresh_token})


@routes.post("/tokens/2021-03-01/restrictedDataToken")
@operation("createRestrictedDataToken")
def create_restricted_data_token(world: World, seller: Seller) -> Response:
    content = request.get_json(silent=True)
    resources = content.get("restrictedResources") if isinstance(content, dict) else None
    if not isinstance(resources, list) or not 1 <= len(resources) <= MAX_RESOURCES:
        raise invalid_input(f"restrictedResources must have 1 to {MAX_RESOURCES} members.")
    for resource in resources:
        is_valid = isinstance(resource, dict) and resource.get("method") in METHODS
        if not is_valid or not str(resource.get("path", "")).startswith("/"):
            raise invalid_input("restrictedResources: the method or path is invalid.")
    return json_response(issue_restricted_token(world, seller, resources))
