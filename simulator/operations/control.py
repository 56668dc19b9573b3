"""What can be done at the desk, with the mouse and over JSON alike."""

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response, request

from simulator.http.responses import body
from simulator.operations import adjustments, lifecycle, scenarios
from simulator.operations.datasets import DATASETS, shown
from simulator.operations.generator import Wish
from simulator.state import faults
from simulator.state.clock import parse_iso
from simulator.state.limits import Limits

if TYPE_CHECKING:
    from simulator.operations.world import OrderRecord, World

Result = TypeVar("Result")
STATUSES = ("UNSHIPPED", "PENDING", "PENDING_AVAILABILITY", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED")
# Beside the world's switches, the numbers in seconds that may be changed while it runs.
SECONDS = ("settle", "feed_seconds", "pending_seconds", "arrivals")


class Impossible(Exception):
    """It cannot be done, with the HTTP status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def refuse_strangers() -> Response | None:
    """Another site's page must not work the desk through the browser of whoever reads it."""
    origin = request.headers.get("Origin")
    if request.method in ("GET", "HEAD") or origin in (None, request.host_url.rstrip("/")):
        return None
    return body({"error": "the desk is worked from its own pages only"}, 403)


def do(world: "World", work: Callable[["World"], Result]) -> Result:
    """Let time pass, do `work`, write it down. Impossible when it cannot be done."""
    with world.lock:
        world.advance()
        try:
            return work(world)
        except (lifecycle.NotPossible, faults.UnknownFault) as problem:
            raise Impossible(409 if isinstance(problem, lifecycle.NotPossible) else 400, str(problem)) from problem
        except (KeyError, TypeError, ValueError) as problem:
            raise Impossible(400, str(problem.args[0] if problem.args else problem)) from problem
        finally:
            world.flush()


def newest(world: "World") -> list["OrderRecord"]:
    return sorted(world.orders.values(), key=lambda order: order.body["lastUpdatedTime"], reverse=True)


def found(world: "World", order_id: str) -> "OrderRecord":
    order = world.orders.get(order_id)
    if order is None:
        raise Impossible(404, f"there is no order {order_id}")
    return order


def summary(order: "OrderRecord") -> dict[str, Any]:
    """One line of the list."""
    content = order.body
    return {
        "order_id": order.id,
        "seller_id": order.seller_id,
        "marketplace": content["salesChannel"]["marketplaceName"],
        "status": order.status,
        "fulfilled_by": content["fulfillment"]["fulfilledBy"],
        "created": content["createdTime"],
        "updated": content["lastUpdatedTime"],
        "total": content.get("proceeds", {}).get("grandTotal"),
        "quantity": sum(item["quantityOrdered"] for item in content["orderItems"]),
        "cancel_requested": any(
            "cancellationRequest" in item.get("cancellation", {}) for item in content["orderItems"]
        ),
    }


def details(world: "World", order: "OrderRecord") -> dict[str, Any]:
    """The summary; `body`, what getOrder shows with every dataset; what will happen by itself; the body before; what
    Amazon accepted for it.
    """
    return {
        **summary(order),
        "body": shown(order.body, DATASETS),
        "agenda": order.agenda,
        "previous": shown(order.previous, DATASETS) if order.previous else None,
        "effects": [entry for entry in world.ledger if entry["order_id"] == order.id],
    }


def place(world: "World", wishes: dict[str, Any]) -> str:
    """`wishes` are fields of `generator.Wish`; returns the order number."""
    unknown = set(wishes) - {field.name for field in fields(Wish)}
    if unknown:
        raise Impossible(400, f"an order has no {', '.join(sorted(unknown))}")
    if wishes.get("status", "UNSHIPPED") not in STATUSES or wishes.get("fulfilled_by", "MERCHANT") not in (
        "MERCHANT",
        "AMAZON",
    ):
        raise Impossible(400, "an order is placed as MERCHANT or AMAZON with a status of " + ", ".join(STATUSES))
    lines = wishes.get("lines")
    if lines is not None:
        wishes = {**wishes, "lines": tuple((int(number), max(int(quantity), 1)) for number, quantity in lines)}
    if "programs" in wishes:
        wishes = {**wishes, "programs": tuple(str(program) for program in wishes["programs"])}
    return scenarios.place(world, **wishes)


def act(world: "World", order_id: str, verb: str, options: dict[str, Any]) -> "OrderRecord":
    """`cancel` (by, reason), `request-cancel` (reason), `ship`, `release` or `refund` (item, or all) an order."""
    order = found(world, order_id)
    reason = str(options.get("reason") or "")
    if verb == "cancel":
        by = str(options.get("by") or "BUYER")
        if by not in ("BUYER", "MERCHANT", "AMAZON"):
            raise Impossible(400, "an order is cancelled by BUYER, MERCHANT or AMAZON")
        lifecycle.cancel(world, order, by=by, reason=reason or "No reason given", via="desk")
    elif verb == "request-cancel":
        lifecycle.request_cancel(world, order, reason)
    elif verb == "ship":
        lifecycle.ship(world, order, via="desk")
    elif verb == "refund":
        adjustments.refund_rest(world, order, str(options.get("item") or ""))
    else:
        lifecycle.release(world, order)
    return order


def set_clock(world: "World", options: dict[str, Any]) -> dict[str, object]:
    """`move` seconds forward, `freeze` (true, or a time) or `thaw`."""
    if options.get("freeze"):
        world.clock.freeze(None if options["freeze"] is True else parse_iso(str(options["freeze"])))
    if options.get("thaw"):
        world.clock.thaw()
    if options.get("move"):
        world.clock.move(float(options["move"]))
    world.mark("meta", "world", None)
    world.advance()
    return world.clock.as_json()


def kinds() -> list[dict[str, Any]]:
    return [
        {"name": kind.name, "what": kind.what, "operations": list(kind.operations), "options": kind.options}
        for kind in faults.KINDS.values()
    ]


def armed(world: "World") -> list[dict[str, Any]]:
    return [fault.as_json() for fault in world.faults.armed()]


def arm(world: "World", options: dict[str, Any]) -> int:
    """`name`, `operation`, `times` (null for ever), `probability`, and the fault's own `options`."""
    times = options.get("times", 1)
    return world.faults.arm(
        str(options.get("name")),
        options.get("operation") or None,
        times=None if times is None else int(times),
        probability=float(options.get("probability", 1)),
        **options.get("options", {}),
    )


def disarm(world: "World", which: str | None) -> int:
    return world.faults.disarm(int(which) if which and which.isdigit() else which)


def switches(world: "World") -> dict[str, Any]:
    seconds = {name: getattr(world, name) for name in SECONDS}
    return {**world.switches, **seconds, "limits": world.limits.mode}


def set_switches(world: "World", options: dict[str, Any]) -> dict[str, Any]:
    """Any of the world's switches (true or false), of `SECONDS`, and `limits`."""
    unknown = set(options) - set(switches(world))
    if unknown:
        raise Impossible(400, f"there is no switch {', '.join(sorted(unknown))}")
    for name, value in options.items():
        if name in SECONDS:
            setattr(world, name, max(float(value), 0.0))
        elif name == "limits":
            world.limits = Limits(str(value))
        else:
            world.switches[name] = bool(value)
    world.mark("meta", "world", None)
    return switches(world)


def reset(world: "World", options: dict[str, Any]) -> dict[str, Any]:
    """A new world: `scenario` and `seed`."""
    world.reset(str(options.get("scenario") or "busy_monday"), int(options.get("seed") or 1))
    return {"scenario": world.scenario, "seed": world.seed, "orders": len(world.orders)}
