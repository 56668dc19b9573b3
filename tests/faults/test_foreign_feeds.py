"""Feeds of other programs of the seller, while the answer to one of ours is lost: none of them is taken for ours."""

import pytest
from sqlalchemy import select

from tests.e2e.test_refund_at_amazon import there, told_and_ended
from tests.support.account_harness import Port
from webapp.domain.amazon.types import Cancellation
from webapp.domain.common.money import Money
from webapp.domain.invoicing.amazon_refunds import Refund
from webapp.domain.invoicing.vat_invoices import VatInvoice
from webapp.models.documents import Invoice
from webapp.models.submissions import Feed, Submission
from webapp.services.submissions import feeds, vat_invoices
from webapp.services.submissions.feed_matching import LATE

pytestmark = pytest.mark.both_databases

# Before Amazon takes it, and after: ours is not there, or it is.
NOT_THERE, THERE = "error_500", "lost_answer"


@pytest.fixture
def number(desk):
    """A shipped order of two lines, so that a refund of all of it has two."""
    number = desk.world.place("DE", status="SHIPPED", lines=((0, 2), (1, 1)))
    desk.sync()
    return number


class Meanwhile(Port):
    """The port of a desk; `happens` is called once, after Amazon has the document and before it is made a feed."""

    def __init__(self, port, happens):
        super().__init__(port)
        self.happens = happens

    def create_feed(self, prepared):
        happens, self.happens = self.happens, lambda: None
        happens()
        return self.port.create_feed(prepared)


def refund_elsewhere(desk, port, lines, country="DE"):
    """Another program refunds as many lines of another order; answers Amazon's id of its feed."""
    other = desk.world.place(country, status="SHIPPED", lines=tuple((n, 1) for n in range(lines)))
    order = desk.world.orders[other].body
    refunds = [
        Refund(other, item["orderItemId"], "CustomerReturn", item_price=Money(100, "EUR"))
        for item in order["orderItems"]
    ]
    marketplaces = [order["salesChannel"]["marketplaceId"]]
    return port.create_feed(port.prepare_refunds(marketplaces, refunds)).feed_id


def refund_while(desk, number, fault, lines, **where):
    """Refund an order while another program does; then Amazon's answer to ours is lost, as `fault` says."""
    theirs = []

    def happens():
        theirs.append(refund_elsewhere(desk, desk.port.port, lines, **where))
        desk.world.faults.arm(fault, "createFeed")

    desk.port = Meanwhile(desk.port, happens)
    memo = desk.refund(number)
    submission = told_and_ended(desk, memo)
    return memo, submission, theirs[0]


def feed_of(desk, submission):
    return desk.session.get_one(Feed, submission.feed_id)


@pytest.mark.parametrize("lines", [1, 3])
def test_the_only_feed_of_that_time_is_not_taken_for_ours_when_it_counts_other_lines(desk, number, lines):
    memo, submission, _theirs = refund_while(desk, number, NOT_THERE, lines)

    assert (submission.state, submission.cause, memo.state) == ("unproved", "feed_lost", "asked")
    assert feed_of(desk, submission).amazon_feed_id is None
    assert (there(desk, number), desk.commerce_order(number).total_refunded) == ({}, 0)


def test_of_two_feeds_the_one_that_counts_our_lines_is_ours(desk, number):
    memo, submission, theirs = refund_while(desk, number, THERE, 1)

    assert (submission.state, memo.state) == ("verified", "refunded")
    assert feed_of(desk, submission).amazon_feed_id not in (None, theirs)
    assert sum(there(desk, number).values()) == memo.total


def test_a_feed_of_another_marketplace_is_not_ours(desk, number):
    memo, submission, _theirs = refund_while(desk, number, NOT_THERE, 2, country="FR")

    assert (submission.state, submission.cause, memo.state) == ("unproved", "feed_lost", "asked")


def test_a_feed_made_before_amazon_had_our_document_is_not_ours(desk, number):
    refund_elsewhere(desk, desk.port, 2)
    desk.world.clock.move(60)
    desk.world.faults.arm(NOT_THERE, "createFeed")

    submission = told_and_ended(desk, desk.refund(number))

    assert (submission.state, submission.cause) == ("unproved", "feed_lost")


def test_a_feed_made_long_after_ours_is_not_ours(desk, number):
    desk.world.faults.arm(NOT_THERE, "createFeed")
    memo = desk.refund(number)
    desk.later(31)
    desk.advance()
    desk.world.clock.move(LATE.total_seconds() + 5)
    refund_elsewhere(desk, desk.port, 2)

    submission = told_and_ended(desk, memo)

    assert (submission.state, submission.cause) == ("unproved", "feed_lost")


def test_a_feed_that_refuses_lines_of_another_order_is_not_ours(desk, number):
    """As many lines as ours, but its report names an order that is not in our document."""
    desk.world.faults.arm("feed_rejected", "createFeed")

    memo, submission, _theirs = refund_while(desk, number, NOT_THERE, 2)

    assert (submission.state, submission.cause, memo.state) == ("unproved", "feed_lost", "asked")


def test_a_feed_that_has_not_ended_is_waited_for(desk, number):
    desk.world.feed_seconds = 300
    desk.world.faults.arm(THERE, "createFeed")
    memo = desk.refund(number)
    submission = desk.session.scalars(select(Submission)).one()
    desk.later(31)
    desk.advance()
    for _ in range(4):
        desk.later(121)
        desk.advance()
    desk.session.refresh(submission)
    assert (submission.state, feed_of(desk, submission).amazon_feed_id) == ("sending", None)

    desk.world.clock.move(300)
    desk.advance_until_ended(submission)

    desk.session.refresh(memo)
    assert (submission.state, memo.state) == ("verified", "refunded")
    assert desk.world.call_counts["createFeed"] == 1


def test_a_feed_that_never_ends_is_not_waited_for_longer_than_one_of_ours(desk, number):
    desk.world.feed_seconds = 10**6
    desk.world.faults.arm(THERE, "createFeed")
    memo = desk.refund(number)
    submission = desk.session.scalars(select(Submission)).one()
    desk.later(31)
    desk.advance()
    desk.later(feeds.LONGEST.total_seconds() + 1)
    desk.advance()

    desk.session.expire_all()
    assert (submission.state, submission.cause, memo.state) == ("unproved", "feed_ambiguous", "asked")


def test_a_feed_of_an_older_release_is_left_to_a_person(desk, number):
    """What it contained was not kept, so nothing can be compared."""
    desk.world.faults.arm(THERE, "createFeed")
    memo = desk.refund(number)
    desk.later(31)
    desk.advance()
    feed = desk.session.scalars(select(Feed)).one()
    feed.records = feed.marketplace_ids = feed.laid_at = None
    desk.session.commit()

    submission = told_and_ended(desk, memo)

    assert (submission.state, submission.cause) == ("unproved", "feed_ambiguous")


def test_a_cancellation_is_sent_again_and_not_taken_for_another_programs(desk):
    mine, *others = (desk.world.place("DE") for _ in range(3))
    desk.sync()
    real = desk.port
    marketplace = desk.order(mine).store.marketplace_id
    items = {number: [item.order_item_id for item in desk.order(number).items] for number in others}
    desk.session.rollback()
    theirs = [Cancellation(n, number, tuple(items[number]), "NoInventory") for n, number in enumerate(others, 1)]

    def happens():
        real.create_feed(real.prepare_cancellations([marketplace], theirs))
        desk.world.faults.arm(NOT_THERE, "createFeed")

    desk.port = Meanwhile(real, happens)
    wish = desk.cancel(mine)
    desk.later(31)
    desk.advance_until_ended(wish)

    assert wish.state == "verified"
    assert len(desk.world.effects("cancellation", mine)) == 1


def test_a_tax_invoice_is_sent_again_and_not_taken_for_that_of_another_marketplace(desk):
    here, elsewhere = (desk.world.place(country, status="SHIPPED") for country in ("DE", "FR"))
    desk.sync()
    real = desk.port
    order = desk.commerce_order(here)
    invoice = desk.session.scalars(select(Invoice).where(Invoice.order_id == order.id)).one()
    marketplace = desk.order(elsewhere).store.marketplace_id
    order.store.documents_sender, order.store.documents_tax_number = "Desk\nHafen 1", "DE123456789"
    desk.session.commit()
    total = Money(100, "EUR")
    theirs = VatInvoice(elsewhere, "THEIRS-1", total, Money(0, "EUR"), "Invoice", None)

    def happens():
        real.create_feed(real.prepare_vat_invoice(marketplace, theirs, b"%PDF-1.7"))
        desk.world.faults.arm(NOT_THERE, "createFeed")

    desk.port = Meanwhile(real, happens)
    submission = vat_invoices.upload(desk.session, invoice, undo_seconds=30, now=desk.clock(), actor="test")
    desk.later(31)
    desk.advance_until_ended(submission)

    assert submission.state == "verified"
    assert len(desk.world.effects("vat_invoice", here)) == 1
