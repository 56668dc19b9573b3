"""The desk as pages, at /_desk: plain forms, no JavaScript. A post does its work and goes back with what came of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from simulator.http.dispatch import the_world
from simulator.operations import control, scenarios
from simulator.state import faults

if TYPE_CHECKING:
    from simulator.operations.world import World

pages = Blueprint("desk", __name__, url_prefix="/_desk")
pages.before_request(control.refuse_strangers)

SHOWN = 100
STYLE = Path(__file__).parent / "templates" / "control.css"


def page(template: str, read: Callable[["World"], dict[str, Any]]) -> str:
    """A page drawn from what `read` found while time stood still."""
    return control.do(
        the_world(),
        lambda world: render_template(
            template, world=world, clock=world.clock.as_json(), said=request.args.get("said", ""), **read(world)
        ),
    )


def done(work: Callable[["World"], str], where: str, **address: Any) -> AnyResponse:
    """Do `work` and show its sentence, or why it could not be done, on the page `where`."""
    try:
        said = control.do(the_world(), work)
    except control.Impossible as problem:
        said = f"Not possible: {problem}"
    return redirect(url_for(where, said=said, **address), code=303)


@pages.errorhandler(control.Impossible)
def not_possible(problem: control.Impossible) -> tuple[str, int]:
    return page("problem.html", lambda _: {"problem": str(problem)}), problem.status


@pages.get("/desk.css")
def style() -> Response:
    return Response(STYLE.read_bytes(), content_type="text/css; charset=utf-8")


@pages.get("")
@pages.get("/")
def orders() -> str:
    status = request.args.get("status", "")

    def read(world: "World") -> dict[str, Any]:
        found = [order for order in control.newest(world) if status in ("", order.status)]
        countries = [country for seller in world.sellers.values() for country in seller.countries]
        return {
            "orders": [control.summary(order) for order in found[:SHOWN]],
            "count": len(found),
            "status": status,
            "countries": countries,
            "statuses": control.STATUSES,
        }

    return page("orders.html", read)


@pages.post("/orders")
def place() -> AnyResponse:
    def work(world: "World") -> str:
        wishes = {name: request.form[name] for name in ("country", "fulfilled_by", "status")}
        return f"Placed {control.place(world, wishes)}"

    return done(work, "desk.orders")


@pages.get("/orders/<order_id>")
def order(order_id: str) -> str:
    return page("order.html", lambda world: {"order": control.details(world, control.found(world, order_id))})


@pages.post("/orders/<order_id>/<any('cancel', 'request-cancel', 'ship', 'release', 'refund'):verb>")
def act(order_id: str, verb: str) -> AnyResponse:
    def work(world: "World") -> str:
        changed = control.act(world, order_id, verb, request.form.to_dict())
        return f"{changed.id} is {changed.status}" + (", its buyer asks to cancel" if verb == "request-cancel" else "")

    return done(work, "desk.order", order_id=order_id)


@pages.get("/faults")
def fault_list() -> str:
    return page(
        "faults.html",
        lambda world: {"kinds": faults.KINDS.values(), "armed": world.faults.armed(), "operations": faults.OPERATIONS},
    )


@pages.post("/faults")
def arm() -> AnyResponse:
    form = request.form
    own = {
        name: form[f"option_{name}"]
        for name in ("seconds", "dataset", "answer", "how", "after")
        if form.get(f"option_{name}")
    }
    kind = faults.KINDS.get(form.get("name", ""))
    options = {name: value for name, value in own.items() if kind and name in kind.options}
    wish = {
        "name": form.get("name"),
        "operation": form.get("operation"),
        "times": form.get("times") or None,
        "probability": form.get("probability") or 1,
        "options": options,
    }
    return done(lambda world: f"Armed {wish['name']} as number {control.arm(world, wish)}", "desk.fault_list")


@pages.post("/faults/disarm")
def disarm() -> AnyResponse:
    which = request.form.get("which") or None
    return done(lambda world: f"Disarmed {control.disarm(world, which)}", "desk.fault_list")


@pages.get("/ledger")
def ledger() -> str:
    return page("ledger.html", lambda world: {"entries": world.ledger[::-1][:500]})


@pages.get("/calls")
def calls() -> str:
    return page("calls.html", lambda world: {"calls": reversed(world.calls)})


@pages.get("/settings")
def settings() -> str:
    base = request.host_url.rstrip("/")
    return page(
        "settings.html",
        lambda world: {
            "credentials": [seller.credentials(base) for seller in world.sellers.values()],
            "switches": control.switches(world),
            "scenarios": [*scenarios.SCENARIOS, "many:2000"],
        },
    )


@pages.post("/clock")
def move_clock() -> AnyResponse:
    seconds = {"move": request.form.get("seconds", "0")}
    return done(lambda world: f"It is now {control.set_clock(world, seconds)['now']}", "desk.orders")


@pages.post("/switches")
def switch() -> AnyResponse:
    form = request.form
    wish: dict[str, Any] = {name: form[name] for name in (*control.SECONDS, "limits") if form.get(name)}
    wish.update({name: name in form for name in ("rest_cancel", "gzip_results")})

    def work(world: "World") -> str:
        control.set_switches(world, wish)
        return "Changed"

    return done(work, "desk.settings")


@pages.post("/reset")
def reset() -> AnyResponse:
    form = request.form.to_dict()
    return done(lambda world: "A new world with {orders} orders".format(**control.reset(world, form)), "desk.orders")
