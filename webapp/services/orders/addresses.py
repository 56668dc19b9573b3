"""Correct the addresses of an order. Corrections are not sent to Amazon."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.domain.common import addresses
from webapp.domain.errors import InvalidError
from webapp.models.orders import Order
from webapp.queries.orders.detail import OrderDetail
from webapp.services import audit_log
from webapp.services.orders import editing as order_editing

# Kind of address → (its column, the column of its name for lists).
COLUMNS = {"billing": ("billing", "bill_to_name"), "shipping": ("shipping_address", "ship_to_name")}


def get_amazon_address(order: Order | OrderDetail, which: str) -> dict[str, str] | None:
    """Return the address as Amazon gave it, or None. For billing, Amazon gives only the name."""
    amazon_order = order.amazon_order
    if which == "shipping":
        return amazon_order.recipient
    return {"name": amazon_order.buyer_name} if amazon_order.buyer_name else None


def correct(
    session: Session, order_id: int, which: str, entered: Mapping[str, str], *, now: datetime, actor: str
) -> None:
    """Replace the billing or shipping address (`which`). Commits. Raises InvalidError naming the field."""
    with order_editing.edit_order(session, order_id) as order:
        before = getattr(order, COLUMNS[which][0]) or {}
        # Keep the fields that the form does not show.
        address = {name: before[name] for name in before if name not in addresses.EDITABLE} | addresses.clean(entered)
        changed = sorted(name for name in before.keys() | address.keys() if before.get(name) != address.get(name))
        if not changed:
            raise InvalidError("address_same", field="line1")
        _set_address(order, which, address)
        audit_log.record_on_order(session, f"{which}_address_corrected", order, now=now, actor=actor, fields=changed)


def restore(session: Session, order_id: int, which: str, *, now: datetime, actor: str) -> None:
    """Restore Amazon's address. Commits; does nothing if it has not been corrected."""
    with order_editing.edit_order(session, order_id) as order:
        address = get_amazon_address(order, which)
        if getattr(order, COLUMNS[which][0]) != address:
            _set_address(order, which, address)
            audit_log.record_on_order(session, f"{which}_address_restored", order, now=now, actor=actor)


def _set_address(order: Order, which: str, address: dict[str, str] | None) -> None:
    column, name = COLUMNS[which]
    setattr(order, column, address)
    setattr(order, name, (address or {}).get("name"))
