"""`channeldesk orders`: list and show orders."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from webapp.cli.amazon_orders import format_amount
from webapp.cli.base import Group, data_dir_option, json_option, number_argument, number_type, open_app, show
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

    with open_app(data_dir):
        show([serialize(order) for order in list_latest(db.session(), limit)], as_json, _format_list)


@orders.command("show")
@number_argument
@data_dir_option
@json_option
def show_order(number: str, data_dir: Path | None, as_json: bool) -> None:
    """Show one order, by its own NUMBER or by Amazon's."""
    from webapp.core.extensions import db
    from webapp.queries.orders.orders import find_number, get_by_number

    with open_app(data_dir):
        session = db.session()
        show(serialize(get_by_number(session, find_number(session, number) or number)), as_json, format_details)


def serialize(order: Order) -> dict[str, Any]:
    """Return the order for JSON; docs/cli.md lists the keys."""
    return {
        "number": order.number,
        "amazon_order_number": order.amazon_order.number,
        "state": order.state,
        "status": order.status or order.state,
        "total": order.money.as_json(),
        "items": [{"sku": item.sku} | {name: getattr(item, name) for name in _COUNTS} for item in order.items],
    }


def _format_list(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "There are no Orders yet."
    for row in rows:
        total = format_amount(row["total"])
        yield f"{row['number']:<10}  {row['amazon_order_number']:<19}  {row['status']:<15}  {total:>14}".rstrip()


def format_details(order: dict[str, Any]) -> Iterator[str]:
    """Yield the text lines for an order as returned by `described`."""
    for name in ("number", "amazon_order_number", "state", "status"):
        yield f"{name.replace('_', ' '):<20} {order[name]}"
    yield f"{'total':<20} {format_amount(order['total'])}"
    for item in order["items"]:
        counts = ", ".join(f"{name} {item[name]}" for name in _COUNTS)
        yield f"{item['sku'] or '-':<20} {counts}"
    if "document" in order:
        yield f"{'document':<20} {order['document']}"
