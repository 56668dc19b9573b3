"""A database that is older than what was sent: nothing goes out twice, and no number is given out twice."""

import pytest
from sqlalchemy import select

from tests.support.mailboxes import mail_server, save_mail_server
from tests.support.restores import copy_rows, put_back
from webapp.core.extensions import db
from webapp.db import high_water_mark
from webapp.domain.errors import RefusedError
from webapp.mailing.composer import SmtpMailService
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.fences import Fence
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.models.submissions import Feed, Submission
from webapp.queries import fences as queries
from webapp.services import fences
from webapp.services.mail import outbox as mail_outbox
from webapp.services.mail import sender
from webapp.services.submissions import refunds

pytestmark = pytest.mark.both_databases


@pytest.fixture
def mailbox(harness):
    with mail_server() as box:
        save_mail_server(harness.session, box.port)
        yield box


@pytest.fixture
def numbers(harness):
    """Six imported orders: three shipped ones to refund, one to cancel, one to ship, one that stays as it is."""
    numbers = [harness.world.place("DE", status="SHIPPED" if n < 3 else "UNSHIPPED") for n in range(6)]
    harness.sync()
    return numbers


def restore(harness, rows):
    """Put the older state back, as somebody does who copies a backup, and start again."""
    harness.session.rollback()
    harness.session.expunge_all()
    put_back(db.engine, rows)
    harness.account = harness.session.merge(harness.account, load=True)
    return fences.start_if_behind(harness.session, now=harness.clock(), mark_required=True)


def send_mails(harness):
    return sender.send_due(harness.session, SmtpMailService(), clock=harness.clock)


def queue_mail(harness, number, subject):
    order = harness.commerce_order(number)
    return mail_outbox.queue_mail(
        harness.session, order, "free", text=(subject, "Text"), now=harness.clock(), actor="user:1"
    )


def advance(harness, passes=8):
    """Process everything as often as it takes until all that can be done is done."""
    for _ in range(passes):
        harness.advance()
        harness.later(130)


def document_numbers(harness):
    session = harness.session
    session.expire_all()
    return {model.__name__: set(session.scalars(select(model.number))) for model in (Order, Invoice, CreditMemo)}


def effects(harness, *names):
    return [entry for entry in harness.world.ledger if entry["effect"] in names]


def refund_three_cancel_and_ship(harness, numbers):
    """Queue what is in the backup: three refunds, a cancellation, a shipment and a mail."""
    for number in numbers[:3]:
        harness.refund(number)
    harness.cancel(numbers[3])
    harness.ship(numbers[4], undo_seconds=30)
    queue_mail(harness, numbers[5], "Backed up")


def test_a_day_of_work_lost_by_a_restore_is_not_done_again(harness, numbers, mailbox):
    refund_three_cancel_and_ship(harness, numbers)
    backup = copy_rows(db.engine)

    # The day that is lost: everything goes out, and new orders bring invoices, a refund and a mail.
    harness.later(31)
    advance(harness)
    late = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    harness.refund(late)
    queue_mail(harness, late, "Later")
    harness.later(31)
    advance(harness)
    send_mails(harness)
    lost = document_numbers(harness)
    sent = effects(harness, "refund", "cancellation", "shipment", "feed")
    assert len(effects(harness, "refund")) >= 4
    assert [mail["Subject"] for mail in mailbox.taken] == ["Backed up", "Later"]

    assert restore(harness, backup)

    # Fenced: imports run, nothing goes out.
    harness.sync()
    advance(harness)
    send_mails(harness)
    assert effects(harness, "refund", "cancellation", "shipment", "feed") == sent
    assert len(mailbox.taken) == 2
    overview = queries.load_overview(harness.session)
    assert overview.fence.reason == "older_database"
    assert len(overview.feeds) == 2
    assert overview.not_compared == []
    # Amazon's orders show the cancellation and the shipment; the refunds may be in a feed that is not known.
    assert [row.Submission.kind for row in overview.submissions] == []
    assert {row.Submission.kind for row in overview.unconfirmed} == {"refund"}
    assert len(overview.unconfirmed) == 3
    assert overview.mail_count == 1
    # The orders imported again have new numbers.
    restored = document_numbers(harness)
    kept = {name: {row["number"] for row in backup[table]} for name, table in TABLES.items()}
    for name, given in lost.items():
        assert not (restored[name] - kept[name]) & (given - kept[name]), name
    assert restored["Order"] - kept["Order"]

    assert fences.release_all(harness.session, now=harness.clock(), actor="user:1") == 1
    advance(harness)
    send_mails(harness)
    assert effects(harness, "refund", "cancellation", "shipment", "feed") == sent
    assert len(mailbox.taken) == 2
    assert harness.session.scalars(select(Mail.state)).all() == ["unknown"]

    # What is requested afterwards is sent as usual.
    harness.world.clock.move(3600)
    again = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    harness.refund(again)
    harness.later(31)
    advance(harness)
    assert len(harness.world.effects("refund", again)) >= 1


TABLES = {"Order": "orders", "Invoice": "invoices", "CreditMemo": "credit_memos"}


def test_what_amazon_lacks_is_sent_on_release(harness, numbers, mailbox):
    backup = copy_rows(db.engine)
    # Something is sent after the backup, so that the database is recognized as older.
    harness.ship(numbers[5], undo_seconds=0)
    advance(harness, 2)
    assert restore(harness, backup)
    harness.sync()
    refund_three_cancel_and_ship(harness, numbers)
    harness.later(31)
    advance(harness)
    assert effects(harness, "refund", "cancellation") == []
    assert len(effects(harness, "shipment")) == 1

    assert fences.release_all(harness.session, now=harness.clock(), actor="user:1") == 0
    advance(harness)
    send_mails(harness)
    assert {entry["order_id"] for entry in effects(harness, "refund")} == set(numbers[:3])
    assert [entry["order_id"] for entry in effects(harness, "cancellation")] == [numbers[3]]
    assert [entry["order_id"] for entry in effects(harness, "shipment")] == [numbers[5], numbers[4]]
    # Requested by a person after the restore, so it was not sent before.
    assert [mail["Subject"] for mail in mailbox.taken] == ["Backed up"]


def test_one_at_a_time_is_released_or_discarded(harness, numbers, mailbox):
    fences.start(harness.session, fences.RESTORED, now=harness.clock())
    cancellation = harness.cancel(numbers[3])
    (shipment,) = harness.ship(numbers[4], undo_seconds=0)
    mail, other = queue_mail(harness, numbers[5], "First"), queue_mail(harness, numbers[0], "Second")
    harness.later(31)
    now = harness.clock()

    fences.release_submission(harness.session, shipment.id, now=now, actor="user:1")
    fences.release_mail(harness.session, mail.id, now=now, actor="user:1")
    harness.advance()
    send_mails(harness)

    assert len(effects(harness, "shipment")) == 1
    assert effects(harness, "cancellation") == []
    assert [taken["Subject"] for taken in mailbox.taken] == ["First"]
    assert fences.discard_all(harness.session, now=now, actor="user:1") == 2
    harness.session.expire_all()
    assert (cancellation.state, other.state) == ("undone", "dropped")
    with pytest.raises(RefusedError, match="fence_not_waiting"):
        fences.release_mail(harness.session, other.id, now=now, actor="user:1")


def test_a_refund_is_released_only_when_amazons_feeds_were_read(harness, numbers):
    memo = harness.refund(numbers[0])
    submission = harness.session.scalars(select(Submission).where(Submission.subject == str(memo.id))).one()
    fences.start(harness.session, fences.RESTORED, now=harness.clock())
    harness.world.faults.arm("error_500", "getFeeds", times=None)
    harness.later(31)

    harness.advance()
    for release in (
        lambda: fences.release_submission(harness.session, submission.id, now=harness.clock(), actor="user:1"),
        lambda: fences.release_all(harness.session, now=harness.clock(), actor="user:1"),
    ):
        with pytest.raises(RefusedError, match="fence_not_compared"):
            release()
    assert effects(harness, "feed") == []

    harness.world.faults.disarm()
    harness.advance()
    fences.release_submission(harness.session, submission.id, now=harness.clock(), actor="user:1")
    harness.advance_until_ended(submission)
    assert submission.state == "verified"


def test_a_refund_that_somebody_looked_up_is_sent_during_the_fence(harness, numbers):
    harness.refund(numbers[0])
    backup = copy_rows(db.engine)
    harness.later(31)
    advance(harness, 2)
    restore(harness, backup)
    harness.advance()
    (submission,) = harness.session.scalars(select(Submission).where(Submission.kind == "refund"))
    assert (submission.state, submission.cause) == ("unproved", "feed_unknown")

    refunds.mark_refunded(harness.session, submission.id, now=harness.clock(), actor="user:1")
    assert harness.commerce_order(numbers[0]).total_refunded == harness.commerce_order(numbers[0]).total
    assert len(effects(harness, "feed")) == 1


def test_before_the_first_refund_after_a_start_unknown_feeds_begin_a_fence(harness, numbers):
    """The mark is lost and a PostgreSQL database was put back by hand: only Amazon knows."""
    backup = copy_rows(db.engine)
    harness.refund(numbers[0])
    harness.later(31)
    advance(harness, 2)
    assert len(effects(harness, "feed")) == 1
    (high_water_mark._path).unlink()
    put_back(db.engine, backup)
    harness.session.expunge_all()
    fences.start_if_behind(harness.session, now=harness.clock())
    assert queries.find_active(harness.session) is None

    harness.account = harness.session.merge(harness.account)
    harness.later(3600)
    harness.world.clock.move(3600)
    harness.refund(numbers[1])
    harness.later(31)
    started = harness.clock()
    harness.advance(started_at=started)
    harness.session.expire_all()

    assert harness.session.scalars(select(Fence.reason)).all() == ["unknown_feeds"]
    assert len(effects(harness, "feed")) == 1
    harness.later(10)
    harness.advance(started_at=started)
    assert len(effects(harness, "feed")) == 1
    # The refund was requested after the unknown feed was created, so it cannot be in it.
    fences.release_all(harness.session, now=harness.clock(), actor="user:1")
    advance(harness, 3)
    assert {entry["order_id"] for entry in effects(harness, "refund")} == {numbers[0], numbers[1]}
    assert sorted(harness.session.scalars(select(Feed.state))) == ["done", "foreign"]


def test_our_own_feeds_do_not_begin_a_fence(harness, numbers):
    harness.refund(numbers[0])
    harness.world.faults.arm("lost_answer", "createFeed")
    harness.later(31)
    started = harness.clock()
    for _ in range(4):
        harness.advance(started_at=started)
        harness.later(130)
    harness.refund(numbers[1])
    harness.later(31)
    started = harness.clock()
    for _ in range(4):
        harness.advance(started_at=started)
        harness.later(130)

    assert queries.find_active(harness.session) is None
    assert {entry["order_id"] for entry in effects(harness, "refund")} == set(numbers[:2])


def test_a_feed_that_was_prepared_in_the_backup_is_taken_apart(harness, numbers):
    """It was perhaps created since: each of its submissions waits by itself."""
    harness.refund(numbers[0])
    harness.world.faults.arm("error_500", "createFeedDocument", times=None)
    harness.later(31)
    harness.advance()
    assert harness.session.scalars(select(Feed.state)).all() == ["preparing"]
    backup = copy_rows(db.engine)
    harness.world.faults.disarm()
    advance(harness, 3)
    assert len(effects(harness, "feed")) == 1

    restore(harness, backup)
    advance(harness, 3)

    assert harness.session.scalars(select(Submission.state)).all() == ["unproved"]
    assert len(effects(harness, "feed")) == 1


def test_a_direct_call_alone_shows_that_the_database_is_older(harness, numbers):
    harness.ship(numbers[4], undo_seconds=0)
    backup = copy_rows(db.engine)
    advance(harness)
    assert len(effects(harness, "shipment")) == 1

    assert restore(harness, backup)
    assert queries.find_active(harness.session).reason == "older_database"
