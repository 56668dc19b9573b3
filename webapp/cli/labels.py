"""`channeldesk labels`: list the shipping labels bought from Amazon, and request refunds of unused ones."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webapp.cli.base import Group, data_dir_option, format_instant, json_option, number_type, open_app, show
from webapp.messages import text_for

if TYPE_CHECKING:
    from webapp.models.shipping_labels import ShippingLabel


@click.group(cls=Group)
def labels() -> None:
    """List shipping labels bought from Amazon, and request refunds of unused ones."""


@labels.command("list")
@click.option("--order", "number", default="", help="Only those of this order number.")
@click.option("--limit", type=number_type, default=100, show_default=True, help="Number of labels.")
@data_dir_option
@json_option
def list_labels(number: str, limit: int, data_dir: Path | None, as_json: bool) -> None:
    """List the latest labels."""
    from webapp.core.extensions import db
    from webapp.queries.shipping import labels as queries

    with open_app(data_dir):
        show([_describe(label) for label in queries.list_latest(db.session(), limit, number)], as_json, _lines)


@labels.command()
@click.argument("label_id", type=number_type, metavar="ID")
@data_dir_option
@json_option
def refund(label_id: int, data_dir: Path | None, as_json: bool) -> None:
    """Request the refund of an unused label. A worker calls Amazon."""
    from webapp.core.extensions import db
    from webapp.queries.shipping import labels as queries
    from webapp.services.shipping import labels as service

    with open_app(data_dir):
        session = db.session()
        service.refund(session, label_id, now=datetime.now(UTC), actor="cli")
        show(_describe(queries.get(session, label_id)), as_json, lambda row: _lines([row]))


def _describe(label: "ShippingLabel") -> dict[str, Any]:
    return {
        "id": label.id,
        "order_number": label.order.number,
        "state": label.state,
        "carrier": label.carrier or None,
        "service": label.service or None,
        "tracking_number": label.tracking_number or None,
        "cost": label.money.as_json() if label.money is not None else None,
        "message": text_for(label.cause) if label.cause else None,
        "created_at": format_instant(label.created_at),
        "bought_at": format_instant(label.bought_at),
    }


def _lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        cost = f"{row['cost']['amount']} {row['cost']['currency']}" if row["cost"] else "-"
        parts = (row["order_number"], row["state"], row["service"] or "-", row["tracking_number"] or "-", cost)
        message = f"  {row['message']}" if row["message"] else ""
        yield f"{row['id']:>6}  {'  '.join(parts)}{message}"
