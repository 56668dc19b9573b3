"""Refunds at Amazon and their feed reports."""

from collections import Counter

from sqlalchemy import select

from simulator.operations import adjustments
from tests.support.factories import NOW, a_component, an_item
from tests.support.order_processing import AUDIT_ARGS, create_processing_order
from webapp.domain.amazon.types import FeedMessage, FeedReport
from webapp.models.submissions import Submission
from webapp.services.submissions import refunds
from webapp.services.submissions import transitions as submission_transitions

ON_AMAZON = {"on_amazon": True, "reason": "CustomerReturn"} | AUDIT_ARGS
# For units that will not be shipped.
UNSHIPPED = ON_AMAZON | {"reason": "NoInventory"}


def a_shipped_item(n, quantity, *, price=1000, shipping=300, tax=400, discount=-100, shipped=None, wrap=0):
    """Build the shipped item `n` from amounts in minor units of EUR."""

    def part(type_, minor):
        return a_component(type_, f"{minor / 100:.2f}")

    parts = {
        "ITEM": price * quantity,
        "SHIPPING": shipping,
        "TAX": tax,
        "DISCOUNT": discount,
        "GIFT_WRAP": wrap,
    }
    return an_item(
        n,
        quantity=quantity,
        quantity_shipped=quantity if shipped is None else shipped,
        total=a_component("ITEM", f"{sum(parts.values()) / 100:.2f}").value,
        components=tuple(part(type_, minor) for type_, minor in parts.items() if minor),
    )


def create_shipped_order(session):
    """Create an order of 26.00 for two units and 16.00 for one, shipped and invoiced."""
    order = create_processing_order(session, items=(a_shipped_item(1, 2), a_shipped_item(2, 1)), status="SHIPPED")
    session.commit()
    return order


def lines_sent(world, number):
    """Count how often each line of an order was sent to Amazon for a refund, by Amazon's order item id.

    The simulator's ledger holds only refunds that were carried out, and refuses to refund more than was paid, so a
    line that is sent twice appears there once.
    """
    with world.lock:
        documents = [
            world.documents[feed["input"]]["text"].encode("latin-1")
            for feed in world.feeds.values()
            if feed["feedType"] == "POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA"
        ]
    lines = [line for document in documents for line in adjustments.parse_document(document)]
    return Counter(line["order-item-id"] for line in lines if line["order-id"] == number)


def submission_of(session, memo):
    return session.scalars(select(Submission).where(Submission.subject == str(memo.id))).one()


def apply_feed_report(session, memo, *refused_places):
    """Apply a feed report on this credit memo that refuses these lines, counted from 0."""
    submission = submission_of(session, memo)
    submission_transitions.apply(submission, "send", NOW)
    submission_transitions.apply(submission, "sent", NOW)
    submission.message_id = 1
    messages = tuple(FeedMessage(place + 1, "Error", "18102", "No.") for place in refused_places)
    count = len(memo.amazon_lines)
    report = FeedReport(count, count - len(messages), len(messages), 0, messages)
    assert refunds.RefundHandler().check_report(session, [submission], report) is None
    refusal = refunds.RefundHandler().find_rejection(session, submission, report)
    if refusal is None:
        submission_transitions.accept(session, submission, NOW)
    else:
        submission.details = submission.details | refusal.details
        submission_transitions.reject(session, submission, refusal.message, NOW, cause=refusal.cause)
    session.commit()
    return submission


def nonzero_parts(row):
    return {name: minor for name, minor in row["parts"].items() if minor}
