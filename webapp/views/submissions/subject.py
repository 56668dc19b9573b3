"""The subject of a submission: the lines of a refund, the amounts of an invoice."""

from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from webapp.domain.common.money import Money
from webapp.domain.invoicing import amazon_refunds, vat_invoices
from webapp.models.orders import Order
from webapp.models.submissions import Submission
from webapp.services.submissions import refunds


class RefundLineRow(NamedTuple):
    """A line of a refund. `parts` is None for a line that Amazon refused; `words`: Amazon's reason."""

    title: str | None
    sku: str | None
    parts: dict[str, Money] | None
    total: Money
    cancelled: int
    words: str


def build_context(session: Session, submission: Submission) -> dict[str, Any]:
    """Return the context of submissions/_subject.html; empty when the submission is about the whole order."""
    if submission.kind == amazon_refunds.KIND:
        return _describe_refund(session, submission)
    if submission.kind == vat_invoices.KIND:
        return _describe_document(submission)
    return {}


def _describe_refund(session: Session, submission: Submission) -> dict[str, Any]:
    memo = refunds.load_memo(session, submission)
    order = session.get_one(Order, memo.order_id)
    items = {item.id: item for item in order.items}
    refused = {row["line"]: row for row in submission.details.get("refused", ())}
    rows = []
    for line in memo.amazon_lines:
        item, refusal = items[line["line"]], refused.pop(line["line"], {})
        parts = {name: Money(line["parts"].get(name, 0), order.currency) for name in amazon_refunds.COMPONENTS}
        total = Money(sum(line["parts"].values()), order.currency)
        rows.append(RefundLineRow(item.title, item.sku, parts, total, line["cancelled"], refusal.get("words", "")))
    for line_id, refusal in refused.items():
        item, total = items[line_id], Money(refusal["amount"], order.currency)
        rows.append(RefundLineRow(item.title, item.sku, None, total, 0, refusal["words"]))
    used = {name for line in memo.amazon_lines for name, minor in line["parts"].items() if minor}
    components = [name for name in amazon_refunds.COMPONENTS if name in used]
    return {"memo": memo, "rows": rows, "components": components, "cancelled": any(row.cancelled for row in rows)}


def _describe_document(submission: Submission) -> dict[str, Any]:
    details = submission.details
    return {
        "document": details["document"],
        "invoice": details["document"] == vat_invoices.INVOICE,
        "total": Money.parse(details["amount"], details["currency"]),
        "vat": Money.parse(details["vat"], details["currency"]),
    }
