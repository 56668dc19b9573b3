"""`channeldesk amazon-orders`: list and show Amazon orders, and cancel them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from redis.exceptions import RedisError

from webapp.cli.base import (
    Group,
    data_dir_option,
    format_instant,
    json_option,
    number_argument,
    number_type,
    open_app,
    show,
)
from webapp.domain.amazon import statuses
from webapp.domain.common.money import Money
from webapp.domain.submissions import cancellation
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderItem


@click.group("amazon-orders", cls=Group)
def amazon_orders() -> None:
    """List and show Amazon orders, and cancel them."""


@amazon_orders.command("list")
@click.option("--store", help="Only those of this store, by its name or its slug.")
@click.option("--status", help="Only those with this status, in either of Amazon's spellings: UNSHIPPED, Unshipped.")
@click.option("--limit", type=number_type, default=100, show_default=True, help="Number of orders.")
@data_dir_option
@json_option
def list_orders(store: str | None, status: str | None, limit: int, data_dir: Path | None, as_json: bool) -> None:
    """List Amazon orders, the latest purchase first."""
    from webapp.core.extensions import db
    from webapp.queries.sync.amazon_orders import find_order_numbers, list_latest
    from webapp.services.accounts import stores

    with open_app(data_dir):
        session = db.session()
        conditions = []
        if store:
            conditions.append(AmazonOrder.store_id == stores.find(session, store).id)
        if status:
            conditions.append(AmazonOrder.status == statuses.normalise(status))
        orders = list_latest(session, conditions, limit)
        numbers = find_order_numbers(session, [order.id for order in orders])
        show([serialize(order, numbers.get(order.id)) for order in orders], as_json, _format_list)


@amazon_orders.command("show")
@number_argument
@data_dir_option
@json_option
def show_order(number: str, data_dir: Path | None, as_json: bool) -> None:
    """Show one Amazon order, by Amazon's NUMBER."""
    from webapp.core.extensions import db
    from webapp.queries.sync.amazon_orders import find_order_numbers, get_by_number

    with open_app(data_dir):
        session = db.session()
        order = get_by_number(session, number)
        show(serialize(order, find_order_numbers(session, [order.id]).get(order.id)), as_json, _format_details)


@amazon_orders.command()
@number_argument
@click.option("--reason", required=True, help=f"Amazon's code: {', '.join(row.code for row in cancellation.REASONS)}.")
@click.option("--no-undo", is_flag=True, help="Send it at once, without an undo window.")
@data_dir_option
@json_option
def cancel(number: str, reason: str, no_undo: bool, data_dir: Path | None, as_json: bool) -> None:
    """Cancel an unshipped order at Amazon, by Amazon's NUMBER. `submissions list` shows the result."""
    from webapp.core import queue
    from webapp.core.extensions import db, settings
    from webapp.queries.sync.amazon_orders import get_id
    from webapp.services.submissions import cancellations

    with open_app(data_dir):
        session = db.session()
        submission = cancellations.request(
            session,
            get_id(session, number),
            reason,
            undo_seconds=0 if no_undo else settings().undo_seconds,
            now=datetime.now(UTC),
            actor="cli",
        )
        data = {
            "id": submission.id,
            "kind": submission.kind,
            "amazon_order_number": number,
            "state": submission.state,
            "message": submission.message,
            "request_id": submission.request_id,
        }
        try:
            queue.enqueue(queue.redis(), "advance_submissions", submission.account_id)
        except RedisError:
            click.echo("Redis does not answer. The request is stored and will be sent once Redis is back.", err=True)
        show(data, as_json, lambda row: iter([f"Submission {row['id']}: cancelling {number} is {row['state']}."]))


def serialize(order: AmazonOrder, order_number: str | None) -> dict[str, Any]:
    """Return the order for JSON; docs/cli.md lists the keys."""
    from webapp.messages import text_for

    return {
        "number": order.number,
        "store": order.store.name,
        "marketplace": order.store.marketplace.country_code,
        "status": order.status,
        "fulfilled_by": order.fulfilled_by,
        "purchase_date": format_instant(order.purchased_at),
        "last_updated": format_instant(order.last_updated_at),
        "buyer_name": order.buyer_name,
        "total": order.money.as_json() if order.money else None,
        "items": [_serialize_item(item) for item in order.items],
        "ship_to": order.recipient_override or order.recipient,
        "order_number": order_number,
        "note": text_for(order.note, order.note_args) if order.note else None,
    }


def _serialize_item(item: AmazonOrderItem) -> dict[str, Any]:
    def money(minor: int | None) -> dict[str, str] | None:
        return None if minor is None or item.currency is None else Money(minor, item.currency).as_json()

    return {
        "order_item_id": item.order_item_id,
        "sku": item.sku,
        "asin": item.asin,
        "title": item.title,
        "quantity": item.quantity,
        "quantity_shipped": item.quantity_shipped,
        "unit_price": money(item.unit_price),
        "total": money(item.total),
    }


def format_amount(money: dict[str, str] | None) -> str:
    return f"{money['amount']} {money['currency']}" if money else "-"


def _format_list(rows: list[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "There are no such Amazon orders."
    for row in rows:
        yield (
            f"{row['number']:<19}  {row['purchase_date'][:16]}  {row['status']:<18}  "
            f"{format_amount(row['total']):>14}  {row['store']}  {row['note'] or ''}".rstrip()
        )


def _format_details(order: dict[str, Any]) -> Iterator[str]:
    for name in ("number", "store", "status", "fulfilled_by", "purchase_date", "buyer_name", "order_number", "note"):
        yield f"{name.replace('_', ' '):<14} {order[name] or '-'}"
    yield f"{'total':<14} {format_amount(order['total'])}"
    for value in (order["ship_to"] or {}).values():
        yield f"{'ship to':<14} {value}"
    for item in order["items"]:
        yield f"{'item':<14} {item['quantity']} x {item['title'] or item['sku'] or '-'}  {format_amount(item['total'])}"
