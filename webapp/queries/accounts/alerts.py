"""What a person has to look at, by store, in one query."""

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
from webapp.models.shipments import Parcel
from webapp.models.stores import Store
from webapp.models.submissions import Submission

TROUBLE, BLOCKED, QUARANTINED, REFUSED = "trouble", "blocked", "quarantined", "refused"
MAILS, SELLER_DATA = "mails", "seller_data"
FLAGGED, OVERSOLD = "flagged", "oversold"
# What was refused earlier has been dealt with at Amazon, or never will be.
LOOK_BACK = timedelta(days=30)
_SINCE = bindparam("since", type_=UtcDateTime())
_OF_MONEY = (amazon_refunds.KIND, vat_invoices.KIND)
# An order that stands there has gone its way, whatever was refused about it before.
_SETTLED = (statuses.CANCELLED, statuses.SHIPPED)


@dataclass(frozen=True, slots=True)
class Alert:
    """`count` things of one `kind` with one `cause` (a code of `sentences`, or empty).

    trouble: Amazon cannot be spoken to for the account. blocked: no Order can be made. quarantined: what Amazon sent
    for the account cannot be read. refused: Amazon did not do, or not provably, what it was told. mails: a buyer got no
    mail, or nobody knows; `cause` is the mails' state. oversold: products of the account of which more is owed than
    there is. seller_data: the store uploads tax invoices by itself, but they lack data of the seller. flagged: products
    that an order made, or was for while disabled.
    """

    kind: str
    cause: str
    count: int


def load_alerts(session: Session, stores: Collection[Store], now: datetime) -> dict[int, list[Alert]]:
    """Store id → its alerts, the worst first. What concerns an account stands with each of its stores."""
    found: dict[int, list[Alert]] = defaultdict(list)
    store_ids = [store.id for store in stores]
    rows = session.execute(_all(), {"stores": store_ids, "since": now - LOOK_BACK})
    for kind, store_id, cause, count in rows:
        if store_id in store_ids:
            found[store_id].append(Alert(kind, cause or "", count))
    for store in stores:
        cause = _lacks_seller_data(store)
        if cause is not None:
            found[store.id].append(Alert(SELLER_DATA, cause, 1))
    order = (TROUBLE, REFUSED, SELLER_DATA, MAILS, QUARANTINED, BLOCKED, OVERSOLD, FLAGGED)
    return {
        store_id: sorted(some, key=lambda one: (order.index(one.kind), one.cause)) for store_id, some in found.items()
    }


def _lacks_seller_data(store: Store) -> str | None:
    uploads = store.active and store.import_orders and store.upload_invoices
    if not uploads or store.marketplace.country_code not in vat_invoices.COUNTRIES:
        return None
    return vat_invoices.missing(store.documents_sender, store.documents_tax_number)


# Putting it together takes longer than the answer.
@lru_cache(maxsize=1)
def _all() -> CompoundSelect[*tuple[Any, ...]]:
    """Asks for everything; `stores` are ids, `since` is how far it looks back."""
    mine = Store.id.in_(bindparam("stores", expanding=True))
    kinds = (_trouble(), _blocked(), _quarantined(), _oversold(), _flagged())
    return union_all(*(kind.where(mine) for kind in kinds), _refused(), _mails())


def _trouble() -> Select[*tuple[Any, ...]]:
    return (
        select(literal(TROUBLE), Store.id, Account.error_code, literal(1))
        .join(Account, Account.id == Store.account_id)
        .where(Account.error_code.is_not(None))
    )


def _blocked() -> Select[*tuple[Any, ...]]:
    # The account is named because the index of blocked orders begins with it.
    mine = and_(AmazonOrder.store_id == Store.id, AmazonOrder.account_id == Store.account_id)
    return (
        select(literal(BLOCKED), Store.id, AmazonOrder.blocked, func.count())
        .join(AmazonOrder, mine)
        .where(AmazonOrder.blocked.is_not(None))
        .group_by(Store.id, AmazonOrder.blocked)
    )


def _quarantined() -> Select[*tuple[Any, ...]]:
    return (
        select(literal(QUARANTINED), Store.id, null(), func.count())
        .join(QuarantinedOrder, QuarantinedOrder.account_id == Store.account_id)
        .where(QuarantinedOrder.resolved_at.is_(None))
        .group_by(Store.id)
    )


def _oversold() -> Select[*tuple[Any, ...]]:
    found = select(Product.account_id, func.count().label("many")).where(Product.is_oversold())
    return _of_stores(OVERSOLD, null(), found.group_by(Product.account_id).subquery())


def _flagged() -> Select[*tuple[Any, ...]]:
    found = select(Product.account_id, Product.flag, func.count().label("many")).where(Product.is_flagged())
    each = found.group_by(Product.account_id, Product.flag).subquery()
    return _of_stores(FLAGGED, each.c.flag, each)


def _of_stores(kind: str, cause: Any, counted: Subquery) -> Select[*tuple[Any, ...]]:
    """What is counted once for an account stands with each of its stores."""
    found = select(literal(kind), Store.id, cause, counted.c.many)
    return found.join(counted, counted.c.account_id == Store.account_id)


def _refused() -> Select[*tuple[Any, ...]]:
    # Of all stores: named here, SQLite would go through every order of them instead of through what was asked lately.
    return (
        select(literal(REFUSED), AmazonOrder.store_id, Submission.state, func.count())
        .join_from(Submission, AmazonOrder, AmazonOrder.id == Submission.amazon_order_id)
        .where(
            Submission.requested_at >= _SINCE,
            or_(
                Submission.state == submission_states.CONFLICT,
                and_(_left_undone(), AmazonOrder.status.not_in(_SETTLED), ~_asked_again()),
                # Money and its papers are owed whatever became of the order.
                and_(_left_undone(), Submission.kind.in_(_OF_MONEY), ~_asked_again()),
                # Only a person's answer ends this doubt, whatever else of the order is refunded.
                and_(Submission.kind == amazon_refunds.KIND, Submission.state == submission_states.UNPROVED),
            ),
        )
        .group_by(AmazonOrder.store_id, Submission.state)
    )


def _mails() -> Select[*tuple[Any, ...]]:
    return (
        select(literal(MAILS), Mail.store_id, Mail.state, func.count())
        .where(Mail.state.in_(mail_states.TROUBLED), Mail.created_at >= _SINCE)
        .group_by(Mail.store_id, Mail.state)
    )


def _left_undone() -> ColumnElement[bool]:
    """Amazon did not do it, or a parcel left that Amazon was not told of."""
    untold = and_(
        Submission.kind == shipment_confirmation.KIND, Submission.state == submission_states.UNDONE, _parcel_is_there()
    )
    return or_(Submission.state.in_((submission_states.REJECTED, submission_states.UNPROVED)), untold)


def _parcel_is_there() -> ColumnElement[bool]:
    mine = and_(
        Order.amazon_order_id == Submission.amazon_order_id,
        cast(Parcel.reference, String) == Submission.subject,
    )
    return select(Parcel.id).join(Order, Order.id == Parcel.order_id).where(mine).exists()


def _asked_again() -> ColumnElement[bool]:
    later = aliased(Submission)
    return (
        select(later.id)
        .where(
            later.amazon_order_id == Submission.amazon_order_id,
            later.kind == Submission.kind,
            # A parcel is told of by itself.
            or_(later.subject == Submission.subject, Submission.kind != shipment_confirmation.KIND),
            later.id > Submission.id,
        )
        .exists()
    )
