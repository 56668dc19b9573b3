"""Common handling of operations: faults, authorization, rate limits, Amazon's headers and the log of calls."""

import functools
import socket
import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, request

from simulator.http import responses
from simulator.http.authorization import authorize, expired_token
from simulator.operations.errors import ApiError
from simulator.operations.world import World
from simulator.state.faults import Fault
from simulator.state.sellers import Seller

View = Callable[..., Response]

UNAVAILABLE_PAGE = """<html>
<head><title>503 Service Temporarily Unavailable</title></head>
<body><center><h1>503 Service Temporarily Unavailable</h1></center></body>
</html>
"""
# The statuses of responses with the header x-amzn-RateLimit-Limit.
LIMITED = (200, 201, 202, 204, 400, 404)
QUOTA_MESSAGE = "You exceeded your quota for the requested resource."


def current_world() -> World:
    world: World = current_app.extensions["world"]
    return world


def operation(name: str, *, requires_token: bool = True, restricted: bool = False) -> Callable[[View], View]:
    """Decorate the view of an operation. It is called with the world, the seller and the parts of the path.

    `restricted`: the operation returns personal data and needs a restricted data token.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def handle_request(**path: str) -> Response:
            return handle(
                name,
                lambda world, seller: view(world, seller, **path),
                requires_token=requires_token,
                restricted=restricted,
            )

        return handle_request

    return decorate


def handle(
    operation: str,
    view: Callable[[World, Any], Response],
    *,
    requires_token: bool = True,
    restricted: bool = False,
) -> Response:
    """Handle a request of an operation. `view` gets the world and the seller.

    Without `requires_token` the seller is None, and there is no rate limit.
    """
    world = current_world()
    request_id = str(uuid.uuid4())
    with world.lock:
        fault = world.faults.trigger(operation, phase="before")
        released = world.faults.released
    if fault is not None and fault.name in ("slow", "hang"):
        released.wait(float(fault.options["seconds"]))
    response, seller_id = _run(world, operation, view, fault, requires_token=requires_token, restricted=restricted)
    if response is not None and (late := _trigger_after(world, operation, response)):
        fault = late
        response = _damage(response, late)
    with world.lock:
        status = response.status_code if response is not None else None
        name = fault.name if fault else None
        world.record_call(operation, seller_id=seller_id, status=status, request_id=request_id, fault=name)
    if response is None:
        return _close_connection()
    response.headers["x-amzn-RequestId"] = request_id
    if requires_token and response.status_code in LIMITED:
        response.headers["x-amzn-RateLimit-Limit"] = world.limits.header(operation)
    return response


def _run(
    world: World,
    operation: str,
    view: Callable[[World, Any], Response],
    fault: Fault | None,
    *,
    requires_token: bool,
    restricted: bool,
) -> tuple[Response | None, str | None]:
    """Return the response and the id of the seller; no response when the connection is to be closed."""
    if fault is not None and fault.name != "slow":
        return _fault_response(fault), None
    seller: Seller | None = None
    with world.lock:
        world.advance()
        try:
            if requires_token:
                seller = authorize(world, restricted=restricted)
                check_limit(world, seller, operation)
            response = view(world, seller)
        except ApiError as error:
            response = responses.api_error_response(error)
        finally:
            world.flush()
    return response, seller.id if seller is not None else None


def check_limit(world: World, seller: Seller, operation: str) -> None:
    """Take a token of the application, seller and operation. Raises ApiError when none is left."""
    if not world.limits.take(seller.client_id, seller.id, operation, world.now()):
        raise ApiError(429, "QuotaExceeded", QUOTA_MESSAGE)


def _fault_response(fault: Fault) -> Response | None:
    """Return the response of a fault, None to close the connection."""
    match fault.name:
        case "throttled":
            return responses.error_response(429, "QuotaExceeded", QUOTA_MESSAGE)
        case "throttled_without_body":
            return Response(status=429)
        case "error_500":
            message = "We encountered an internal error. Please try again."
            return responses.error_response(500, "InternalFailure", message)
        case "error_503_html":
            return Response(UNAVAILABLE_PAGE, 503, content_type="text/html")
        case "expired_token":
            return responses.api_error_response(expired_token())
        case "invalid_grant":
            return responses.invalid_grant_response()
    return None


def _trigger_after(world: World, operation: str, response: Response) -> Fault | None:
    """Trigger a fault that damages a successful response; some of them need one with a body."""

    def applies(fault: Fault) -> bool:
        return fault.name in ("lost_answer", "error_500", "error_503_html") or bool(response.get_data())

    if response.status_code >= 400:
        return None
    with world.lock:
        return world.faults.trigger(operation, phase="after", when=applies)


def _damage(response: Response, fault: Fault) -> Response | None:
    body = response.get_data()
    if fault.name == "malformed_json":
        response.set_data(b"{" + body[: len(body) * 2 // 3])
        return response
    if fault.name == "truncated_body":
        response.set_data(body[: len(body) // 2])
        response.headers["Content-Length"] = str(len(body))
        response.automatically_set_content_length = False
        return response
    return _fault_response(fault)


def _close_connection() -> Response:
    """Close the connection without a response. Only possible with werkzeug's development server."""
    connection = request.environ.get("werkzeug.socket")
    if connection is None:
        raise RuntimeError("the connection would be closed here without a response")
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
