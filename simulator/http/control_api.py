"""The JSON API of the control page, under `/_control/api`, for scripts and tests."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from simulator.http.control_pages import refuse_other_origins
from simulator.http.dispatch import current_world
from simulator.http.responses import json_response
from simulator.operations import control
from simulator.operations.generator import list_products
from simulator.operations.world import World

routes = Blueprint("control_api", __name__, url_prefix="/_control/api")
routes.before_request(refuse_other_origins)


def run(action: Callable[[World, dict[str, Any]], Any]) -> Response:
    """Return the result of `action`, which gets the world and the JSON of the request.

    Errors have status 404 for unknown things, 409 for what the state does not allow, and 400 for invalid input.
    """
    content = request.get_json(silent=True)
    options = content if isinstance(content, dict) else {}
    try:
        return json_response(control.run(current_world(), lambda world: action(world, options)))
    except control.ControlError as error:
        return json_response({"error": str(error)}, error.status)


@routes.get("/credentials")
def list_credentials() -> Response:
    base = request.host_url.rstrip("/")
    return run(lambda world, _: [seller.credentials(base) for seller in world.sellers.values()])


@routes.get("/products")
def list_seller_products() -> Response:
    """Return the products of each seller by its id, as its catalog would hold them."""
    return run(
        lambda world, _: {
            seller.id: [product for marketplace in seller.marketplaces for product in list_products(marketplace)]
            for seller in world.sellers.values()
        }
    )


@routes.get("/orders")
def list_orders() -> Response:
    return run(lambda world, _: [control.summarize(order) for order in control.list_newest_orders(world)])


@routes.get("/orders/<order_id>")
def show_order(order_id: str) -> Response:
    return run(lambda world, _: control.describe(world, control.find_order(world, order_id)))


@routes.post("/place")
def place_order() -> Response:
    return run(lambda world, spec: {"order_id": control.place(world, spec)})


@routes.post("/orders/<order_id>/<any('cancel', 'request-cancel', 'ship', 'release', 'refund'):verb>")
def change_order(order_id: str, verb: str) -> Response:
    return run(lambda world, options: control.describe(world, control.change_order(world, order_id, verb, options)))


@routes.get("/clock")
def show_clock() -> Response:
    return run(lambda world, _: world.clock.as_json())


@routes.post("/clock")
def set_clock() -> Response:
    return run(control.set_clock)


@routes.get("/faults")
def list_faults() -> Response:
    return run(lambda world, _: {"kinds": control.list_fault_kinds(), "armed": control.list_armed_faults(world)})


@routes.post("/faults")
def arm_fault() -> Response:
    return run(
        lambda world, options: {
            "id": control.arm_fault(world, options),
            "armed": control.list_armed_faults(world),
        }
    )


@routes.delete("/faults")
@routes.delete("/faults/<which>")
def disarm_faults(which: str | None = None) -> Response:
    return run(lambda world, _: {"disarmed": control.disarm_faults(world, which)})


@routes.get("/ledger")
def show_ledger() -> Response:
    return run(lambda world, _: world.ledger)


@routes.get("/calls")
def list_calls() -> Response:
    return run(lambda world, _: {"calls": list(world.calls), "counts": dict(world.call_counts)})


@routes.get("/settings")
def show_settings() -> Response:
    return run(lambda world, _: control.list_settings(world))


@routes.post("/settings")
def change_settings() -> Response:
    return run(control.change_settings)


@routes.post("/reset")
def reset() -> Response:
    return run(control.reset)
