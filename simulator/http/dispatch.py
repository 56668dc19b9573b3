"""How every operation is answered: faults, authorization, usage plan, the operation, Amazon's headers, the call log."""

import socket
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response, current_app, request

from simulator.http import responses
from simulator.http.responses import Refused
from simulator.state.faults import Fault
from simulator.state.sellers import Seller

if TYPE_CHECKING:
    from simulator.operations.world import World

Caller = TypeVar("Caller")

UNAVAILABLE_PAGE = """<html>
<head><title>503 Service Temporarily Unavailable</title></head>
<body><center><h1>503 Service Temporarily Unavailable</h1></center></body>
</html>
"""
LIMITED = (200, 201, 202, 204, 400, 404)


class NoAnswer(Exception):
    """The connection is to be closed without a word."""


def the_world() -> "World":
    world: World = current_app.extensions["world"]
    return world


def call(
    operation: str,
    view: Callable[["World", Caller], Response],
    *,
    authorize: Callable[["World"], Caller] | None,
) -> Response:
    """Answer one call of `operation`. `authorize` finds the seller; None: anybody may, and there is no usage plan."""
    world = the_world()
    request_id = str(uuid.uuid4())
    with world.lock:
        fault = world.faults.strike(operation, phase="before")
        released = world.faults.released
    if fault is not None and fault.name in ("slow", "hang"):
        released.wait(float(fault.options["seconds"]))
    response, seller_id = _answered(world, operation, view, authorize, fault)
    if response is not None:
        late = _strike_after(world, operation, response)
        fault = late or fault
        response = _spoiled(response, late) if late else response
    with world.lock:
        status = response.status_code if response is not None else None
        world.note_call(operation, seller_id, status, request_id, fault.name if fault else None)
    if response is None:
        return _hang_up()
    response.headers["x-amzn-RequestId"] = request_id
    if authorize is not None and response.status_code in LIMITED:
        response.headers["x-amzn-RateLimit-Limit"] = world.limits.header(operation)
    return response


def _answered(
    world: "World",
    operation: str,
    view: Callable[["World", Caller], Response],
    authorize: Callable[["World"], Caller] | None,
    fault: Fault | None,
) -> tuple[Response | None, str | None]:
    """The answer and the seller it is for; no answer at all when the call was left hanging."""
    if fault is not None and fault.name != "slow":
        return _stricken(fault), None
    caller: Any = None
    with world.lock:
        world.advance()
        try:
            if authorize is not None:
                caller = authorize(world)
                spend(world, caller, operation)
            response = view(world, caller)
        except Refused as refusal:
            response = refusal.answer()
        finally:
            world.flush()
    return response, caller.id if caller is not None else None


def spend(world: "World", seller: Seller, operation: str) -> None:
    """Take a token out of the bucket of this application, seller and operation; refused when it is empty."""
    if not world.limits.take(seller.client_id, seller.id, operation, world.now()):
        raise Refused(429, "QuotaExceeded", responses.QUOTA_MESSAGE)


def _stricken(fault: Fault) -> Response | None:
    """What is answered instead of the operation."""
    from simulator.http import tokens

    return {
        "throttled": lambda: responses.errors(429, "QuotaExceeded", responses.QUOTA_MESSAGE),
        "throttled_without_body": lambda: responses.nothing(429),
        "error_500": lambda: responses.errors(
            500, "InternalFailure", "We encountered an internal error. Please try again."
        ),
        "error_503_html": lambda: Response(UNAVAILABLE_PAGE, 503, content_type="text/html"),
        "expired_token": lambda: tokens.expired().answer(),
        "invalid_grant": tokens.wrong_grant,
        "hang": lambda: None,
    }[fault.name]()


def _strike_after(world: "World", operation: str, response: Response) -> Fault | None:
    """A fault that spoils an answer strikes where there is something to spoil: a success, with a body where needed."""

    def fits(fault: Fault) -> bool:
        return fault.name in ("lost_answer", "error_500", "error_503_html") or bool(response.get_data())

    if response.status_code >= 400:
        return None
    with world.lock:
        return world.faults.strike(operation, phase="after", when=fits)


def _spoiled(response: Response, fault: Fault) -> Response | None:
    whole = response.get_data()
    if fault.name == "lost_answer":
        return None
    if fault.name == "malformed_json":
        response.set_data(b"{" + whole[: len(whole) * 2 // 3])
        return response
    if fault.name == "truncated_body":
        response.set_data(whole[: len(whole) // 2])
        response.headers["Content-Length"] = str(len(whole))
        response.automatically_set_content_length = False
        return response
    return _stricken(fault)


def _hang_up() -> Response:
    """Close the connection. A server that does not hand its socket over can only fail loudly."""
    connection = request.environ.get("werkzeug.socket")
    if connection is None:
        raise NoAnswer("the connection would be closed here without an answer")
    connection.shutdown(socket.SHUT_RDWR)
    return responses.nothing(500)
