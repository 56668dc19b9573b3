"""The JSON API of the control page, under `/_control/api`, for scripts and tests."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, Response, request

from simulator.http.control_pages import VERBS, refuse_other_origins
from simulator.http.dispatch import current_world
from simulator.http.responses import json_response
from simulator.operations import control
from simulator.operations.generator import list_products
from simulator.operations.world import World

routes = Blueprint("control_api", __name__, url_prefix="/_control/api")
routes.before_request(refuse_other_origins)


def list_credentials(world: World, _: dict[str, Any]) -> list[dict[str, object]]:
    base = request.host_url.rstrip("/")
    return [seller.credentials(base) for seller in world.sellers.values()]


def list_seller_products(world: World, _: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Return the products of each seller by its id, as its catalog would hold them."""
    return {
        seller.id: [product for marketplace in seller.marketplaces for product in list_products(marketplace)]
        for seller in world.sellers.values()
    }


def show_order(world: World, _: dict[str, Any], order_id: str) -> dict[str, Any]:
    return control.describe(world, control.find_order(world, order_id))


def change_order(world: World, options: dict[str, Any], order_id: str, verb: str) -> dict[str, Any]:
    return control.describe(world, control.change_order(world, order_id, verb, options))


def arm_fault(world: World, options: dict[str, Any]) -> dict[str, Any]:
    return {"id": control.arm_fault(world, options), **control.describe_faults(world)}


# (method, path, function of the world, the JSON of the request and the parts of the path)
ENDPOINTS: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET", "/credentials", list_credentials),
    ("GET", "/products", list_seller_products),
    ("GET", "/orders", lambda world, _: [control.summarize(order) for order in control.list_newest_orders(world)]),
    ("GET", "/orders/<order_id>", show_order),
    ("POST", "/place", lambda world, spec: {"order_id": control.place(world, spec)}),
    ("POST", f"/orders/<order_id>/<{VERBS}:verb>", change_order),
    ("GET", "/clock", lambda world, _: world.clock.as_json()),
    ("POST", "/clock", control.set_clock),
    ("GET", "/faults", lambda world, _: control.describe_faults(world)),
    ("POST", "/faults", arm_fault),
    ("DELETE", "/faults", lambda world, _: {"disarmed": control.disarm_faults(world, None)}),
    ("DELETE", "/faults/<which>", lambda world, _, which: {"disarmed": control.disarm_faults(world, which)}),
    ("GET", "/ledger", lambda world, _: world.ledger),
    ("GET", "/calls", lambda world, _: {"calls": list(world.calls), "counts": dict(world.call_counts)}),
    ("GET", "/settings", lambda world, _: control.list_settings(world)),
    ("POST", "/settings", control.change_settings),
    ("POST", "/reset", control.reset),
)


def run(action: Callable[..., Any], **path: str) -> Response:
    """Return the result of `action`.

    Errors have status 404 for unknown things, 409 for what the state does not allow, and 400 for invalid input.
    """
    content = request.get_json(silent=True)
    options = content if isinstance(content, dict) else {}
    try:
        return json_response(control.run(current_world(), lambda world: action(world, options, **path)))
    except control.ControlError as error:
        return json_response({"error": str(error)}, error.status)


for method, path, action in ENDPOINTS:
    routes.add_url_rule(path, f"{method} {path}", partial(run, action), methods=[method])
