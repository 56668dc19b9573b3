"""Actions of people on an Amazon order: correct its address, create its order, view a stored body."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.common import addresses
from webapp.domain.errors import InvalidError, NotFoundError, RefusedError
from webapp.domain.sync import import_rules as rule
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderVersion
from webapp.models.orders import Order
from webapp.services import audit_log
from webapp.services.accounts import locking
from webapp.services.products import availability_check
from webapp.services.sync.importing import order_decisions
from webapp.services.sync.importing import upsert as amazon_order_upsert
from webapp.services.sync.reports import reported_orders


def correct_address(
    session: Session, amazon_order_id: int, entered: Mapping[str, str], *, now: datetime, actor: str
) -> None:
    """Store an address that replaces Amazon's here. Amazon is not informed. Commits.

    Orders created from now on use it; an existing order keeps its own. Raises InvalidError naming the field.
    """
    row = _load_locked(session, amazon_order_id)
    address = addresses.clean(entered)
    before = row.recipient_override or row.recipient or {}
    # Fields that the form does not show keep Amazon's values.
    address = {name: before[name] for name in before if name not in addresses.EDITABLE} | address
    changed = sorted(name for name in before.keys() | address.keys() if before.get(name) != address.get(name))
    if not changed:
        session.rollback()
        raise InvalidError("address_same", field="line1")
    is_restored = address == (row.recipient or {})
    row.recipient_override = None if is_restored else address
    kind = "address_restored" if is_restored else "address_corrected"
    audit_log.record_on_amazon_order(session, kind, row, now=now, actor=actor, fields=changed)
    session.commit()


def restore_address(session: Session, amazon_order_id: int, *, now: datetime, actor: str) -> None:
    """Remove the corrected address, if any, so that Amazon's is used again. Commits."""
    row = _load_locked(session, amazon_order_id)
    if row.recipient_override is not None:
        row.recipient_override = None
        audit_log.record_on_amazon_order(session, "address_restored", row, now=now, actor=actor)
    session.commit()


def create_order(session: Session, amazon_order_id: int, *, now: datetime, actor: str) -> str:
    """Create an order that the import did not create, also if it is older than the store. Returns its number. Commits.

    Raises RefusedError with the reason, which is stored on the Amazon order if it may pass.
    """
    row = _load_locked(session, amazon_order_id)
    settings = replace(order_decisions.store_settings(row.store), orders_from=row.purchased_at)
    existing = session.scalar(select(Order.number).where(Order.amazon_order_id == row.id))
    if existing is not None:
        session.rollback()
        raise RefusedError("order_exists", number=existing)
    if reported_orders.is_reported_only(session, row.id):
        session.rollback()
        raise RefusedError("order_only_reported")
    order = amazon_order_upsert.to_domain(row)
    decision = rule.decide(order, settings)
    if decision.what == rule.BLOCK:
        order_decisions.retry(session, [row], now=now, actor=actor)
        session.commit()
        raise RefusedError(decision.cause or "")
    if decision.what == rule.NOTHING:
        reason = rule.find_waiting_reason(order, settings)
        session.rollback()
        raise RefusedError(reason, status=order.status)
    due, block_reasons = availability_check.filter_ready(session, row.account_id, [(row.id, order, row.store)], now=now)
    if row.id in block_reasons:
        block_reason = block_reasons[row.id]
        order_decisions.set_block_reason(row, order_decisions.to_decision(block_reason))
        session.commit()
        raise RefusedError(block_reason.cause, sku=block_reason.sku)
    numbers = order_decisions.create_orders(session, due, now=now, actor=actor)
    session.commit()
    return numbers[amazon_order_id]


def reveal_version(session: Session, amazon_order_id: int, version_id: int, *, now: datetime, actor: str) -> Any:
    """Return the complete body of a version and record in the history that it was viewed. Commits."""
    row = _load_locked(session, amazon_order_id)
    version = session.get(AmazonOrderVersion, version_id)
    if version is None or version.amazon_order_id != row.id:
        session.rollback()
        raise NotFoundError("version_unknown", version=version_id)
    audit_log.record_on_amazon_order(session, "version_revealed", row, now=now, actor=actor, version=version_id)
    body = version.body
    session.commit()
    return body


def _load_locked(session: Session, amazon_order_id: int) -> AmazonOrder:
    return locking.load_locked(session, AmazonOrder, amazon_order_id, "amazon_order_unknown", number=amazon_order_id)
