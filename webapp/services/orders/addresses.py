"""Correcting the addresses of an Order: for us alone, Amazon is never told."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.domain.common import addresses
from webapp.domain.errors import InvalidError
from webapp.models.orders import Order
from webapp.queries.orders.detail import OrderDetail
from webapp.services import audit_log
from webapp.services.orders import editing as order_editing

# Which address → (the column that holds it, the column that holds its name for lists).
COLUMNS = {"billing": ("billing", "bill_to_name"), "shipping": ("shipping_address", "ship_to_name")}


def told(order: Order | OrderDetail, which: str) -> dict[str, str] | None:
    """The address as Amazon tells it, None where it has not. Of who pays it tells the name alone."""
    amazon = order.amazon_order
    if which == "shipping":
        return amazon.recipient
    return {"name": amazon.buyer_name} if amazon.buyer_name else None


def correct(
    session: Session, order_id: int, which: str, entered: Mapping[str, str], *, now: datetime, actor: str
) -> None:
    """Put this in the place of the `which` address. Commits. Raises InvalidError naming the field."""
    with order_editing.edit_order(session, order_id) as order:
        before = getattr(order, COLUMNS[which][0]) or {}
        # What the form does not show stays as it was.
        wanted = {name: before[name] for name in before if name not in addresses.EDITABLE} | addresses.clean(entered)
        changed = sorted(name for name in before.keys() | wanted.keys() if before.get(name) != wanted.get(name))
        if not changed:
            raise InvalidError("address_same", field="line1")
        _write(order, which, wanted)
        audit_log.record_on_order(session, f"{which}_address_corrected", order, now=now, actor=actor, fields=changed)


def restore(session: Session, order_id: int, which: str, *, now: datetime, actor: str) -> None:
    """Take Amazon's again. Commits; harmless when it is Amazon's already."""
    with order_editing.edit_order(session, order_id) as order:
        amazons = told(order, which)
        if getattr(order, COLUMNS[which][0]) != amazons:
            _write(order, which, amazons)
            audit_log.record_on_order(session, f"{which}_address_restored", order, now=now, actor=actor)


def _write(order: Order, which: str, wanted: dict[str, str] | None) -> None:
    column, name = COLUMNS[which]
    setattr(order, column, wanted)
    setattr(order, name, (wanted or {}).get("name"))
