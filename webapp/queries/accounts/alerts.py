"""Alerts of stores: everything that needs a person, in one query."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from webapp.db.base import UtcDateTime
from webapp.domain.amazon import statuses
from webapp.domain.invoicing import amazon_refunds, vat_invoices
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.submissions import shipment_confirmation
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder, QuarantinedOrder
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.models.products import Product
from webapp.models.refund_transactions import RefundFinding
from webapp.models.shipments import Parcel
from webapp.models.stores import Store
from webapp.models.submissions import Submission

TROUBLE, BLOCKED, QUARANTINED, REFUSED = "trouble", "blocked", "quarantined", "refused"
MAILS, SELLER_DATA = "mails", "seller_data"
FLAGGED, OVERSOLD, REFUNDS = "flagged", "oversold", "refunds"
# The worst first.
ORDER = (TROUBLE, REFUSED, REFUNDS, SELLER_DATA, MAILS, QUARANTINED, BLOCKED, OVERSOLD, FLAGGED)
# Older refusals are ignored.
LOOK_BACK = timedelta(days=30)
_SINCE = bindparam("since", type_=UtcDateTime())
_OF_MONEY = (amazon_refunds.KIND, vat_invoices.KIND)
# Refusals do not matter any more for orders in these statuses.
_SETTLED = (statuses.CANCELLED, statuses.SHIPPED)


@dataclass(frozen=True, slots=True)
class Alert:
    """`count` things of one `kind` with one `cause` (a code of `messages`, or empty).

    trouble: the account cannot reach Amazon. blocked: Amazon orders without an order. quarantined: orders of the
    account that could not be parsed. refused: submissions that Amazon rejected or that could not be verified. mails:
    mails that failed or may have; `cause` is their state. oversold: products of the account with less stock than was
    ordered. refunds: refunds that do not agree with Amazon's payments; `cause` is their kind. seller_data: the store
    uploads tax invoices automatically but lacks data of the seller. flagged: products that an order created, or that
    were ordered while disabled.
    """

    kind: str
    cause: str
    count: int


def load_alerts(session: Session, stores: Collection[Store], now: datetime) -> dict[int, list[Alert]]:
    """Load alerts by store id, the worst first. Alerts of an account are listed for each of its stores."""
    alerts: dict[int, list[Alert]] = defaultdict(list)
    store_ids = [store.id for store in stores]
    rows = session.execute(_select_all(), {"stores": store_ids, "since": now - LOOK_BACK})
    for kind, store_id, cause, count in rows:
        if store_id in store_ids:
            alerts[store_id].append(Alert(kind, cause or "", count))
    for store in stores:
        cause = _lacks_seller_data(store)
        if cause is not None:
            alerts[store.id].append(Alert(SELLER_DATA, cause, 1))
    return {
        store_id: sorted(rows, key=lambda alert: (ORDER.index(alert.kind), alert.cause))
        for store_id, rows in alerts.items()
    }


def _lacks_seller_data(store: Store) -> str | None:
    uploads = store.active and store.import_orders and store.upload_invoices
    if not uploads or store.marketplace.country_code not in vat_invoices.COUNTRIES:
        return None
    return vat_invoices.find_missing_setting(store.documents_sender, store.documents_tax_number)


# Building the statement takes longer than executing it.
@lru_cache(maxsize=1)
def _select_all() -> CompoundSelect[*tuple[Any, ...]]:
    """Return the statement of all alerts. Parameters: `stores`, their ids, and `since`."""
    is_selected = Store.id.in_(bindparam("stores", expanding=True))
    kinds = (
        _select_trouble(),
        _select_blocked(),
        _select_quarantined(),
        _select_refunds(),
        _select_oversold(),
        _select_flagged(),
    )
    return union_all(*(kind.where(is_selected) for kind in kinds), _select_refused(), _select_mails())


def _select_trouble() -> Select[*tuple[Any, ...]]:
    return (
        select(literal(TROUBLE), Store.id, Account.error_code, literal(1))
        .join(Account, Account.id == Store.account_id)
        .where(Account.error_code.is_not(None))
    )


def _select_blocked() -> Select[*tuple[Any, ...]]:
    # The index of blocked orders begins with the account.
    of_store = and_(AmazonOrder.store_id == Store.id, AmazonOrder.account_id == Store.account_id)
    return (
        select(literal(BLOCKED), Store.id, AmazonOrder.blocked, func.count())
        .join(AmazonOrder, of_store)
        .where(AmazonOrder.blocked.is_not(None))
        .group_by(Store.id, AmazonOrder.blocked)
    )


def _select_quarantined() -> Select[*tuple[Any, ...]]:
    return (
        select(literal(QUARANTINED), Store.id, null(), func.count())
        .join(QuarantinedOrder, QuarantinedOrder.account_id == Store.account_id)
        .where(QuarantinedOrder.resolved_at.is_(None))
        .group_by(Store.id)
    )


def _select_refunds() -> Select[*tuple[Any, ...]]:
    return (
        select(literal(REFUNDS), Store.id, RefundFinding.kind, func.count())
        .join(RefundFinding, RefundFinding.store_id == Store.id)
        .where(RefundFinding.resolved_at.is_(None))
        .group_by(Store.id, RefundFinding.kind)
    )


def _select_oversold() -> Select[*tuple[Any, ...]]:
    counts = select(Product.account_id, func.count().label("many")).where(Product.is_oversold())
    return _repeat_for_stores(OVERSOLD, null(), counts.group_by(Product.account_id).subquery())


def _select_flagged() -> Select[*tuple[Any, ...]]:
    counts = select(Product.account_id, Product.flag, func.count().label("many")).where(Product.is_flagged())
    each = counts.group_by(Product.account_id, Product.flag).subquery()
    return _repeat_for_stores(FLAGGED, each.c.flag, each)


def _repeat_for_stores(kind: str, cause: Any, counted: Subquery) -> Select[*tuple[Any, ...]]:
    """Repeat the count of an account for each of its stores."""
    alerts = select(literal(kind), Store.id, cause, counted.c.many)
    return alerts.join(counted, counted.c.account_id == Store.account_id)


def _select_refused() -> Select[*tuple[Any, ...]]:
    # Of all stores: with a condition on the store, SQLite reads all its orders instead of the latest submissions.
    return (
        select(literal(REFUSED), AmazonOrder.store_id, Submission.state, func.count())
        .join_from(Submission, AmazonOrder, AmazonOrder.id == Submission.amazon_order_id)
        .where(
            Submission.requested_at >= _SINCE,
            is_unsettled(),
        )
        .group_by(AmazonOrder.store_id, Submission.state)
    )


def _select_mails() -> Select[*tuple[Any, ...]]:
    return (
        select(literal(MAILS), Mail.store_id, Mail.state, func.count())
        .where(Mail.state.in_(mail_states.TROUBLED), Mail.created_at >= _SINCE)
        .group_by(Mail.store_id, Mail.state)
    )


def is_unsettled() -> ColumnElement[bool]:
    """Match submissions, joined to their Amazon orders, that only a person can settle."""
    return or_(
        Submission.state == submission_states.CONFLICT,
        and_(_is_left_undone(), AmazonOrder.status.not_in(_SETTLED), ~_was_resubmitted()),
        # Refunds and invoices are due whatever the status of the order.
        and_(_is_left_undone(), Submission.kind.in_(_OF_MONEY), ~_was_resubmitted()),
        # Only a person can settle an unverified refund.
        and_(Submission.kind == amazon_refunds.KIND, Submission.state == submission_states.UNPROVED),
    )


def _is_left_undone() -> ColumnElement[bool]:
    """Match submissions rejected by Amazon, and parcels shipped without a confirmation at Amazon."""
    unconfirmed = and_(
        Submission.kind == shipment_confirmation.KIND, Submission.state == submission_states.UNDONE, _has_parcel()
    )
    return or_(Submission.state.in_((submission_states.REJECTED, submission_states.UNPROVED)), unconfirmed)


def _has_parcel() -> ColumnElement[bool]:
    is_submitted = and_(
        Order.amazon_order_id == Submission.amazon_order_id,
        cast(Parcel.reference, String) == Submission.subject,
    )
    return select(Parcel.id).join(Order, Order.id == Parcel.order_id).where(is_submitted).exists()


def _was_resubmitted() -> ColumnElement[bool]:
    later = aliased(Submission)
    return (
        select(later.id)
        .where(
            later.amazon_order_id == Submission.amazon_order_id,
            later.kind == Submission.kind,
            # Each parcel is confirmed by its own submission.
            or_(later.subject == Submission.subject, Submission.kind != shipment_confirmation.KIND),
            later.id > Submission.id,
        )
        .exists()
    )
