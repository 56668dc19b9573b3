"""Uploads of invoices and credit memos to Amazon: done, possible, and due automatically."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, exists, select
from sqlalchemy.orm import Session

from webapp.domain.invoicing import amazon_refunds, tax_rates, transactions, vat_invoices
from webapp.domain.invoicing.vat_invoices import CREDIT_NOTE, INVOICE
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.amazon_orders import AmazonOrder, AmazonOrderVersion
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.order_transactions import OrderTransaction
from webapp.models.orders import Order
from webapp.models.refund_transactions import RefundTransaction
from webapp.models.stores import Store
from webapp.models.submissions import Submission

Document = Invoice | CreditMemo
_PREFIX = {INVOICE: "invoice-", CREDIT_NOTE: "credit_memo-"}


@dataclass(frozen=True, slots=True)
class Reference:
    """Amazon's id that a document needs. `name`: `transaction_id` or `shipping_id`, as in the submission's details.

    `value`: the id in Amazon's payments; None while they do not show it, or show several that may be meant.
    """

    name: str
    value: str | None

    @property
    def missing_code(self) -> str:
        """Return the code in `messages` for a missing id."""
        return f"vat_invoice_{self.name.removesuffix('_id')}_missing"


@dataclass(frozen=True, slots=True)
class Upload:
    """The upload of a document. `offered`: whether Amazon accepts such documents in the store's country.

    `refused`: why it cannot be uploaded now, as a code of `messages`, or None. `submission`: the latest one.
    `reference`: the id of Amazon's that it needs, None if it needs none.
    """

    offered: bool
    refused: str | None
    submission: Submission | None
    reference: Reference | None


def load_upload(session: Session, order: Order, document: Document) -> Upload:
    """Load whether a document was uploaded, and whether it can be."""
    uploads = select(Submission).where(
        Submission.amazon_order_id == order.amazon_order_id,
        Submission.kind == vat_invoices.KIND,
        Submission.subject == build_submission_subject(document),
    )
    last = session.scalar(uploads.order_by(Submission.id.desc()).limit(1))
    offered = order.store.marketplace.country_code in vat_invoices.COUNTRIES and _is_valid(document)
    refused = find_refusal_reason(session, order, document, last)
    return Upload(offered, refused, last, find_reference(session, order, document) if offered else None)


def find_refusal_reason(session: Session, order: Order, document: Document, last: Submission | None) -> str | None:
    """Return the reason it cannot be uploaded (a code of `messages`), or None. `last`: its latest submission."""
    if last is not None and last.open:
        return "vat_invoice_asked"
    if last is not None and last.state == submission_states.VERIFIED:
        return "vat_invoice_done"
    if last is not None and last.cause in vat_invoices.FINAL:
        return last.cause
    if not _is_valid(document):
        return "vat_invoice_memo_open"
    if not vat_invoices.is_valid_option(document.number):
        return "vat_invoice_number_characters"
    amazon_order, store = order.amazon_order, order.store
    facts = vat_invoices.OrderFacts(
        store.marketplace.country_code,
        amazon_order.status,
        amazon_order.programs,
        writable=store.import_orders,
        uses_vat_calculation=store.vat_calculation_service,
        tax_collected=_is_tax_collected(session, amazon_order.id),
    )
    return (
        vat_invoices.find_refusal_reason(facts)
        or vat_invoices.find_missing_setting(store.documents_sender, store.documents_tax_number)
        or tax_rates.find_missing_rate(document.items, {item.id: item for item in order.items})
    )


def find_reference(session: Session, order: Order, document: Document) -> Reference | None:
    """Return the id of Amazon's that a document needs, None for an invoice of the whole order."""
    if isinstance(document, CreditMemo):
        refunds = select(RefundTransaction.transaction_id).where(RefundTransaction.credit_memo_id == document.id)
        return Reference("transaction_id", _get_only(session.scalars(refunds.limit(2)).all()))
    if document.total == order.total:
        return None
    shipments = select(OrderTransaction.shipment_id).where(
        OrderTransaction.account_id == order.amazon_order.account_id,
        OrderTransaction.number == order.amazon_order.number,
        OrderTransaction.kind == transactions.SHIPMENT,
        OrderTransaction.charges + OrderTransaction.tax == document.total,
        OrderTransaction.shipment_id.is_not(None),
    )
    return Reference("shipping_id", _get_only(session.scalars(shipments.limit(2)).all()))


def _get_only(ids: Sequence[str | None]) -> str | None:
    return ids[0] if len(ids) == 1 else None


def _is_tax_collected(session: Session, amazon_order_id: int) -> bool:
    """Return whether Amazon collects and remits the tax of an item, by the latest version of the order."""
    versions = select(AmazonOrderVersion.body).where(AmazonOrderVersion.amazon_order_id == amazon_order_id)
    return vat_invoices.is_tax_collected(session.scalar(versions.order_by(AmazonOrderVersion.id.desc()).limit(1)))


def _is_valid(document: Document) -> bool:
    """Return whether the document is valid: a credit memo that refunded nothing is not."""
    return isinstance(document, Invoice) or document.state in amazon_refunds.GIVEN


def build_submission_subject(document: Document) -> str:
    """Return the subject of submissions about a document."""
    return f"{_PREFIX[get_document_kind(document)]}{document.id}"


def get_document_kind(document: Document) -> str:
    """Return Amazon's name for the kind of document."""
    return INVOICE if isinstance(document, Invoice) else CREDIT_NOTE


def get_document(session: Session, submission: Submission) -> Document:
    """Get the document of a submission."""
    id_ = int(submission.subject.rpartition("-")[2])
    if submission.details["document"] == CREDIT_NOTE:
        return session.get_one(CreditMemo, id_)
    return session.get_one(Invoice, id_)


def list_due(session: Session, amazon_order_ids: Sequence[int], since: datetime) -> Sequence[Invoice]:
    """List invoices of these orders that their store uploads automatically and that were never submitted.

    Orders purchased before `since` are left out, so that connecting an account uploads nothing old.
    """
    is_submitted = exists().where(
        Submission.amazon_order_id == AmazonOrder.id,
        Submission.kind == vat_invoices.KIND,
        Submission.subject == _PREFIX[INVOICE] + cast(Invoice.id, String),
    )
    invoices = (
        select(Invoice)
        .join(Order, Order.id == Invoice.order_id)
        .join(AmazonOrder, AmazonOrder.id == Order.amazon_order_id)
        .join(Store, Store.id == Order.store_id)
        .where(Store.upload_invoices, AmazonOrder.id.in_(amazon_order_ids), AmazonOrder.purchased_at >= since)
        .where(AmazonOrder.status.in_(vat_invoices.SHIPPED), ~is_submitted)
    )
    return session.scalars(invoices.order_by(Invoice.id)).all()
