"""`channeldesk orders`: list and show orders."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from webapp.cli.amazon_orders import priced
from webapp.cli.base import Group, data_dir_option, desk, json_option, number_argument, number_type, show
from webapp.models.orders import Order

_COUNTS = ("ordered", "invoiced", "shipped", "refunded", "canceled")


@click.group(cls=Group)
def orders() -> None:
    """List, show, process and export orders."""


@orders.command("list")
@click.option("--limit", type=number_type, default=100, show_default=True, help="Number of orders.")
@data_dir_option
@json_option
def list_orders(limit: int, data_dir: Path | None, as_json: bool) -> None:
    """List orders, the latest purchase first."""
    from webapp.core.extensions import db
    from webapp.queries.orders.orders import list_latest

    with desk(data_dir):
        show([described(order) for order in list_latest(db.session(), limit)], as_json, _lines)


@orders.command("show")
@number_argument
@data_dir_option
@json_option
def show_order(number: str, data_dir: Path | None, as_json: bool) -> None:
    """Show one order, by its own NUMBER or by Amazon's."""
    from webapp.core.extensions import db
    from webapp.queries.orders.orders import find_number, get_by_number

    with desk(data_dir):
        session = db.session()
        show(described(get_by_number(session, find_number(session, number) or number)), as_json, story)


def described(order: Order) -> dict[str, Any]:
    """Return the order for JSON; docs/cli.md lists the keys."""
    return {
        "number": order.number,
        "amazon_order_number": order.amazon_order.number,
        "state": order.state,
        "status": order.status or order.state,
        "total": order.money.as_json(),
        "items": [{"sku": item.sku} | {name: getattr(item, name) for name in _COUNTS} for item in order.items],
    }


def _lines(found: list[dict[str, Any]]) -> Iterator[str]:
    if not found:
        yield "There are no Orders yet."
    for one in found:
        yield (
            f"{one['number']:<10}  {one['amazon_order_number']:<19}  {one['status']:<15}  {priced(one['total']):>14}"
        ).rstrip()


def story(one: dict[str, Any]) -> Iterator[str]:
    """Yield the text lines for an order as returned by `described`."""
    for name in ("number", "amazon_order_number", "state", "status"):
        yield f"{name.replace('_', ' '):<20} {one[name]}"
    yield f"{'total':<20} {priced(one['total'])}"
    for item in one["items"]:
        counts = ", ".join(f"{name} {item[name]}" for name in _COUNTS)
        yield f"{item['sku'] or '-':<20} {counts}"
    if "document" in one:
        yield f"{'document':<20} {one['document']}"
