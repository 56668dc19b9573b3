"""Uploads of invoices and credit memos to Amazon: done, possible, and due automatically."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, exists, select
from sqlalchemy.orm import Session

from webapp.domain.invoicing import amazon_refunds, vat_invoices
from webapp.domain.invoicing.vat_invoices import CREDIT_NOTE, INVOICE
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.orders import Order
from webapp.models.stores import Store
from webapp.models.submissions import Submission

Document = Invoice | CreditMemo
_PREFIX = {INVOICE: "invoice-", CREDIT_NOTE: "credit_memo-"}


@dataclass(frozen=True, slots=True)
class Upload:
    """The upload of a document. `offered`: whether Amazon accepts such documents in the store's country.

    `refused`: why it cannot be uploaded now, as a code of `messages`, or None. `asked`: its latest submission.
    """

    offered: bool
    refused: str | None
    asked: Submission | None


def load_upload(session: Session, order: Order, document: Document) -> Upload:
    """Load whether a document was uploaded, and whether it can be."""
    uploads = select(Submission).where(
        Submission.amazon_order_id == order.amazon_order_id,
        Submission.kind == vat_invoices.KIND,
        Submission.subject == build_submission_subject(document),
    )
    last = session.scalar(uploads.order_by(Submission.id.desc()).limit(1))
    offered = order.store.marketplace.country_code in vat_invoices.COUNTRIES and _is_valid(document)
    return Upload(offered, find_refusal_reason(order, document, last), last)


def find_refusal_reason(order: Order, document: Document, last: Submission | None) -> str | None:
    """Return the reason it cannot be uploaded (a code of `messages`), or None. `last`: its latest submission."""
    if last is not None and last.open:
        return "vat_invoice_asked"
    if last is not None and last.state == submission_states.VERIFIED:
        return "vat_invoice_done"
    if not _is_valid(document):
        return "vat_invoice_memo_open"
    amazon_order, store = order.amazon_order, order.store
    country = store.marketplace.country_code
    refused = vat_invoices.find_refusal_reason(
        country, amazon_order.status, amazon_order.programs, writable=store.import_orders
    )
    return refused or vat_invoices.find_missing_setting(store.documents_sender, store.documents_tax_number)


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
