"""What Amazon answers to a refund: the books agree with it whatever it says, and the buyer hears what is so."""

import pytest
from sqlalchemy import select

from tests.support.mailboxes import save_mail_server
from tests.support.order_processing import AUDIT_ARGS, line_quantities
from tests.support.refunds import ON_AMAZON, apply_feed_report, nonzero_parts, submission_of
from webapp.domain.amazon.types import FeedMessage, FeedReport
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.audit_log import Event
from webapp.models.comments import Comment
from webapp.models.mails import Mail
from webapp.services.invoicing import credit_memos
from webapp.services.mail import settings as mail_settings
from webapp.services.submissions import refunds


def test_a_line_refused_is_given_back_and_the_other_one_stays_with_what_was_put_on_it(session, order):
    first, second = [line.id for line in order.items]
    memo = credit_memos.create(session, order.id, CreditRequest(adjustment_fee=300), **ON_AMAZON)
    line_amounts = {row["line"]: sum(nonzero_parts(row).values()) for row in memo.amazon_lines}

    submission = apply_feed_report(session, memo, 1)

    assert (submission.state, submission.cause, submission.message) == (
        "rejected",
        "refund_partly_refused",
        "No. (18102)",
    )
    assert (memo.state, memo.total) == ("refunded", line_amounts[first])
    assert [line.order_item_id for line in memo.items] == [first]
    assert (memo.adjustment_refund, memo.adjustment_fee) == (0, 2600 - line_amounts[first])
    assert (order.total_refunded, order.total_refunding) == (line_amounts[first], 0)
    assert line_quantities(order) == [(2, 2, 2, 0), (1, 1, 0, 0)]
    entries = session.scalars(select(Event).where(Event.kind.in_(("refunded_in_part", "refund_rejected")))).all()
    amounts = {event.kind: event.args["amount"] for event in entries}
    assert amounts == {
        "refunded_in_part": f"{line_amounts[first] / 100:.2f}",
        "refund_rejected": f"{line_amounts[second] / 100:.2f}",
    }
    assert submission.details["refused"][0] | {"shipping": 0, "worth": 0} == {
        "line": second,
        "quantity": 1,
        "shipping": 0,
        "worth": 0,
        "amount": line_amounts[second],
        "words": "No. (18102)",
    }


@pytest.mark.parametrize(
    ("count", "messages"),
    [
        (3, ()),
        (1, ()),
        (2, (FeedMessage(1, "Error", "18102", "No.", "303-0000000-9999999"),)),
        (2, (FeedMessage(3, "Error", "18102", "No."),)),
    ],
    ids=["a line more", "a line less", "an order nobody asked for", "a line that is not there"],
)
def test_a_report_of_another_feed_verifies_nothing(session, order, count, messages):
    memo = credit_memos.create(session, order.id, CreditRequest(), **ON_AMAZON)
    submission = submission_of(session, memo)
    submission.message_id = 1
    report = FeedReport(count, count - len(messages), len(messages), 0, messages)

    assert len(memo.amazon_lines) == 2
    assert refunds.RefundHandler().check_report(session, [submission], report) == "refund_report_contradicts"
    assert refunds.RefundHandler().check_report(session, [submission], FeedReport(2, 2, 0, 0, ())) is None
    assert refunds.RefundHandler().check_report(session, [submission], None) == "refund_without_report"


@pytest.mark.parametrize("processed", [0, 2])
def test_a_report_that_refuses_all_of_the_document_need_not_count_its_lines(session, order, processed):
    memo = credit_memos.create(session, order.id, CreditRequest(), **ON_AMAZON)
    submission = submission_of(session, memo)
    submission.message_id = 1
    messages = (FeedMessage(0, "Error", "90057", "No such column."),)
    report = FeedReport(processed, 0, processed or 1, 0, messages)

    assert refunds.RefundHandler().check_report(session, [submission], report) is None
    rejection = refunds.RefundHandler().find_rejection(session, submission, report)
    assert (rejection.message, rejection.cause) == ("No such column. (90057)", None)
    assert [row["line"] for row in rejection.details["refused"]] == [line.id for line in order.items]


@pytest.mark.parametrize("forgotten", [False, True])
def test_the_buyer_is_notified_after_the_refund_if_there_still_is_an_address(session, order, forgotten):
    save_mail_server(session)
    memo = credit_memos.create(session, order.id, CreditRequest(), **ON_AMAZON, comment="Sorry", notify=True)
    assert session.scalars(select(Mail)).all() == []
    if forgotten:
        mail_settings.delete_server(session, **AUDIT_ARGS)

    apply_feed_report(session, memo)

    assert memo.state == "refunded"
    mails = [(mail.kind, mail.document_id, mail.comment_id) for mail in session.scalars(select(Mail))]
    comment = session.scalars(select(Comment.id)).one()
    assert mails == ([] if forgotten else [("credit_memo", memo.id, comment)])


def test_the_buyer_hears_nothing_of_what_amazon_refused(session, order):
    save_mail_server(session)
    memo = credit_memos.create(session, order.id, CreditRequest(), **ON_AMAZON, notify=True)

    apply_feed_report(session, memo, 0, 1)

    assert (memo.state, session.scalars(select(Mail)).all()) == ("refused", [])
