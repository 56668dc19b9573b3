"""Everything the page of an order shows, in one statement for each of its tabs.

Statements select columns instead of entities. Rows of other tabs are only counted, and personal data is decrypted only
on the tab that shows it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, bindparam, func, null, or_, select
from sqlalchemy.orm import Session

from webapp.db.base import Base
from webapp.db.json_aggregate import JsonAggregate, table_of
from webapp.domain.common import marketplaces
from webapp.domain.common.marketplaces import Marketplace
from webapp.domain.errors import require
from webapp.domain.invoicing import transactions
from webapp.domain.mail import state_machine as mail_states
from webapp.domain.submissions import cancellation
from webapp.models.accounts import Account
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.mail_settings import MailServer
from webapp.models.mails import Mail
from webapp.models.order_transactions import OrderTransaction
from webapp.models.orders import Order, OrderItem
from webapp.models.refund_transactions import RefundFinding, RefundTransaction
from webapp.models.shipments import Parcel, Shipment
from webapp.models.stores import Store
from webapp.models.submissions import Submission
from webapp.queries.orders import history as order_history
from webapp.queries.orders.history import CommentRow, OrderHistory
from webapp.queries.products import line_stock
from webapp.queries.products.line_stock import LineStock

INFORMATION, HISTORY, PAYMENTS = "information", "history", "payments"
# The number of comments on the first tab.
LATEST = 5


class StoreRow(NamedTuple):
    """The store of an order."""

    name: str
    slug: str
    marketplace_id: str
    marketplace_facts: str | None
    import_orders: bool
    processing_status: str

    @property
    def marketplace(self) -> Marketplace:
        return marketplaces.get(self.marketplace_id, self.marketplace_facts)


class AmazonOrderRow(NamedTuple):
    """The Amazon order of an order; with personal data on the first tab only."""

    number: str
    status: str
    fulfilled_by: str
    programs: list[str]
    currency: str | None
    ship_by: datetime | None
    service_level: str | None
    cancel_requested: bool
    cancel_reason: str | None
    buyer_name: str | None
    recipient: dict[str, str] | None
    handling: str | None
    details: dict[str, Any] | None


class OrderLine(NamedTuple):
    id: int
    order_item_id: str
    sku: str | None
    asin: str | None
    title: str | None
    ordered: int
    invoiced: int
    shipped: int
    refunded: int
    refunding: int
    canceled: int
    amount_quantity: int
    price: int
    subtotal: int
    shipping: int
    tax: int
    discount: int
    other: int
    total: int


class SubmissionRow(NamedTuple):
    """A submission."""

    id: int
    kind: str
    subject: str
    state: str
    open: bool
    details: dict[str, Any]
    undo_until: datetime
    due_at: datetime
    message: str | None
    cause: str | None


class ParcelRow(NamedTuple):
    """A parcel of an order, for the panel of its submissions."""

    reference: int
    tracking_number: str


class TransactionRow(NamedTuple):
    """A transaction of an order in Amazon's payments. Amounts are minor units, the seller's.

    `credit_memo`: the number of the credit memo whose refund it is.
    """

    id: int
    transaction_id: str
    kind: str
    description: str
    status: str
    posted_at: datetime
    currency: str
    charges: int
    tax: int
    fees: int
    other: int
    total: int
    credit_memo: str | None

    @property
    def is_deferred(self) -> bool:
        return transactions.is_deferred(self.status)


class PaymentsState(NamedTuple):
    """The time until which the payments of the account were read, and when Amazon last refused them."""

    finances_until: datetime | None
    finances_refused_at: datetime | None


class RelatedCounts(NamedTuple):
    """The number of rows related to an order; `mail_servers` is 0 if no mail can be sent."""

    invoices: int
    credit_memos: int
    shipments: int
    parcels: int
    troubled_mails: int
    refund_findings: int
    mail_servers: int


class OrderDetail(NamedTuple):
    """An order as its page shows it. The first fields are its own columns; amounts are minor units of `currency`.

    Only the first tab has personal data, `comments` (one more than it shows) and `stock`; only the history tab has
    `history` and all `comments`; only the payments tab has `transactions` and `payments`. `submissions` and `comments`
    are sorted newest first, `transactions` oldest first.
    """

    id: int
    number: str
    amazon_order_id: int
    customer_id: int | None
    state: str
    status: str
    hold_reason: str | None
    hold_until: datetime | None
    currency: str
    subtotal: int
    shipping: int
    tax: int
    discount: int
    other: int
    total: int
    total_invoiced: int
    total_refunded: int
    total_refunding: int
    purchased_at: datetime
    created_at: datetime
    bill_to_name: str | None
    email: str | None
    billing: dict[str, str] | None
    shipping_address: dict[str, str] | None
    store: StoreRow
    amazon_order: AmazonOrderRow
    related: RelatedCounts
    items: Sequence[OrderLine]
    submissions: Sequence[SubmissionRow]
    parcels: Sequence[ParcelRow]
    comments: Sequence[CommentRow]
    stock: Mapping[int, LineStock]
    history: OrderHistory
    transactions: Sequence[TransactionRow]
    payments: PaymentsState | None

    @property
    def cancelling(self) -> bool:
        """Return whether a cancellation has been submitted to Amazon and is open."""
        return any(submission.kind == cancellation.KIND and submission.open for submission in self.submissions)


def load_detail(session: Session, number: str, tab: str) -> OrderDetail:
    """Load the order with this number for a tab of its page. Raises NotFoundError."""
    row = require(
        session.connection().execute(_build_statement(tab), {"number": number}).first(), "order_unknown", number=number
    )
    aggregates = _build_aggregates(tab)
    values = row[-len(aggregates) :]
    rows = {name: part.read(value) for (name, part), value in zip(aggregates.items(), values, strict=True)}
    own, store, amazon_order, related = (row[start:end] for start, end in _SLICES)
    items = sorted(rows["items"])
    parts = [
        StoreRow(*store),
        AmazonOrderRow(*amazon_order),
        RelatedCounts(*related),
        items,
        sorted(rows["submissions"], key=_id, reverse=True),
        rows["parcels"],
        sorted(rows.get("comments", ()), key=_at, reverse=True),
        line_stock.group_by_line(items, rows.get("stock", ())),
        order_history.sort_history(rows.get("events", ()), rows.get("versions", ())),
        sorted(rows.get("transactions", ()), key=_posted_at),
        next(iter(rows.get("payments", ())), None),
    ]
    return OrderDetail._make([*own, *parts])


_OWN = OrderDetail._fields[: OrderDetail._fields.index("store")]
_PERSONAL = frozenset(("bill_to_name", "email", "billing", "shipping_address", "buyer_name", "recipient", "details"))
_orders, _stores, _amazon_orders = table_of(Order), table_of(Store), table_of(AmazonOrder)
_ENDS = list(accumulate(map(len, (_OWN, StoreRow._fields, AmazonOrderRow._fields, RelatedCounts._fields)), initial=0))
_SLICES = list(pairwise(_ENDS))
_id = attrgetter("id")
_at = attrgetter("at", "id")
_posted_at = attrgetter("posted_at", "id")


@lru_cache(maxsize=8)
def _build_statement(tab: str) -> Select[*tuple[Any, ...]]:
    selected = ((_orders, _OWN), (_stores, StoreRow._fields), (_amazon_orders, AmazonOrderRow._fields))
    columns = [
        null() if name in _PERSONAL and tab != INFORMATION else table.c[name]
        for table, names in selected
        for name in names
    ]
    return (
        select(*columns, *_select_related_counts(), *(part.value for part in _build_aggregates(tab).values()))
        .select_from(_orders)
        .join(_stores, _stores.c.id == _orders.c.store_id)
        .join(_amazon_orders, _amazon_orders.c.id == _orders.c.amazon_order_id)
        .where(_orders.c.number == bindparam("number"))
    )


def _select_related_counts() -> list[ScalarSelect[int]]:
    mail, servers, findings = table_of(Mail), table_of(MailServer), table_of(RefundFinding)
    return [
        *(
            _count(model, table_of(model).c.order_id == _orders.c.id)
            for model in (Invoice, CreditMemo, Shipment, Parcel)
        ),
        # Not `IN`: SQLAlchemy renders its values into the statement on every execution.
        _count(
            Mail,
            mail.c.order_id == _orders.c.id,
            or_(*(mail.c.state == state for state in sorted(mail_states.TROUBLED))),
        ),
        _count(RefundFinding, findings.c.order_id == _orders.c.id, findings.c.resolved_at.is_(None)),
        _count(MailServer, servers.c.id == 1),
    ]


def _count(model: type[Base], *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table_of(model)).where(*conditions).correlate(_orders).scalar_subquery()


@lru_cache(maxsize=8)
def _build_aggregates(tab: str) -> dict[str, JsonAggregate[Any]]:
    """Return the aggregate of each list field of `OrderDetail`."""
    amazon_order_id = _orders.c.amazon_order_id
    aggregates: dict[str, JsonAggregate[Any]] = {
        "items": _aggregate_rows(OrderLine, OrderItem, table_of(OrderItem).c.order_id == _orders.c.id),
        "submissions": _aggregate_rows(
            SubmissionRow, Submission, table_of(Submission).c.amazon_order_id == amazon_order_id
        ),
        "parcels": _aggregate_rows(ParcelRow, Parcel, table_of(Parcel).c.order_id == _orders.c.id),
    }
    if tab == INFORMATION:
        aggregates |= {
            "comments": order_history.aggregate_comments(_orders.c.id, LATEST + 1),
            "stock": line_stock.build_aggregate(_orders, _amazon_orders),
        }
    if tab == HISTORY:
        aggregates |= {
            "comments": order_history.aggregate_comments(_orders.c.id),
            "events": order_history.aggregate_events(amazon_order_id),
            "versions": order_history.aggregate_versions(amazon_order_id),
        }
    if tab == PAYMENTS:
        aggregates |= {"transactions": _aggregate_transactions(), "payments": _aggregate_payments_state()}
    return aggregates


def _aggregate_transactions() -> JsonAggregate[TransactionRow]:
    rows, refunds, memos = table_of(OrderTransaction), table_of(RefundTransaction), table_of(CreditMemo)
    is_same = (refunds.c.account_id == rows.c.account_id) & (refunds.c.transaction_id == rows.c.transaction_id)
    columns = [rows.c[name] for name in TransactionRow._fields[:-1]]
    statement = (
        select(*columns, memos.c.number.label("credit_memo"))
        .select_from(rows)
        .outerjoin(refunds, is_same)
        .outerjoin(memos, memos.c.id == refunds.c.credit_memo_id)
        .where(rows.c.account_id == _amazon_orders.c.account_id, rows.c.number == _amazon_orders.c.number)
    )
    return JsonAggregate(TransactionRow, statement, _amazon_orders)


def _aggregate_payments_state() -> JsonAggregate[PaymentsState]:
    accounts = table_of(Account)
    statement = select(*(accounts.c[name] for name in PaymentsState._fields))
    return JsonAggregate(PaymentsState, statement.where(accounts.c.id == _amazon_orders.c.account_id), _amazon_orders)


def _aggregate_rows(row: type[Any], model: type[Base], condition: ColumnElement[bool]) -> JsonAggregate[Any]:
    return JsonAggregate(row, select(*(table_of(model).c[name] for name in row._fields)).where(condition), _orders)
