"""Shipping labels: of an order, of a bulk action, due ones, and the presets and sender addresses of stores."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, defer, joinedload

from webapp.domain.common.money import Money
from webapp.domain.errors import require
from webapp.domain.shipping import labels as domain
from webapp.models.orders import Order
from webapp.models.shipping_labels import LabelSender, PackagePreset, ShippingLabel
from webapp.queries import fences

# Money moves in these states: they wait while there is a fence.
_SENT = (domain.QUEUED, domain.REFUND_QUEUED)


def is_due(now: datetime) -> ColumnElement[bool]:
    """Match labels that a job has to work on now."""
    return and_(
        ShippingLabel.due_at <= now,
        or_(ShippingLabel.state.not_in(_SENT), ~fences.is_fenced()),
    )


def list_accounts_with_work(session: Session, now: datetime) -> list[int]:
    """List the ids of accounts with due labels."""
    return list(session.scalars(select(ShippingLabel.account_id).where(is_due(now)).distinct()))


def list_due_ids(session: Session, account_id: int, now: datetime, limit: int) -> list[int]:
    due = select(ShippingLabel.id).where(ShippingLabel.account_id == account_id, is_due(now))
    return list(session.scalars(due.order_by(ShippingLabel.due_at, ShippingLabel.id).limit(limit)))


def get(session: Session, label_id: int) -> ShippingLabel:
    """Get a label with its order and store, without the document. Raises NotFoundError."""
    label = session.scalar(_select().where(ShippingLabel.id == label_id))
    return require(label, "label_unknown", name=label_id)


def list_of_order(session: Session, order_id: int) -> Sequence[ShippingLabel]:
    """List the labels of an order, the newest first, without discarded requests."""
    shown = _select().where(ShippingLabel.order_id == order_id, ShippingLabel.state != domain.DISCARDED)
    return session.scalars(shown.order_by(ShippingLabel.id.desc())).all()


def list_of_batch(session: Session, batch_id: int) -> Sequence[ShippingLabel]:
    """List the labels of a bulk action in the order in which they were requested."""
    return session.scalars(_select().where(ShippingLabel.batch_id == batch_id).order_by(ShippingLabel.id)).all()


def list_latest(session: Session, limit: int, number: str = "") -> Sequence[ShippingLabel]:
    """List the latest labels, of one order where `number` is given, for the command line."""
    statement = _select().order_by(ShippingLabel.id.desc()).limit(limit)
    if number:
        statement = statement.join(Order, Order.id == ShippingLabel.order_id).where(Order.number == number)
    return session.scalars(statement).all()


def load_documents(session: Session, label_ids: Sequence[int]) -> list[tuple[bytes, str]]:
    """Load the documents of labels with their types, in the order of their ids; deleted ones are left out."""
    rows = select(ShippingLabel.document, ShippingLabel.document_type)
    rows = rows.where(ShippingLabel.id.in_(label_ids), ShippingLabel.document.is_not(None))
    return [(row.document, row.document_type) for row in session.execute(rows.order_by(ShippingLabel.id))]


def sum_costs(labels: Sequence[ShippingLabel]) -> Money | None:
    """Return what was paid for labels and has not come back; None where nothing was."""
    paid = [label.money for label in labels if label.state in domain.PAID and label.money is not None]
    return Money(sum(money.minor for money in paid), paid[0].currency) if paid else None


def list_presets(session: Session, store_id: int | None = None) -> Sequence[PackagePreset]:
    """List the package presets of a store, or of all, by name."""
    statement = select(PackagePreset).options(joinedload(PackagePreset.store))
    if store_id is not None:
        statement = statement.where(PackagePreset.store_id == store_id)
    return session.scalars(statement.order_by(PackagePreset.name, PackagePreset.id)).all()


def find_sender(session: Session, store_id: int) -> LabelSender | None:
    return session.get(LabelSender, store_id)


def _select() -> Select[ShippingLabel]:
    # A list of labels does not decrypt their documents.
    parts = (joinedload(ShippingLabel.order).joinedload(Order.store), defer(ShippingLabel.document))
    return select(ShippingLabel).options(*parts)
