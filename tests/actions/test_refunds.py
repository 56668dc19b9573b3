"""Refunds asked of Amazon: what they hold, what they free, and that the books agree whatever Amazon answers."""

import pytest
from sqlalchemy import select

from tests.factories import NOW, a_component, an_account, an_item, an_order
from tests.mailboxes import set_up
from tests.processing import BY, at_once, imported, kinds, processing_order, quantities, refused
from webapp.actions import credit_memos, mail_settings, outcomes, refunds, shipments
from webapp.actions.kinds import Objection
from webapp.domain.amazon_orders import FeedMessage, FeedReport
from webapp.domain.documents import Refund
from webapp.models.comments import Comment
from webapp.models.credit_memos import CreditMemo
from webapp.models.events import Event
from webapp.models.mails import Mail
from webapp.models.submissions import Submission
from webapp.queries import refunds as queries

ON_AMAZON = {"on_amazon": True, "reason": "CustomerReturn"} | BY


def item(n, quantity, *, price=1000, shipping=300, tax=400, discount=-100, shipped=None, wrap=0):
    """Amazon's item `n`, all of it shipped; the parts in minor units of EUR."""

    def part(type_, minor):
        return a_component(type_, f"{minor / 100:.2f}")

    parts = {"ITEM": price * quantity, "SHIPPING": shipping, "TAX": tax, "DISCOUNT": discount, "GIFT_WRAP": wrap}
    return an_item(
        n,
        quantity=quantity,
        quantity_shipped=quantity if shipped is None else shipped,
        total=a_component("ITEM", f"{sum(parts.values()) / 100:.2f}").value,
        components=tuple(part(type_, minor) for type_, minor in parts.items() if minor),
    )


@pytest.fixture
def order(session):
    """26.00 for two pieces and 16.00 for one, shipped and invoiced."""
    order = processing_order(session, items=(item(1, 2), item(2, 1)), status="SHIPPED")
    session.commit()
    return order


def submission_of(session, memo):
    return session.scalars(select(Submission).where(Submission.subject == str(memo.id))).one()


def answered(session, memo, *refused_places):
    """Amazon's report on the feed with this credit memo alone: it refuses these lines, counted from 0."""
    submission = submission_of(session, memo)
    outcomes.move(submission, "send", NOW)
    outcomes.move(submission, "sent", NOW)
    submission.message_id = 1
    messages = tuple(FeedMessage(place + 1, "Error", "18102", "No.") for place in refused_places)
    count = len(memo.told)
    report = FeedReport(count, count - len(messages), len(messages), 0, messages)
    assert refunds.KIND.doubt(session, [submission], report) is None
    said = refunds.KIND.refused_in(session, submission, report)
    if said is None:
        outcomes.accept(session, submission, NOW)
    else:
        submission.details = submission.details | said.details
        outcomes.reject(session, submission, said.words, NOW, cause=said.cause)
    session.commit()
    return submission


def parts(row):
    return {name: minor for name, minor in row["parts"].items() if minor}


def test_what_is_asked_for_is_held_and_nothing_else_happens(session, order):
    first, second = [line.id for line in order.items]

    memo = credit_memos.create(session, order.id, Refund({first: 1}, 100), **ON_AMAZON)

    assert (memo.number, memo.state, memo.offline, memo.reason) == ("100001", "asked", False, "CustomerReturn")
    assert [(row["line"], row["cancelled"], parts(row)) for row in memo.told] == [
        (first, 0, {"item_price": 950, "item_tax": 200, "shipping_price": 50}),
        (second, 0, {"shipping_price": 50}),
    ]
    assert (order.state, order.total_refunded, order.total_refunding) == ("complete", 0, memo.total)
    assert [(line.refunded, line.refunding) for line in order.items] == [(0, 1), (0, 0)]
    assert kinds(session, order) == ["refund_requested"]
    there = queries.at_amazon(session, order)
    assert (there.refused, there.left.amount) == (None, f"{(order.total - memo.total) / 100:.2f}")
    assert parts({"parts": there.lines[first].pending}) == {"item_price": 950, "item_tax": 200, "shipping_price": 50}


def test_an_adjustment_is_carried_on_the_lines_and_a_fee_kept_of_them(session, order):
    first, _ = [line.id for line in order.items]
    asked = Refund({first: 1}, 0, adjustment_refund=200, adjustment_fee=50)

    memo = credit_memos.create(session, order.id, asked, **ON_AMAZON)

    assert [parts(row) for row in memo.told] == [{"item_price": 1100, "item_tax": 200}]
    assert memo.total == 1300 == sum(parts(memo.told[0]).values())


def test_of_two_tabs_one_asks_and_the_other_is_told(app, session, order):
    order_id, first = order.id, order.items[0].id
    session.commit()

    def ask(own):
        credit_memos.create(own, order_id, Refund({first: 2}, 0), **ON_AMAZON)

    assert at_once(app, ask, ask) == ["done", "quantity_over"]
    assert len(session.scalars(select(CreditMemo)).all()) == 1
    assert len(session.scalars(select(Submission)).all()) == 1


def test_one_tab_refunds_offline_and_the_other_at_amazon_one_of_them_is_told(app, session, order):
    order_id = order.id
    session.commit()

    def ask(own):
        credit_memos.create(own, order_id, Refund(), **ON_AMAZON)

    def offline(own):
        credit_memos.create(own, order_id, Refund(), **BY)

    answers = at_once(app, ask, offline)
    assert answers in (["cannot_refund", "done"], ["done", "nothing_to_refund"])
    session.expire_all()
    assert order.total_refunded + order.total_refunding == order.total


def test_what_amazon_has_no_part_for_is_refused_with_what_it_can_carry(session):
    an_account(session)
    parts_of = (a_component("ITEM", "10.00"), a_component("COD_FEE", "4.00"))
    one = an_item(1, 1, quantity_shipped=1, total=a_component("ITEM", "14.00").value, components=parts_of)
    (order,) = imported(session, an_order(items=(one,), status="SHIPPED"))
    session.commit()

    assert refused(lambda: credit_memos.create(session, order.id, Refund(), **ON_AMAZON)) == (
        "refund_over_at_amazon",
        {"left": "10.00", "over": "4.00", "currency": "EUR"},
    )
    memo = credit_memos.create(session, order.id, Refund(adjustment_fee=400), **ON_AMAZON)
    assert [parts(row) for row in memo.told] == [{"item_price": 1000}]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"status": "SHIPPED", "fulfilled_by": "AMAZON"}, "refund_fba"),
        ({"status": "UNSHIPPED", "items": (item(1, 2, shipped=0), item(2, 1, shipped=0))}, "refund_cancel_instead"),
        ({"status": "SHIPPED", "items": (an_item(1, components=(), quantity_shipped=2),)}, "refund_paid_unknown"),
    ],
)
def test_what_cannot_be_refunded_at_amazon_says_why_and_changes_nothing(session, said, code):
    order = processing_order(session, **{"items": (item(1, 2), item(2, 1))} | said)
    session.commit()
    assert refused(lambda: credit_memos.create(session, order.id, Refund(), **ON_AMAZON))[0] == code


def test_shipped_here_but_not_yet_at_amazon_it_waits_for_amazon(session):
    order = processing_order(session, items=(item(1, 2, shipped=0), item(2, 1)), status="PARTIALLY_SHIPPED")
    shipments.create(session, order.id, **BY)
    first = order.items[0].id

    code, about = refused(lambda: credit_memos.create(session, order.id, Refund({first: 1}, 0), **ON_AMAZON))

    assert (code, about) == ("refund_not_shipped", {"item": "SKU-1"})


def test_a_reason_amazon_does_not_have_is_refused(session, order):
    about = ON_AMAZON | {"reason": "BecauseISaySo"}
    assert refused(lambda: credit_memos.create(session, order.id, Refund(), **about))[0] == "reason_unknown"


def test_what_amazon_is_asked_to_refund_is_not_shipped_meanwhile(session):
    order = processing_order(session, items=(item(1, 2, shipped=1), item(2, 1)), status="PARTIALLY_SHIPPED")
    credit_memos.create(session, order.id, Refund({order.items[0].id: 1}, 0), **ON_AMAZON)

    assert refused(lambda: shipments.create(session, order.id, **BY))[0] == "nothing_to_ship"
    assert order.state == "processing"


def test_a_line_refused_is_given_back_and_the_other_one_stays_with_what_was_put_on_it(session, order):
    first, second = [line.id for line in order.items]
    memo = credit_memos.create(session, order.id, Refund(adjustment_fee=300), **ON_AMAZON)
    told = {row["line"]: sum(parts(row).values()) for row in memo.told}

    submission = answered(session, memo, 1)

    assert (submission.state, submission.cause, submission.message) == (
        "rejected",
        "refund_partly_refused",
        "No. (18102)",
    )
    assert (memo.state, memo.total, [line.order_item_id for line in memo.items]) == ("refunded", told[first], [first])
    assert (memo.adjustment_refund, memo.adjustment_fee) == (0, 2600 - told[first])
    assert (order.total_refunded, order.total_refunding) == (told[first], 0)
    assert quantities(order) == [(2, 2, 2, 0), (1, 1, 0, 0)]
    told_of = session.scalars(select(Event).where(Event.kind.in_(("refunded_in_part", "refund_rejected")))).all()
    amounts = {event.kind: event.args["amount"] for event in told_of}
    assert amounts == {
        "refunded_in_part": f"{told[first] / 100:.2f}",
        "refund_rejected": f"{told[second] / 100:.2f}",
    }
    assert submission.details["refused"][0] | {"shipping": 0, "worth": 0} == {
        "line": second,
        "quantity": 1,
        "shipping": 0,
        "worth": 0,
        "amount": told[second],
        "words": "No. (18102)",
    }


def test_cancelled_at_amazon_meanwhile_what_was_asked_for_is_given_back_without_asking(session):
    lines = (item(1, 2, shipped=1), item(2, 1))
    order = processing_order(session, items=lines, status="PARTIALLY_SHIPPED")
    memo = credit_memos.create(session, order.id, Refund({order.items[0].id: 1}, 0), **ON_AMAZON)
    submission = submission_of(session, memo)
    imported(session, an_order(items=lines, status="CANCELLED", updated=5))
    assert (order.state, memo.state, order.total_refunding) == ("canceled", "asked", memo.total)

    objection = refunds.KIND.objection(session, submission)
    outcomes.reject(session, submission, None, NOW, cause=objection.cause)
    session.commit()

    assert (objection.cause, objection.conflict) == ("refund_cancelled", False)
    assert (memo.state, memo.offline, order.state) == ("offline", True, "canceled")
    assert (order.total_refunded, order.total_refunding) == (order.total_invoiced, 0)
    assert [(line.refunded, line.refunding) for line in order.items] == [(2, 0), (1, 0)]


def test_what_was_not_to_be_sent_and_was_sent_is_not_refunded(session):
    order = processing_order(session, items=(item(1, 2, shipped=1), item(2, 1)), status="PARTIALLY_SHIPPED")
    memo = credit_memos.create(session, order.id, Refund({order.items[0].id: 1}, 0), **ON_AMAZON)
    assert [row["cancelled"] for row in memo.told] == [1]
    assert refunds.KIND.objection(session, submission_of(session, memo)) is None

    imported(session, an_order(items=(item(1, 2), item(2, 1)), status="SHIPPED", updated=5))

    assert refunds.KIND.objection(session, submission_of(session, memo)) == Objection("refund_shipped_meanwhile")


def test_what_the_buyer_has_paid_less_for_since_is_not_refunded(session, order):
    memo = credit_memos.create(session, order.id, Refund({order.items[0].id: 2}, 0), **ON_AMAZON)

    imported(session, an_order(items=(item(1, 2, price=500), item(2, 1)), status="SHIPPED", updated=5))

    assert refunds.KIND.objection(session, submission_of(session, memo)) == Objection("refund_over_now")


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
def test_a_report_that_is_not_of_what_was_told_proves_nothing(session, order, count, messages):
    memo = credit_memos.create(session, order.id, Refund(), **ON_AMAZON)
    submission = submission_of(session, memo)
    submission.message_id = 1
    report = FeedReport(count, count - len(messages), len(messages), 0, messages)

    assert len(memo.told) == 2
    assert refunds.KIND.doubt(session, [submission], report) == "refund_report_contradicts"
    assert refunds.KIND.doubt(session, [submission], FeedReport(2, 2, 0, 0, ())) is None
    assert refunds.KIND.doubt(session, [submission], None) == "refund_without_report"


@pytest.mark.parametrize("processed", [0, 2])
def test_a_report_that_refuses_all_of_the_document_need_not_count_its_lines(session, order, processed):
    memo = credit_memos.create(session, order.id, Refund(), **ON_AMAZON)
    submission = submission_of(session, memo)
    submission.message_id = 1
    messages = (FeedMessage(0, "Error", "90057", "No such column."),)
    report = FeedReport(processed, 0, processed or 1, 0, messages)

    assert refunds.KIND.doubt(session, [submission], report) is None
    said = refunds.KIND.refused_in(session, submission, report)
    assert (said.words, said.cause) == ("No such column. (90057)", None)
    assert [row["line"] for row in said.details["refused"]] == [line.id for line in order.items]


@pytest.mark.parametrize("forgotten", [False, True])
def test_the_buyer_is_told_when_amazon_has_refunded_and_can_still_be_written_to(session, order, forgotten):
    set_up(session)
    memo = credit_memos.create(session, order.id, Refund(), **ON_AMAZON, comment="Sorry", notify=True)
    assert session.scalars(select(Mail)).all() == []
    if forgotten:
        mail_settings.forget_server(session, **BY)

    answered(session, memo)

    assert memo.state == "refunded"
    told = [(mail.kind, mail.document_id, mail.comment_id) for mail in session.scalars(select(Mail))]
    comment = session.scalars(select(Comment.id)).one()
    assert told == ([] if forgotten else [("credit_memo", memo.id, comment)])


def test_the_buyer_hears_nothing_of_what_amazon_refused(session, order):
    set_up(session)
    memo = credit_memos.create(session, order.id, Refund(), **ON_AMAZON, notify=True)

    answered(session, memo, 0, 1)

    assert (memo.state, session.scalars(select(Mail)).all()) == ("refused", [])
