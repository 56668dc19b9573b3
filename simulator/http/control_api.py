"""The desk over JSON, under /_desk/api: what a person does with the mouse, for scripts and tests."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request

from simulator.http.dispatch import the_world
from simulator.http.responses import body
from simulator.operations import control, generator

if TYPE_CHECKING:
    from simulator.operations.world import World

pages = Blueprint("desk_api", __name__, url_prefix="/_desk/api")
pages.before_request(control.refuse_strangers)


def answered(work: Callable[["World", dict[str, Any]], Any]) -> Response:
    """Do `work` with the request's JSON; 404 for an unknown thing, 409 for what cannot be done, 400 for nonsense."""
    content = request.get_json(silent=True)
    try:
        return body(control.do(the_world(), lambda world: work(world, content if isinstance(content, dict) else {})))
    except control.Impossible as problem:
        return body({"error": str(problem)}, problem.status)


@pages.get("/credentials")
def credentials() -> Response:
    base = request.host_url.rstrip("/")
    return answered(lambda world, _: [seller.credentials(base) for seller in world.sellers.values()])


@pages.get("/goods")
def goods() -> Response:
    """What each seller sells, by its id: what a catalogue of theirs would hold."""
    return answered(
        lambda world, _: {
            seller.id: [good for marketplace in seller.marketplaces for good in generator.goods(marketplace)]
            for seller in world.sellers.values()
        }
    )


@pages.get("/orders")
def orders() -> Response:
    return answered(lambda world, _: [control.summary(order) for order in control.newest(world)])


@pages.get("/orders/<order_id>")
def order(order_id: str) -> Response:
    return answered(lambda world, _: control.details(world, control.found(world, order_id)))


@pages.post("/place")
def place() -> Response:
    return answered(lambda world, wishes: {"order_id": control.place(world, wishes)})


@pages.post("/orders/<order_id>/<any('cancel', 'request-cancel', 'ship', 'release', 'refund'):verb>")
def act(order_id: str, verb: str) -> Response:
    return answered(lambda world, options: control.details(world, control.act(world, order_id, verb, options)))


@pages.get("/clock")
def clock() -> Response:
    return answered(lambda world, _: world.clock.as_json())


@pages.post("/clock")
def move_clock() -> Response:
    return answered(control.set_clock)


@pages.get("/faults")
def faults() -> Response:
    return answered(lambda world, _: {"kinds": control.kinds(), "armed": control.armed(world)})


@pages.post("/faults")
def arm() -> Response:
    return answered(lambda world, options: {"id": control.arm(world, options), "armed": control.armed(world)})


@pages.delete("/faults")
@pages.delete("/faults/<which>")
def disarm(which: str | None = None) -> Response:
    return answered(lambda world, _: {"disarmed": control.disarm(world, which)})


@pages.get("/ledger")
def ledger() -> Response:
    return answered(lambda world, _: world.ledger)


@pages.get("/calls")
def calls() -> Response:
    return answered(lambda world, _: {"calls": list(world.calls), "counts": dict(world.call_counts)})


@pages.get("/switches")
def switches() -> Response:
    return answered(lambda world, _: control.switches(world))


@pages.post("/switches")
def set_switches() -> Response:
    return answered(control.set_switches)


@pages.post("/reset")
def reset() -> Response:
    return answered(control.reset)
