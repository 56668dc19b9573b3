"""Which invoices and credit memos Amazon has been given, may be given, and is to be given by itself."""

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
    """What a page says of a document. `offered`: Amazon takes such documents in the store's country, and it is one.

    `refused`: why it cannot be uploaded now, as a code of `sentences`, or None. `asked`: the last submission of it.
    """

    offered: bool
    refused: str | None
    asked: Submission | None


def load_upload(session: Session, order: Order, document: Document) -> Upload:
    """Whether Amazon has been given the document, and whether it can be."""
    asked = select(Submission).where(
        Submission.amazon_order_id == order.amazon_order_id,
        Submission.kind == vat_invoices.KIND,
        Submission.subject == submission_subject(document),
    )
    last = session.scalar(asked.order_by(Submission.id.desc()).limit(1))
    offered = order.store.marketplace.country_code in vat_invoices.COUNTRIES and _given(document)
    return Upload(offered, refusal_reason(order, document, last), last)


def refusal_reason(order: Order, document: Document, last: Submission | None) -> str | None:
    """Why it cannot be uploaded now, as a code of `sentences`, or None. `last`: the submission of it that is newest."""
    if last is not None and last.open:
        return "vat_invoice_asked"
    if last is not None and last.state == submission_states.VERIFIED:
        return "vat_invoice_done"
    if not _given(document):
        return "vat_invoice_memo_open"
    mirror, store = order.amazon_order, order.store
    country = store.marketplace.country_code
    refused = vat_invoices.refusal(country, mirror.status, mirror.programs, writable=store.import_orders)
    return refused or vat_invoices.missing(store.documents_sender, store.documents_tax_number)


def _given(document: Document) -> bool:
    """Whether it is one to be shown: a credit memo that gave nothing back is none."""
    return isinstance(document, Invoice) or document.state in amazon_refunds.GIVEN


def submission_subject(document: Document) -> str:
    """How a submission names it."""
    return f"{_PREFIX[document_kind(document)]}{document.id}"


def document_kind(document: Document) -> str:
    """Amazon's word for it."""
    return INVOICE if isinstance(document, Invoice) else CREDIT_NOTE


def get_document(session: Session, submission: Submission) -> Document:
    """What a submission is about."""
    id_ = int(submission.subject.rpartition("-")[2])
    if submission.details["document"] == CREDIT_NOTE:
        return session.get_one(CreditMemo, id_)
    return session.get_one(Invoice, id_)


def list_due(session: Session, amazon_order_ids: Sequence[int], since: datetime) -> Sequence[Invoice]:
    """Invoices of these orders that their store uploads by itself and that were never asked for.

    Orders bought before `since` are left alone: who connects an account does not upload the past.
    """
    asked = exists().where(
        Submission.amazon_order_id == AmazonOrder.id,
        Submission.kind == vat_invoices.KIND,
        Submission.subject == _PREFIX[INVOICE] + cast(Invoice.id, String),
    )
    wanted = (
        select(Invoice)
        .join(Order, Order.id == Invoice.order_id)
        .join(AmazonOrder, AmazonOrder.id == Order.amazon_order_id)
        .join(Store, Store.id == Order.store_id)
        .where(Store.upload_invoices, AmazonOrder.id.in_(amazon_order_ids), AmazonOrder.purchased_at >= since)
        .where(AmazonOrder.status.in_(vat_invoices.SHIPPED), ~asked)
    )
    return session.scalars(wanted.order_by(Invoice.id)).all()
