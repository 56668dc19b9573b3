"""Amazon's own Messaging, against the simulator: what it allows, and each message at most once."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.account_harness import Desk
from tests.support.mailboxes import set_up
from tests.support.order_processing import refused
from webapp.db import leases
from webapp.domain.errors import BusyError
from webapp.models.mails import Mail, MessageOffer
from webapp.models.orders import Order
from webapp.services.mail import amazon_messaging
from webapp.services.mail import outbox as mail_outbox


@pytest.fixture
def number(desk: Desk) -> str:
    number = desk.world.place("DE")
    desk.sync()
    return number


def order_of(desk: Desk, number: str) -> Order:
    return desk.commerce_order(number)


def ask(desk: Desk, number: str) -> MessageOffer:
    order = order_of(desk, number)
    amazon_messaging.request_allowed(desk.session, order, now=desk.clock())
    advance(desk)
    desk.session.expire_all()
    return desk.session.get_one(MessageOffer, order.amazon_order_id)


def advance(desk: Desk) -> None:
    amazon_messaging.advance(desk.session, desk.port, desk.account.id, clock=desk.clock)


def write(desk: Desk, number: str, kind: str = "unexpectedProblem", text: str = "Es kommt morgen.") -> Mail:
    order = order_of(desk, number)
    return mail_outbox.write_message(desk.session, order, kind, text, now=desk.clock(), actor="user:1")


def test_what_amazon_allows_is_asked_once_and_kept_for_minutes(desk: Desk, number: str) -> None:
    offer = ask(desk, number)
    assert offer.kinds.split(",") == [
        "confirmOrderDetails",
        "confirmCustomizationDetails",
        "confirmDeliveryDetails",
        "unexpectedProblem",
    ]
    answered = offer.answered_at

    assert ask(desk, number).answered_at == answered
    desk.later(601)
    assert ask(desk, number).answered_at != answered


def test_a_message_that_is_allowed_reaches_the_buyer_once(desk: Desk, number: str) -> None:
    ask(desk, number)
    mail = write(desk, number)

    advance(desk)
    advance(desk)

    desk.session.refresh(mail)
    assert (mail.state, mail.via, mail.due_at) == ("sent", "amazon", None)
    (told,) = desk.world.effects("message", number)
    assert (told["kind"], told["characters"]) == ("unexpectedProblem", 16)


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("unexpectedProblem", " ", "mail_body_required"),
        ("unexpectedProblem", "x" * 2001, "text_too_long"),
        ("confirmCustomizationDetails", "x" * 801, "text_too_long"),
        ("unexpectedProblem", "<b>Now</b>", "message_forbidden"),
        ("unexpectedProblem", "Write to me@shop.example", "message_forbidden"),
        ("warranty", "Hello", "message_kind_unknown"),
        ("digitalAccessKey", "Hello", "message_not_allowed"),
    ],
)
def test_what_amazon_would_not_take_is_refused_here(desk: Desk, number: str, kind: str, text: str, code: str) -> None:
    ask(desk, number)
    order_of(desk, number)
    assert refused(lambda: write(desk, number, kind, text))[0] == code


def test_without_amazons_word_no_message_is_queued(desk: Desk, number: str) -> None:
    assert refused(lambda: write(desk, number))[0] == "message_not_allowed"


def test_what_amazon_refuses_by_then_has_failed_in_its_words(desk: Desk, number: str) -> None:
    ask(desk, number)
    mail = write(desk, number)
    desk.at_amazon(number, "cancel")
    advance(desk)
    desk.session.refresh(mail)
    assert (mail.state, mail.cause) == ("failed", "forbidden")
    assert "not allowed for order" in (mail.words or "")
    assert desk.world.effects("message", number) == []


def test_after_a_lost_answer_it_is_never_repeated_blindly(desk: Desk, number: str) -> None:
    ask(desk, number)
    mail = write(desk, number)
    desk.world.faults.arm("lost_answer", times=1)

    advance(desk)
    desk.later(3600)
    advance(desk)

    desk.session.refresh(mail)
    assert (mail.state, mail.cause) == ("unknown", "message_lost")
    assert len(desk.world.effects("message", number)) == 1


def test_what_a_dead_process_left_may_have_arrived(desk: Desk, number: str) -> None:
    ask(desk, number)
    mail = write(desk, number)
    mail_outbox.move(mail, "send", desk.clock())
    mail.due_at = desk.clock()
    desk.session.commit()
    advance(desk)
    desk.session.refresh(mail)
    assert (mail.state, mail.cause) == ("unknown", "mail_interrupted")
    assert desk.world.effects("message", number) == []


def test_a_busy_amazon_is_tried_again_later(desk: Desk, number: str) -> None:
    ask(desk, number)
    mail = write(desk, number)
    desk.world.faults.arm("throttled", times=None)
    advance(desk)
    desk.session.refresh(mail)
    assert mail.state == "queued"
    assert mail.due_at is not None
    assert mail.due_at > datetime.now(UTC)
    desk.session.rollback()
    desk.world.faults.disarm("throttled")
    desk.later(120)
    advance(desk)
    desk.session.refresh(mail)
    assert mail.state == "sent"


def test_neither_a_mail_nor_a_message_that_waits_is_told_to_amazon(desk: Desk, number: str) -> None:
    ask(desk, number)
    set_up(desk.session)
    order = order_of(desk, number)
    mail = mail_outbox.write(
        desk.session, order, "free", text=("Hello", "It is late."), now=desk.clock(), actor="user:1"
    )
    waits = write(desk, number)
    waits.due_at = desk.clock() + timedelta(minutes=10)
    desk.session.commit()

    advance(desk)

    desk.session.expire_all()
    assert [(one.state, one.via) for one in (mail, waits)] == [("queued", "email"), ("queued", "amazon")]
    assert desk.world.effects("message", number) == []
    desk.later(601)
    advance(desk)
    desk.session.expire_all()
    assert (mail.state, waits.state) == ("queued", "sent")


def test_only_one_process_speaks_for_an_account(desk: Desk, number: str) -> None:
    owner = leases.acquire(desk.session, amazon_messaging.lease_name(desk.account.id), desk.clock())
    with pytest.raises(BusyError):
        advance(desk)
    leases.release(desk.session, amazon_messaging.lease_name(desk.account.id), owner)
