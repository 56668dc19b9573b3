"""The control page at `/_control`: plain forms without JavaScript. A POST redirects and shows its result."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from simulator.http.dispatch import current_world
from simulator.http.responses import json_response
from simulator.operations import control
from simulator.operations.control import ControlError
from simulator.operations.scenarios import SCENARIOS
from simulator.operations.world import World
from simulator.state.faults import FAULT_KINDS, OPERATIONS

MAX_ORDERS = 100
VERBS = "any('cancel', 'request-cancel', 'ship', 'release', 'refund', 'return')"
STYLE = Path(__file__).parent / "templates" / "control.css"


def refuse_other_origins() -> Response | None:
    """Refuse requests that a page of another site makes through the user's browser."""
    origin = request.headers.get("Origin")
    if request.method in ("GET", "HEAD") or origin in (None, request.host_url.rstrip("/")):
        return None
    return json_response({"error": "requests from other sites are refused"}, 403)


routes = Blueprint("control", __name__, url_prefix="/_control")
routes.before_request(refuse_other_origins)


def render_page(template: str, read: Callable[[World], dict[str, Any]]) -> str:
    """Render a page with what `read` returns, while the world is locked."""
    return control.run(
        current_world(),
        lambda world: render_template(
            template, world=world, clock=world.clock.as_json(), message=request.args.get("message", ""), **read(world)
        ),
    )


def run_and_redirect(action: Callable[[World], str], endpoint: str, **values: Any) -> AnyResponse:
    """Run `action` and redirect to a page that shows its message, or why it was not possible."""
    try:
        message = control.run(current_world(), action)
    except ControlError as error:
        message = f"Not possible: {error}"
    return redirect(url_for(endpoint, message=message, **values), code=303)


@routes.errorhandler(ControlError)
def show_error(error: ControlError) -> tuple[str, int]:
    return render_page("error.html", lambda _: {"error": str(error)}), error.status


@routes.get("/control.css")
def style() -> Response:
    return Response(STYLE.read_bytes(), content_type="text/css; charset=utf-8")


@routes.get("")
@routes.get("/")
def list_orders() -> str:
    status = request.args.get("status", "")

    def read(world: World) -> dict[str, Any]:
        orders = [order for order in control.list_newest_orders(world) if status in ("", order.status)]
        return {
            "orders": [control.summarize(order) for order in orders[:MAX_ORDERS]],
            "count": len(orders),
            "status": status,
            "countries": [country for seller in world.sellers.values() for country in seller.countries],
            "statuses": control.STATUSES,
        }

    return render_page("orders.html", read)


@routes.post("/orders")
def place_order() -> AnyResponse:
    def place(world: World) -> str:
        spec = {name: request.form[name] for name in ("country", "fulfilled_by", "status")}
        return f"Placed {control.place(world, spec)}"

    return run_and_redirect(place, "control.list_orders")


@routes.get("/orders/<order_id>")
def show_order(order_id: str) -> str:
    return render_page(
        "order.html", lambda world: {"order": control.describe(world, control.find_order(world, order_id))}
    )


@routes.post(f"/orders/<order_id>/<{VERBS}:verb>")
def change_order(order_id: str, verb: str) -> AnyResponse:
    def change(world: World) -> str:
        order = control.change_order(world, order_id, verb, request.form.to_dict())
        requested = ", the buyer requested a cancellation" if verb == "request-cancel" else ""
        return f"{order.id} is {order.status}{requested}"

    return run_and_redirect(change, "control.show_order", order_id=order_id)


@routes.get("/faults")
def list_faults() -> str:
    kinds = FAULT_KINDS.values()
    return render_page(
        "faults.html", lambda world: {"kinds": kinds, "armed": world.faults.list_armed(), "operations": OPERATIONS}
    )


@routes.post("/faults")
def arm_fault() -> AnyResponse:
    form = request.form
    kind = FAULT_KINDS.get(form.get("name", ""))
    options = {name: form[f"option_{name}"] for name in (kind.options if kind else ()) if form.get(f"option_{name}")}
    fault = {
        "name": form.get("name"),
        "operation": form.get("operation"),
        "times": form.get("times") or None,
        "probability": form.get("probability") or 1,
        "options": options,
    }
    return run_and_redirect(
        lambda world: f"Armed {fault['name']} as number {control.arm_fault(world, fault)}", "control.list_faults"
    )


@routes.post("/faults/disarm")
def disarm_faults() -> AnyResponse:
    which = request.form.get("which") or None
    return run_and_redirect(lambda world: f"Disarmed {control.disarm_faults(world, which)}", "control.list_faults")


@routes.get("/ledger")
def show_ledger() -> str:
    return render_page("ledger.html", lambda world: {"entries": world.ledger[::-1][:500]})


@routes.get("/calls")
def list_calls() -> str:
    return render_page("calls.html", lambda world: {"calls": reversed(world.calls)})


@routes.get("/settings")
def show_settings() -> str:
    base = request.host_url.rstrip("/")
    return render_page(
        "settings.html",
        lambda world: {
            "credentials": [seller.credentials(base) for seller in world.sellers.values()],
            "settings": control.list_settings(world),
            "scenarios": [*SCENARIOS, "many:2000"],
        },
    )


@routes.post("/clock")
def move_clock() -> AnyResponse:
    seconds = {"move": request.form.get("seconds", "0")}
    return run_and_redirect(
        lambda world: f"It is now {control.set_clock(world, seconds)['now']}", "control.list_orders"
    )


@routes.post("/settings")
def change_settings() -> AnyResponse:
    form = request.form
    settings: dict[str, Any] = {name: form[name] for name in (*control.SECONDS, "limits") if form.get(name)}
    settings.update({name: name in form for name in ("rest_cancel", "gzip_results", "finances")})

    def change(world: World) -> str:
        control.change_settings(world, settings)
        return "Changed"

    return run_and_redirect(change, "control.show_settings")


@routes.post("/reset")
def reset() -> AnyResponse:
    form = request.form.to_dict()
    return run_and_redirect(
        lambda world: "Started again with {orders} orders".format(**control.reset(world, form)), "control.list_orders"
    )
