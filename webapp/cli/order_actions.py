"""`channeldesk orders hold|unhold|invoice|ship|refund|comment`: process one order."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from webapp.cli.base import data_dir_option, json_option, number_argument, open_app, show
from webapp.cli.order_export import export  # noqa: F401 - a command of the group, like those below
from webapp.cli.orders import format_details, orders, serialize
from webapp.domain.errors import InvalidError
from webapp.domain.invoicing.amazon_refunds import COMMON_REASONS, OTHER_REASONS
from webapp.domain.invoicing.drafts import CreditRequest, parse_amount
from webapp.domain.orders import state_machine as order_states
from webapp.domain.shipping import carriers
from webapp.domain.shipping.carrier_names import find_by_exact_name
from webapp.domain.shipping.parcels import Parcel
from webapp.domain.shipping.tracking.numbers import CARRIER_QUESTIONS, classify
from webapp.models.orders import Order

_comment_option = click.option("--comment", default="", help="A comment to add.")
_items_option = click.option(
    "--item",
    "items",
    multiple=True,
    metavar="SKU=QUANTITY",
    help="Quantity of a line; repeatable. Default: all remaining.",
)


@orders.command()
@number_argument
@click.option("--reason", required=True, help="The reason of the hold.")
@click.option("--until", metavar="TIME", help="When it is released automatically, in ISO 8601; UTC without a zone.")
@data_dir_option
@json_option
def hold(number: str, reason: str, until: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Put an order on hold."""
    from webapp.messages import text_for
    from webapp.services.orders import holds

    def step(session: Session, order: Order, about: dict[str, Any]) -> None:
        held = holds.hold(session, order.id, reason, until=_parse_instant(until), **about)
        if order_states.is_held_past(held.ship_by, held.hold_until):
            click.echo(text_for("held_past_ship_by"), err=True)

    _process(number, data_dir, as_json, step)


@orders.command()
@number_argument
@data_dir_option
@json_option
def unhold(number: str, data_dir: Path | None, as_json: bool) -> None:
    """Release an order from a hold."""
    from webapp.services.orders import holds

    def step(session: Session, order: Order, about: dict[str, Any]) -> None:
        holds.unhold(session, order.id, **about)

    _process(number, data_dir, as_json, step)


@orders.command()
@number_argument
@_items_option
@_comment_option
@data_dir_option
@json_option
def invoice(number: str, items: tuple[str, ...], comment: str, data_dir: Path | None, as_json: bool) -> None:
    """Invoice an order or part of it."""
    from webapp.services.invoicing import invoices

    def step(session: Session, order: Order, about: dict[str, Any]) -> str:
        quantities = _parse_quantities(order, items)
        return invoices.create(session, order.id, quantities, comment=comment, **about).number

    _process(number, data_dir, as_json, step)


@orders.command()
@number_argument
@_items_option
@click.option("--tracking", default="", metavar="NUMBER", help="The tracking number; Amazon requires one.")
@click.option("--carrier", default="", help="Its name or Amazon's code. Default: detected from the number.")
@click.option(
    "--service", default="", metavar="NAME", help="The carrier's service. Default: the order's service level."
)
@click.option(
    "--transparency-code",
    "transparency_codes",
    multiple=True,
    metavar="SKU=CODE",
    help="Transparency code of a unit; repeatable, one for each unit.",
)
@click.option("--shared-parcel", is_flag=True, help="Another order with this tracking number is in the parcel too.")
@click.option(
    "--accept-number", is_flag=True, help="Accept the tracking number although its format or check digit is doubtful."
)
@click.option("--no-undo", is_flag=True, help="Send it at once, without an undo window.")
@click.option("--ship-anyway", is_flag=True, help="Ship although the buyer has requested to cancel.")
@_comment_option
@data_dir_option
@json_option
def ship(
    number: str,
    items: tuple[str, ...],
    tracking: str,
    carrier: str,
    service: str,
    transparency_codes: tuple[str, ...],
    shared_parcel: bool,
    accept_number: bool,
    no_undo: bool,
    ship_anyway: bool,
    comment: str,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Ship an order or part of it as one parcel, and confirm it to Amazon. `submissions list` shows the result."""
    from webapp.core.extensions import settings
    from webapp.services.shipping import shipments

    def step(session: Session, order: Order, about: dict[str, Any]) -> str:
        code, name = _find_carrier(carrier, tracking, order.store.marketplace.country_code)
        parcel = Parcel(
            _parse_quantities(order, items),
            code,
            name,
            tracking,
            shared=shared_parcel,
            confirmed=accept_number,
            shipping_method=service,
            transparency_codes=_parse_transparency_codes(order, transparency_codes),
        )
        undo_seconds = 0 if no_undo else settings().undo_seconds
        about |= {"comment": comment, "undo_seconds": undo_seconds, "ship_anyway": ship_anyway}
        return shipments.create(session, order.id, [parcel], **about).number

    _process(number, data_dir, as_json, step)


@orders.command()
@number_argument
@_items_option
@click.option(
    "--shipping", metavar="AMOUNT", help="Refunded shipping. Default: all remaining with all items, else none."
)
@click.option("--adjustment-refund", default="0", metavar="AMOUNT", help="Refunded in addition to the items.")
@click.option("--adjustment-fee", default="0", metavar="AMOUNT", help="Deducted from the refund.")
@click.option("--on-amazon", is_flag=True, help="Refund the buyer through Amazon; needs --reason.")
@click.option(
    "--reason",
    type=click.Choice([*COMMON_REASONS, *OTHER_REASONS]),
    help="Amazon's reason code; only with --on-amazon.",
)
@click.option("--no-undo", is_flag=True, help="Send it at once, without an undo window.")
@_comment_option
@data_dir_option
@json_option
def refund(
    number: str,
    items: tuple[str, ...],
    shipping: str | None,
    adjustment_refund: str,
    adjustment_fee: str,
    on_amazon: bool,
    reason: str | None,
    no_undo: bool,
    comment: str,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Create a credit memo of an order or part of it: recorded only, or refunded through Amazon.

    The worker or `submissions run` sends the refund after the undo window.
    """
    from webapp.core.extensions import settings
    from webapp.services.invoicing import credit_memos

    if on_amazon != (reason is not None):
        raise click.UsageError("--on-amazon and --reason go together.")
    if no_undo and not on_amazon:
        raise click.UsageError("--no-undo is for --on-amazon; a credit memo that is only recorded cannot be undone.")

    def step(session: Session, order: Order, about: dict[str, Any]) -> str:
        quantities = _parse_quantities(order, items)
        currency = order.currency
        credit_request = CreditRequest(
            quantities,
            parse_amount(shipping, currency, "shipping") if shipping is not None else None if quantities is None else 0,
            parse_amount(adjustment_refund, currency, "adjustment_refund"),
            parse_amount(adjustment_fee, currency, "adjustment_fee"),
        )
        return credit_memos.create(
            session,
            order.id,
            credit_request,
            on_amazon=on_amazon,
            reason=reason or "",
            undo_seconds=0 if no_undo else settings().undo_seconds,
            comment=comment,
            **about,
        ).number

    _process(number, data_dir, as_json, step)


@orders.command()
@number_argument
@click.argument("text")
@click.option("--status", help='The store\'s own word within the state; "" for none.')
@data_dir_option
@json_option
def comment(number: str, text: str, status: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Add a comment to an order."""
    from webapp.services.orders import comments

    def step(session: Session, order: Order, about: dict[str, Any]) -> None:
        comments.create(session, order.id, text, status=status, **about)

    _process(number, data_dir, as_json, step)


def _process(
    number: str, data_dir: Path | None, as_json: bool, step: Callable[[Session, Order, dict[str, Any]], str | None]
) -> None:
    """Run an action, and print the order with the number of a new document."""
    from webapp.core.extensions import db
    from webapp.queries.orders.orders import find_number, get_by_number

    with open_app(data_dir):
        session = db.session()
        order = get_by_number(session, find_number(session, number) or number)
        document_number = step(session, order, {"now": datetime.now(UTC), "actor": "cli"})
        data = serialize(order) | ({} if document_number is None else {"document": document_number})
        show(data, as_json, format_details)


def _parse_quantities(order: Order, items: Sequence[str]) -> dict[int, int] | None:
    """Return quantities by line id, or None without items. A repeated SKU means its next line."""
    if not items:
        return None
    quantities: dict[int, int] = {}
    for text in items:
        sku, _, quantity = text.rpartition("=")
        lines = [item for item in order.items if (item.sku or "-") == sku and item.id not in quantities]
        if not lines or not quantity.lstrip("-").isdecimal():
            skus = ", ".join(item.sku or "-" for item in order.items)
            raise InvalidError("item_unreadable", text=text, known=skus)
        quantities[lines[0].id] = int(quantity)
    return quantities


def _parse_transparency_codes(order: Order, entries: Sequence[str]) -> dict[int, list[str]]:
    """Return the codes by line id. Raises InvalidError for a SKU that the order does not have."""
    codes: dict[int, list[str]] = {}
    for entry in entries:
        sku, _, code = entry.partition("=")
        line = next((item for item in order.items if (item.sku or "-") == sku), None)
        if line is None or not code.strip():
            skus = ", ".join(item.sku or "-" for item in order.items)
            raise InvalidError("transparency_code_unreadable", text=entry, known=skus)
        codes.setdefault(line.id, []).append(code.strip())
    return codes


def _find_carrier(text: str, tracking_number: str, country: str) -> tuple[str, str]:
    """Return Amazon's code and the name of the carrier: the given one, or the one detected from the number.

    Raises InvalidError where the number does not tell it.
    """
    if not text.strip():
        classification = classify(tracking_number, country=country)
        if classification.code in CARRIER_QUESTIONS:
            raise InvalidError(classification.code, field="carrier", **classification.args)
        return (classification.carrier.code, classification.carrier.name) if classification.carrier else ("", "")
    carrier = find_by_exact_name(text)
    return (carrier.code, carrier.name) if carrier else (carriers.OTHER, " ".join(text.split()))


def _parse_instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidError("time_unreadable", field="until", text=text) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
