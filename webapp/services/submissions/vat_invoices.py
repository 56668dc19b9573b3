"""Upload the seller's own tax invoices and credit notes to Amazon, as PDF, for the buyer to see.

Amazon accepts an invoice number once and reports a repetition, so an upload can be repeated safely.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import FeedReport, PreparedFeed
from webapp.domain.common.money import Money
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.invoicing import vat_invoices
from webapp.domain.invoicing.vat_invoices import INVOICE, VatInvoice
from webapp.models.orders import Order
from webapp.models.submissions import Submission
from webapp.printing import renderer
from webapp.queries.invoicing import vat_invoices as queries
from webapp.queries.invoicing.vat_invoices import Document, Reference
from webapp.services.orders import editing as order_editing
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.submissions.handlers import FeedPolicy, PreflightFailure, Rejection, SubmissionHandler, register

# Documents of older orders are not uploaded automatically.
_RECENT = timedelta(days=30)


def upload(
    session: Session,
    document: Document,
    *,
    reference_id: str = "",
    undo_seconds: int = 0,
    now: datetime,
    actor: str,
) -> Submission:
    """Queue the upload of an invoice, or of a credit memo as a credit note. Commits.

    `reference_id`: Amazon's id of the refund that the credit note is about, or of the shipment of an invoice of a part
    of the order; by default the one in Amazon's payments. Raises RefusedError, and InvalidError for a missing or
    malformed id.
    """
    with order_editing.edit_order(session, document.order_id) as order:
        session.refresh(document)
        possible = queries.load_upload(session, order, document)
        if possible.refused:
            raise RefusedError(possible.refused)
        reference = possible.reference
        given = _check_reference(reference, reference_id) if reference is not None else {}
        return _enqueue(session, order, document, given, undo_seconds=undo_seconds, now=now, actor=actor)


def queue_due(session: Session, amazon_order_ids: Sequence[int], *, now: datetime, actor: str) -> None:
    """Queue the automatic uploads that are due now that these orders have changed. Does not commit."""
    for invoice in queries.list_due(session, amazon_order_ids, now - _RECENT):
        order = session.get_one(Order, invoice.order_id)
        reference = queries.find_reference(session, order, invoice)
        # An invoice of a part of the order waits until Amazon's payments show its shipment.
        is_waiting = reference is not None and reference.value is None
        if is_waiting or queries.find_refusal_reason(session, order, invoice, None) is not None:
            continue
        given = {reference.name: reference.value} if reference is not None else {}
        _enqueue(session, order, invoice, given, undo_seconds=0, now=now, actor=actor)


def _check_reference(reference: Reference, reference_id: str) -> dict[str, str | None]:
    """Return the id for the submission's details. Raises InvalidError."""
    value = reference_id.strip() or reference.value
    if value is None:
        raise InvalidError(reference.missing_code, field="reference_id")
    if not vat_invoices.is_valid_option(value):
        raise InvalidError("vat_invoice_id_malformed", field="reference_id")
    return {reference.name: value}


def _enqueue(
    session: Session,
    order: Order,
    document: Document,
    reference: Mapping[str, str | None],
    *,
    undo_seconds: int,
    now: datetime,
    actor: str,
) -> Submission:
    details = {
        "document": queries.get_document_kind(document),
        "number": document.number,
        "amount": Money(document.total, order.currency).amount,
        "vat": Money(_limit_tax(document), order.currency).amount,
        "currency": order.currency,
        **reference,
    }
    return submission_actions.enqueue(
        session,
        vat_invoices.KIND,
        order.amazon_order,
        details,
        subject=queries.build_submission_subject(document),
        undo_seconds=undo_seconds,
        now=now,
        actor=actor,
    )


@register
class VatInvoiceHandler(SubmissionHandler):
    """Sent by feeds with one invoice each, about thirty an hour."""

    name = vat_invoices.KIND
    note_prefix = "vat_invoice"
    not_needed_cause = "vat_invoice_done"
    feed = FeedPolicy(vat_invoices.FEED_TYPE, max_submissions=1)
    confirmed_by_acceptance = True

    def build_feed_document(
        self, session: Session, submissions: Sequence[Submission]
    ) -> Callable[[AmazonGateway], PreparedFeed]:
        (submission,) = submissions
        document, details = queries.get_document(session, submission), submission.details
        invoice = VatInvoice(
            number=submission.amazon_order.number,
            invoice_number=details["number"],
            total=Money.parse(details["amount"], details["currency"]),
            vat=Money.parse(details["vat"], details["currency"]),
            document_type=details["document"],
            transaction_id=details.get("transaction_id"),
            shipping_id=details.get("shipping_id"),
        )
        marketplace_id = submission.amazon_order.store.marketplace_id
        render = renderer.render_invoice if details["document"] == INVOICE else renderer.render_credit_memo
        pdf = render(session, document.id)
        return lambda gateway: gateway.prepare_vat_invoice(marketplace_id, invoice, pdf)

    def check_report(
        self, session: Session, submissions: Sequence[Submission], report: FeedReport | None
    ) -> str | None:
        if report is None:
            return "vat_invoice_without_report"
        return "vat_invoice_report_contradicts" if report.is_contradictory else None

    def find_rejection(self, session: Session, submission: Submission, report: FeedReport) -> Rejection | None:
        """Return Amazon's message, and what to do about it where its code is known."""
        message = next((message for message in report.messages if message.failed), None)
        return None if message is None else Rejection(message.words, vat_invoices.find_advice(message.code))

    def check_preflight(self, session: Session, submission: Submission) -> PreflightFailure | None:
        order = self._load_order(session, submission)
        error = queries.find_refusal_reason(session, order, queries.get_document(session, submission), None)
        return PreflightFailure(error) if error else None

    def order_id(self, session: Session, submission: Submission) -> int | None:
        return queries.get_document(session, submission).order_id

    def resubmit(
        self, session: Session, old: Submission, *, undo_seconds: int, now: datetime, actor: str
    ) -> Submission:
        document = queries.get_document(session, old)
        reference_id = old.details.get("transaction_id") or old.details.get("shipping_id") or ""
        return upload(session, document, reference_id=reference_id, undo_seconds=undo_seconds, now=now, actor=actor)

    def resubmit_error(self, session: Session, old: Submission) -> str | None:
        return queries.load_upload(session, self._load_order(session, old), queries.get_document(session, old)).refused

    def _load_order(self, session: Session, submission: Submission) -> Order:
        return session.get_one(Order, queries.get_document(session, submission).order_id)


def _limit_tax(document: Document) -> int:
    """Return the tax, limited to the total: an adjustment fee reduces the tax of a credit memo too."""
    return max(0, min(document.tax, document.total))
