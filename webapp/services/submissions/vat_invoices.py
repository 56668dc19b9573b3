"""Giving Amazon the seller's own tax invoices and credit notes, as PDF, to show to the buyer.

An invoice's number is taken once, so what may have arrived can be told again without harm: Amazon says so then.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from webapp import printing
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import FeedReport, PreparedFeed
from webapp.domain.common.money import Money
from webapp.domain.errors import RefusedError
from webapp.domain.invoicing import vat_invoices
from webapp.domain.invoicing.vat_invoices import INVOICE, VatInvoice
from webapp.models.orders import Order
from webapp.models.submissions import Submission
from webapp.queries.invoicing import vat_invoices as queries
from webapp.queries.invoicing.vat_invoices import Document
from webapp.services.orders import editing as order_editing
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.submissions.handlers import FeedPolicy, PreflightFailure, SubmissionHandler, register

# An order that is older is not uploaded by itself.
_RECENT = timedelta(days=30)


def upload(
    session: Session,
    document: Document,
    *,
    transaction_id: str = "",
    undo_seconds: int = 0,
    now: datetime,
    actor: str,
) -> Submission:
    """Queue the upload of an invoice, or of a credit memo as a credit note. Commits.

    `transaction_id`: Amazon's id of the refund a credit note is about, where it is known. Raises RefusedError.
    """
    with order_editing.edit_order(session, document.order_id) as order:
        session.refresh(document)
        refused = queries.upload_of(session, order, document).refused
        if refused:
            raise RefusedError(refused)
        return _ask(session, order, document, transaction_id, undo_seconds=undo_seconds, now=now, actor=actor)


def follow(session: Session, amazon_order_ids: Sequence[int], *, now: datetime, actor: str) -> None:
    """Queue what stores upload by themselves and is due now that these orders have changed. Does not commit."""
    for invoice in queries.due(session, amazon_order_ids, now - _RECENT):
        order = session.get_one(Order, invoice.order_id)
        if queries.refusal(order, invoice, None) is None:
            _ask(session, order, invoice, "", undo_seconds=0, now=now, actor=actor)


def _ask(
    session: Session,
    order: Order,
    document: Document,
    transaction_id: str,
    *,
    undo_seconds: int,
    now: datetime,
    actor: str,
) -> Submission:
    details = {
        "document": queries.kind(document),
        "number": document.number,
        "amount": Money(document.total, order.currency).amount,
        "vat": Money(_vat(document), order.currency).amount,
        "currency": order.currency,
    }
    if transaction_id:
        details["transaction_id"] = transaction_id
    return submission_actions.enqueue(
        session,
        vat_invoices.KIND,
        order.amazon_order,
        details,
        subject=queries.subject(document),
        undo_seconds=undo_seconds,
        now=now,
        actor=actor,
    )


class _VatInvoice(SubmissionHandler):
    """One feed an invoice: about thirty an hour."""

    name = vat_invoices.KIND
    word = "vat_invoice"
    meanwhile = "vat_invoice_done"
    feed = FeedPolicy(vat_invoices.FEED_TYPE, most=1)
    proved_by_acceptance = True

    def document(self, session: Session, asked: Sequence[Submission]) -> Callable[[AmazonGateway], PreparedFeed]:
        (one,) = asked
        document, details = queries.document_of(session, one), one.details
        invoice = VatInvoice(
            number=one.amazon_order.number,
            invoice_number=details["number"],
            total=Money.parse(details["amount"], details["currency"]),
            vat=Money.parse(details["vat"], details["currency"]),
            document_type=details["document"],
            transaction_id=details.get("transaction_id"),
        )
        marketplace_id = one.amazon_order.store.marketplace_id
        render = printing.invoice if details["document"] == INVOICE else printing.credit_memo
        pdf = render(session, document.id)
        return lambda port: port.prepare_vat_invoice(marketplace_id, invoice, pdf)

    def doubt(self, session: Session, told: Sequence[Submission], report: FeedReport | None) -> str | None:
        if report is None:
            return "vat_invoice_without_report"
        return "vat_invoice_report_contradicts" if report.is_contradictory else None

    def objection(self, session: Session, submission: Submission) -> PreflightFailure | None:
        order = self._order(session, submission)
        refused = queries.refusal(order, queries.document_of(session, submission), None)
        return PreflightFailure(refused) if refused else None

    def order_id(self, session: Session, submission: Submission) -> int | None:
        return queries.document_of(session, submission).order_id

    def again(self, session: Session, old: Submission, *, undo_seconds: int, now: datetime, actor: str) -> Submission:
        document = queries.document_of(session, old)
        about: dict[str, Any] = {"transaction_id": old.details.get("transaction_id", ""), "undo_seconds": undo_seconds}
        return upload(session, document, **about, now=now, actor=actor)

    def refusal_again(self, session: Session, old: Submission) -> str | None:
        return queries.upload_of(session, self._order(session, old), queries.document_of(session, old)).refused

    def _order(self, session: Session, submission: Submission) -> Order:
        return session.get_one(Order, queries.document_of(session, submission).order_id)


KIND = register(_VatInvoice())


def _vat(document: Document) -> int:
    """The tax in it. A fee kept of a credit memo keeps tax back too, so that it is never more than the whole."""
    return max(0, min(document.tax, document.total))
