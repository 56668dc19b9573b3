"""The actions of the control page and its JSON API."""

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any, TypeVar

from simulator.operations import adjustments, lifecycle, returns, scenarios
from simulator.operations.datasets import DATASETS, select_fields
from simulator.operations.errors import InvalidStateError
from simulator.operations.generator import OrderSpec
from simulator.operations.world import World
from simulator.state.clock import parse_iso
from simulator.state.faults import FAULT_KINDS
from simulator.state.limits import Limits
from simulator.state.orders import OrderRecord

Result = TypeVar("Result")
STATUSES = ("UNSHIPPED", "PENDING", "PENDING_AVAILABILITY", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED")
# Settings in seconds that can be changed besides the switches.
SECONDS = (
    "update_delay",
    "feed_seconds",
    "report_seconds",
    "report_lag",
    "pending_seconds",
    "finances_delay",
    "label_refund_seconds",
    "arrivals",
)


class ControlError(Exception):
    """The action is not possible, with an HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def run(world: World, action: Callable[[World], Result]) -> Result:
    """Advance the world, run `action` and save. Raises ControlError."""
    with world.lock:
        world.advance()
        try:
            return action(world)
        except InvalidStateError as error:
            raise ControlError(409, str(error)) from error
        except (KeyError, TypeError, ValueError) as error:
            raise ControlError(400, str(error.args[0] if error.args else error)) from error
        finally:
            world.flush()


def list_newest_orders(world: World) -> list[OrderRecord]:
    return sorted(world.orders.values(), key=lambda order: order.body["lastUpdatedTime"], reverse=True)


def find_order(world: World, order_id: str) -> OrderRecord:
    order = world.orders.get(order_id)
    if order is None:
        raise ControlError(404, f"there is no order {order_id}")
    return order


def summarize(order: OrderRecord) -> dict[str, Any]:
    """Return one row of the list of orders."""
    body = order.body
    return {
        "order_id": order.id,
        "seller_id": order.seller_id,
        "marketplace": body["salesChannel"]["marketplaceName"],
        "status": order.status,
        "fulfilled_by": body["fulfillment"]["fulfilledBy"],
        "created": body["createdTime"],
        "updated": body["lastUpdatedTime"],
        "total": body.get("proceeds", {}).get("grandTotal"),
        "quantity": sum(item["quantityOrdered"] for item in body["orderItems"]),
        "cancel_requested": any("cancellationRequest" in item.get("cancellation", {}) for item in body["orderItems"]),
    }


def describe(world: World, order: OrderRecord) -> dict[str, Any]:
    """Return the summary, the body with every dataset, scheduled events, the previous body and the ledger entries."""
    return {
        **summarize(order),
        "body": select_fields(order.body, DATASETS),
        "scheduled": order.scheduled,
        "previous": select_fields(order.previous, DATASETS) if order.previous else None,
        "effects": [entry for entry in world.ledger if entry["order_id"] == order.id],
    }


def place(world: World, spec: dict[str, Any]) -> str:
    """Place an order; `spec` has fields of `generator.OrderSpec`. Return the order number."""
    unknown = set(spec) - {field.name for field in fields(OrderSpec)}
    if unknown:
        raise ControlError(400, f"an order has no {', '.join(sorted(unknown))}")
    if spec.get("status", "UNSHIPPED") not in STATUSES or spec.get("fulfilled_by", "MERCHANT") not in (
        "MERCHANT",
        "AMAZON",
    ):
        raise ControlError(400, "an order is placed as MERCHANT or AMAZON with a status of " + ", ".join(STATUSES))
    lines = spec.get("lines")
    if lines is not None:
        spec = {**spec, "lines": tuple((int(number), max(int(quantity), 1)) for number, quantity in lines)}
    for name in ("programs", "features"):
        if name in spec:
            spec = {**spec, name: tuple(map(str, spec[name]))}
    return scenarios.place(world, **spec)


def change_order(world: World, order_id: str, verb: str, options: dict[str, Any]) -> OrderRecord:
    """Change an order: `cancel` (actor, reason), `request-cancel` (reason), `ship`, `release`, `refund` (item,
    amount) or `return` (line, quantity, reason, returnless).
    """
    order = find_order(world, order_id)
    reason = str(options.get("reason") or "")
    if verb == "cancel":
        actor = str(options.get("actor") or "BUYER")
        if actor not in ("BUYER", "MERCHANT", "AMAZON"):
            raise ControlError(400, "an order is cancelled by BUYER, MERCHANT or AMAZON")
        lifecycle.cancel(world, order, actor=actor, reason=reason or "No reason given", channel="control")
    elif verb == "request-cancel":
        lifecycle.request_cancel(world, order, reason)
    elif verb == "ship":
        lifecycle.ship(world, order, channel="control")
    elif verb == "return":
        returns.open_return(
            world,
            order,
            item=int(options.get("line") or 0),
            quantity=int(options.get("quantity") or 1),
            returnless=bool(options.get("returnless")),
            **({"reason": reason} if reason else {}),
        )
    elif verb == "refund":
        adjustments.refund_remaining(world, order, str(options.get("item") or ""), str(options.get("amount") or ""))
    else:
        lifecycle.release(world, order)
    return order


def set_clock(world: World, options: dict[str, Any]) -> dict[str, object]:
    """Change the clock: `move` it forward by seconds, `freeze` it (true, or a time) or `thaw` it."""
    if options.get("freeze"):
        world.clock.freeze(None if options["freeze"] is True else parse_iso(str(options["freeze"])))
    if options.get("thaw"):
        world.clock.thaw()
    if options.get("move"):
        world.clock.move(float(options["move"]))
    world.mark_unsaved("meta", "world", None)
    world.advance()
    return world.clock.as_json()


def describe_faults(world: World) -> dict[str, Any]:
    return {
        "kinds": [asdict(kind) for kind in FAULT_KINDS.values()],
        "armed": [asdict(fault) for fault in world.faults.list_armed()],
    }


def arm_fault(world: World, options: dict[str, Any]) -> int:
    """Arm `name` with `operation`, `times` (null: until disarmed), `probability` and `options`; return its id."""
    times = options.get("times", 1)
    return world.faults.arm(
        str(options.get("name")),
        options.get("operation") or None,
        times=None if times is None else int(times),
        probability=float(options.get("probability", 1)),
        **options.get("options", {}),
    )


def disarm_faults(world: World, which: str | None) -> int:
    return world.faults.disarm(int(which) if which and which.isdigit() else which)


def list_settings(world: World) -> dict[str, Any]:
    seconds = {name: getattr(world, name) for name in SECONDS}
    return {**world.switches, **seconds, "limits": world.limits.mode}


def change_settings(world: World, options: dict[str, Any]) -> dict[str, Any]:
    """Change switches (true or false), `SECONDS` and `limits`; return all settings."""
    unknown = set(options) - set(list_settings(world))
    if unknown:
        raise ControlError(400, f"there is no setting {', '.join(sorted(unknown))}")
    for name, value in options.items():
        if name in SECONDS:
            setattr(world, name, max(float(value), 0.0))
        elif name == "limits":
            world.limits = Limits(str(value))
        else:
            world.switches[name] = bool(value)
    world.mark_unsaved("meta", "world", None)
    return list_settings(world)


def reset(world: World, options: dict[str, Any]) -> dict[str, Any]:
    """Start again with `scenario` and `seed`."""
    world.reset(str(options.get("scenario") or "busy_monday"), int(options.get("seed") or 1))
    return {"scenario": world.scenario, "seed": world.seed, "orders": len(world.orders)}
