"""Feeds of other programs of the seller, while the answer to one of ours is lost: none of them is taken for ours."""

import pytest
from sqlalchemy import select

from tests.e2e.test_refund_at_amazon import refunded_at_amazon, send_and_finish
from tests.support.account_harness import AmazonProxy
from webapp.domain.amazon.types import Cancellation
from webapp.domain.common.money import Money
from webapp.domain.invoicing.amazon_refunds import Refund
from webapp.domain.invoicing.vat_invoices import VatInvoice
from webapp.models.documents import Invoice
from webapp.models.submissions import Feed, Submission
from webapp.services.submissions import feeds, vat_invoices
from webapp.services.submissions.feed_matching import MAX_CREATION_DELAY

pytestmark = pytest.mark.both_databases

# Before Amazon takes it, and after: ours is not there, or it is.
NOT_THERE, THERE = "error_500", "lost_answer"


@pytest.fixture
def number(harness):
    """A shipped order of two lines, so that a refund of all of it has two."""
    number = harness.world.place("DE", status="SHIPPED", lines=((0, 2), (1, 1)))
    harness.sync()
    return number


class Meanwhile(AmazonProxy):
    """A client that calls `happens` once, after the upload of the document and before the feed is created."""

    def __init__(self, amazon, happens):
        super().__init__(amazon)
        self.happens = happens

    def create_feed(self, prepared):
        happens, self.happens = self.happens, lambda: None
        happens()
        return self.amazon.create_feed(prepared)


def refund_elsewhere(harness, amazon, lines, country="DE"):
    """Another program refunds as many lines of another order; answers Amazon's id of its feed."""
    other = harness.world.place(country, status="SHIPPED", lines=tuple((n, 1) for n in range(lines)))
    order = harness.world.orders[other].body
    refunds = [
        Refund(other, item["orderItemId"], "CustomerReturn", item_price=Money(100, "EUR"))
        for item in order["orderItems"]
    ]
    marketplaces = [order["salesChannel"]["marketplaceId"]]
    return amazon.create_feed(amazon.prepare_refunds(marketplaces, refunds)).feed_id


def refund_while(harness, number, fault, lines, **where):
    """Refund an order while another program does; then Amazon's answer to ours is lost, as `fault` says."""
    theirs = []

    def happens():
        theirs.append(refund_elsewhere(harness, harness.amazon.amazon, lines, **where))
        harness.world.faults.arm(fault, "createFeed")

    harness.amazon = Meanwhile(harness.amazon, happens)
    memo = harness.refund(number)
    submission = send_and_finish(harness, memo)
    return memo, submission, theirs[0]


def feed_of(harness, submission):
    return harness.session.get_one(Feed, submission.feed_id)


@pytest.mark.parametrize("lines", [1, 3])
def test_a_feed_of_the_same_time_with_another_line_count_is_not_ours(harness, number, lines):
    memo, submission, _theirs = refund_while(harness, number, NOT_THERE, lines)

    assert (submission.state, submission.cause, memo.state) == ("unproved", "feed_lost", "asked")
    assert feed_of(harness, submission).amazon_feed_id is None
    assert (refunded_at_amazon(harness, number), harness.commerce_order(number).total_refunded) == ({}, 0)


def test_of_two_feeds_the_one_with_our_line_count_is_ours(harness, number):
    memo, submission, theirs = refund_while(harness, number, THERE, 1)

    assert (submission.state, memo.state) == ("verified", "refunded")
    assert feed_of(harness, submission).amazon_feed_id not in (None, theirs)
    assert sum(refunded_at_amazon(harness, number).values()) == memo.total


def test_a_feed_of_another_marketplace_is_not_ours(harness, number):
    memo, submission, _theirs = refund_while(harness, number, NOT_THERE, 2, country="FR")

    assert (submission.state, submission.cause, memo.state) == ("unproved", "feed_lost", "asked")


def test_a_feed_made_before_amazon_had_our_document_is_not_ours(harness, number):
    refund_elsewhere(harness, harness.amazon, 2)
    harness.world.clock.move(60)
    harness.world.faults.arm(NOT_THERE, "createFeed")

    submission = send_and_finish(harness, harness.refund(number))

    assert (submission.state, submission.cause) == ("unproved", "feed_lost")


def test_a_feed_made_long_after_ours_is_not_ours(harness, number):
    harness.world.faults.arm(NOT_THERE, "createFeed")
    memo = harness.refund(number)
    harness.later(31)
    harness.advance()
    harness.world.clock.move(MAX_CREATION_DELAY.total_seconds() + 5)
    refund_elsewhere(harness, harness.amazon, 2)

    submission = send_and_finish(harness, memo)

    assert (submission.state, submission.cause) == ("unproved", "feed_lost")


def test_a_feed_that_refuses_lines_of_another_order_is_not_ours(harness, number):
    """As many lines as ours, but its report names an order that is not in our document."""
    harness.world.faults.arm("feed_rejected", "createFeed")

    memo, submission, _theirs = refund_while(harness, number, NOT_THERE, 2)

    assert (submission.state, submission.cause, memo.state) == ("unproved", "feed_lost", "asked")


def test_a_feed_that_has_not_ended_is_waited_for(harness, number):
    harness.world.feed_seconds = 300
    harness.world.faults.arm(THERE, "createFeed")
    memo = harness.refund(number)
    submission = harness.session.scalars(select(Submission)).one()
    harness.later(31)
    harness.advance()
    for _ in range(4):
        harness.later(121)
        harness.advance()
    harness.session.refresh(submission)
    assert (submission.state, feed_of(harness, submission).amazon_feed_id) == ("sending", None)

    harness.world.clock.move(300)
    harness.advance_until_ended(submission)

    harness.session.refresh(memo)
    assert (submission.state, memo.state) == ("verified", "refunded")
    assert harness.world.call_counts["createFeed"] == 1


def test_a_foreign_feed_that_never_ends_is_waited_for_no_longer_than_our_own(harness, number):
    harness.world.feed_seconds = 10**6
    harness.world.faults.arm(THERE, "createFeed")
    memo = harness.refund(number)
    submission = harness.session.scalars(select(Submission)).one()
    harness.later(31)
    harness.advance()
    harness.later(feeds.MAX_PROCESSING_TIME.total_seconds() + 1)
    harness.advance()

    harness.session.expire_all()
    assert (submission.state, submission.cause, memo.state) == ("unproved", "feed_ambiguous", "asked")


def test_a_feed_of_an_older_release_is_left_to_a_user(harness, number):
    """What it contained was not kept, so nothing can be compared."""
    harness.world.faults.arm(THERE, "createFeed")
    memo = harness.refund(number)
    harness.later(31)
    harness.advance()
    feed = harness.session.scalars(select(Feed)).one()
    feed.records = feed.marketplace_ids = feed.uploaded_at = None
    harness.session.commit()

    submission = send_and_finish(harness, memo)

    assert (submission.state, submission.cause) == ("unproved", "feed_ambiguous")


def test_a_cancellation_is_sent_again_and_not_matched_with_a_foreign_feed(harness):
    mine, *others = (harness.world.place("DE") for _ in range(3))
    harness.sync()
    real = harness.amazon
    marketplace = harness.order(mine).store.marketplace_id
    items = {number: [item.order_item_id for item in harness.order(number).items] for number in others}
    harness.session.rollback()
    theirs = [Cancellation(n, number, tuple(items[number]), "NoInventory") for n, number in enumerate(others, 1)]

    def happens():
        real.create_feed(real.prepare_cancellations([marketplace], theirs))
        harness.world.faults.arm(NOT_THERE, "createFeed")

    harness.amazon = Meanwhile(real, happens)
    wish = harness.cancel(mine)
    harness.later(31)
    harness.advance_until_ended(wish)

    assert wish.state == "verified"
    assert len(harness.world.effects("cancellation", mine)) == 1


def test_a_tax_invoice_is_sent_again_and_not_matched_with_another_marketplace(harness):
    here, elsewhere = (harness.world.place(country, status="SHIPPED") for country in ("DE", "FR"))
    harness.sync()
    real = harness.amazon
    order = harness.commerce_order(here)
    invoice = harness.session.scalars(select(Invoice).where(Invoice.order_id == order.id)).one()
    marketplace = harness.order(elsewhere).store.marketplace_id
    order.store.documents_sender, order.store.documents_tax_number = "Desk\nHafen 1", "DE123456789"
    harness.session.commit()
    total = Money(100, "EUR")
    theirs = VatInvoice(elsewhere, "THEIRS-1", total, Money(0, "EUR"), "Invoice", None)

    def happens():
        real.create_feed(real.prepare_vat_invoice(marketplace, theirs, b"%PDF-1.7"))
        harness.world.faults.arm(NOT_THERE, "createFeed")

    harness.amazon = Meanwhile(real, happens)
    submission = vat_invoices.upload(harness.session, invoice, undo_seconds=30, now=harness.clock(), actor="test")
    harness.later(31)
    harness.advance_until_ended(submission)

    assert submission.state == "verified"
    assert len(harness.world.effects("vat_invoice", here)) == 1
