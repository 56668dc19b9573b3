"""What people do with an Amazon order here: correct its address, make its Order by hand, look at what Amazon sent."""

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
from webapp.services.accounts import accounts
from webapp.services.products import availability_check
from webapp.services.sync import order_decisions
from webapp.services.sync import upsert as amazon_order_upsert


def correct_address(
    session: Session, amazon_order_id: int, entered: Mapping[str, str], *, now: datetime, actor: str
) -> None:
    """Put an address in the place of Amazon's, for us alone. Commits.

    Orders made from now on take it; an Order that is there keeps its own. Raises InvalidError naming the field.
    """
    known = _locked(session, amazon_order_id)
    wanted = addresses.clean(entered)
    before = known.recipient_override or known.recipient or {}
    # What the form does not show stays as Amazon said it.
    wanted = {name: before[name] for name in before if name not in addresses.EDITABLE} | wanted
    changed = sorted(name for name in before.keys() | wanted.keys() if before.get(name) != wanted.get(name))
    if not changed:
        session.rollback()
        raise InvalidError("address_same", field="line1")
    back = wanted == (known.recipient or {})
    known.recipient_override = None if back else wanted
    kind = "address_restored" if back else "address_corrected"
    audit_log.record_on_amazon_order(session, kind, known, now=now, actor=actor, fields=changed)
    session.commit()


def restore_address(session: Session, amazon_order_id: int, *, now: datetime, actor: str) -> None:
    """Take the local address away, so that Amazon's counts again. Commits; harmless when there is none."""
    known = _locked(session, amazon_order_id)
    if known.recipient_override is not None:
        known.recipient_override = None
        audit_log.record_on_amazon_order(session, "address_restored", known, now=now, actor=actor)
    session.commit()


def create_order(session: Session, amazon_order_id: int, *, now: datetime, actor: str) -> str:
    """Make the Order that import has not made, also of an order older than the store; answers its number. Commits.

    Raises RefusedError with the cause, which is written on the Amazon order where it may pass.
    """
    known = _locked(session, amazon_order_id)
    settings = replace(order_decisions.store_settings(known.store), orders_from=known.purchased_at)
    there = session.scalar(select(Order.number).where(Order.amazon_order_id == known.id))
    if there is not None:
        session.rollback()
        raise RefusedError("order_exists", number=there)
    order = amazon_order_upsert.to_domain(known)
    verdict = rule.decide(order, settings)
    if verdict.what == rule.BLOCK:
        order_decisions.retry(session, [known], now=now, actor=actor)
        session.commit()
        raise RefusedError(verdict.cause or "")
    if verdict.what == rule.NOTHING:
        refused = rule.why_waiting(order, settings)
        session.rollback()
        raise RefusedError(refused, status=order.status)
    due, hindered = availability_check.filter_ready(
        session, known.account_id, [(known.id, order, known.store)], now=now
    )
    for found in hindered.values():
        order_decisions.block(known, order_decisions.blocked_by(found))
        session.commit()
        raise RefusedError(found.cause, sku=found.sku)
    made = order_decisions.create_orders(session, due, now=now, actor=actor)
    session.commit()
    return made[amazon_order_id]


def reveal_version(session: Session, amazon_order_id: int, version_id: int, *, now: datetime, actor: str) -> Any:
    """The body of a version with all it holds; that it was looked at stands in the history. Commits."""
    known = _locked(session, amazon_order_id)
    version = session.get(AmazonOrderVersion, version_id)
    if version is None or version.amazon_order_id != known.id:
        session.rollback()
        raise NotFoundError("version_unknown", version=version_id)
    audit_log.record_on_amazon_order(session, "version_revealed", known, now=now, actor=actor, version=version_id)
    body = version.body
    session.commit()
    return body


def _locked(session: Session, amazon_order_id: int) -> AmazonOrder:
    account_id = session.scalar(select(AmazonOrder.account_id).where(AmazonOrder.id == amazon_order_id))
    if account_id is None:
        raise NotFoundError("amazon_order_unknown", number=amazon_order_id)
    accounts.lock_orders(session, account_id)
    return session.get_one(AmazonOrder, amazon_order_id, with_for_update=True)
