"""Amazon's own Messaging, against the simulator: what it allows, and each message at most once."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.account_harness import AccountHarness
from tests.support.mailboxes import save_mail_server
from tests.support.order_processing import expect_refusal
from webapp.db import leases
from webapp.domain.errors import BusyError
from webapp.models.mails import Mail, MessageOffer
from webapp.models.orders import Order
from webapp.services.mail import amazon_messaging
from webapp.services.mail import outbox as mail_outbox


@pytest.fixture
def number(harness: AccountHarness) -> str:
    number = harness.world.place("DE")
    harness.sync()
    return number


def order_of(harness: AccountHarness, number: str) -> Order:
    return harness.commerce_order(number)


def ask(harness: AccountHarness, number: str) -> MessageOffer:
    order = order_of(harness, number)
    amazon_messaging.request_allowed(harness.session, order, now=harness.clock())
    advance(harness)
    harness.session.expire_all()
    return harness.session.get_one(MessageOffer, order.amazon_order_id)


def advance(harness: AccountHarness) -> None:
    amazon_messaging.process_due(harness.session, harness.amazon, harness.account.id, clock=harness.clock)


def write(
    harness: AccountHarness, number: str, kind: str = "unexpectedProblem", text: str = "Es kommt morgen."
) -> Mail:
    order = order_of(harness, number)
    return mail_outbox.queue_message(harness.session, order, kind, text, now=harness.clock(), actor="user:1")


def test_what_amazon_allows_is_asked_once_and_kept_for_minutes(harness: AccountHarness, number: str) -> None:
    offer = ask(harness, number)
    assert offer.kinds.split(",") == [
        "confirmOrderDetails",
        "confirmCustomizationDetails",
        "confirmDeliveryDetails",
        "unexpectedProblem",
    ]
    answered = offer.answered_at

    assert ask(harness, number).answered_at == answered
    harness.later(601)
    assert ask(harness, number).answered_at != answered


def test_a_message_that_is_allowed_reaches_the_buyer_once(harness: AccountHarness, number: str) -> None:
    ask(harness, number)
    mail = write(harness, number)

    advance(harness)
    advance(harness)

    harness.session.refresh(mail)
    assert (mail.state, mail.via, mail.due_at) == ("sent", "amazon", None)
    (message,) = harness.world.effects("message", number)
    assert (message["kind"], message["characters"]) == ("unexpectedProblem", 16)


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
def test_what_amazon_would_not_take_is_refused_here(
    harness: AccountHarness, number: str, kind: str, text: str, code: str
) -> None:
    ask(harness, number)
    order_of(harness, number)
    assert expect_refusal(lambda: write(harness, number, kind, text))[0] == code


def test_without_amazons_word_no_message_is_queued(harness: AccountHarness, number: str) -> None:
    assert expect_refusal(lambda: write(harness, number))[0] == "message_not_allowed"


def test_what_amazon_refuses_by_then_has_failed_in_its_words(harness: AccountHarness, number: str) -> None:
    ask(harness, number)
    mail = write(harness, number)
    harness.at_amazon(number, "cancel")
    advance(harness)
    harness.session.refresh(mail)
    assert (mail.state, mail.cause) == ("failed", "forbidden")
    assert "not allowed for order" in (mail.error_message or "")
    assert harness.world.effects("message", number) == []


def test_after_a_lost_answer_it_is_never_repeated_blindly(harness: AccountHarness, number: str) -> None:
    ask(harness, number)
    mail = write(harness, number)
    harness.world.faults.arm("lost_answer", times=1)

    advance(harness)
    harness.later(3600)
    advance(harness)

    harness.session.refresh(mail)
    assert (mail.state, mail.cause) == ("unknown", "message_lost")
    assert len(harness.world.effects("message", number)) == 1


def test_what_a_dead_process_left_may_have_arrived(harness: AccountHarness, number: str) -> None:
    ask(harness, number)
    mail = write(harness, number)
    mail_outbox.apply_transition(mail, "send", harness.clock())
    mail.due_at = harness.clock()
    harness.session.commit()
    advance(harness)
    harness.session.refresh(mail)
    assert (mail.state, mail.cause) == ("unknown", "mail_interrupted")
    assert harness.world.effects("message", number) == []


def test_a_busy_amazon_is_tried_again_later(harness: AccountHarness, number: str) -> None:
    ask(harness, number)
    mail = write(harness, number)
    harness.world.faults.arm("throttled", times=None)
    advance(harness)
    harness.session.refresh(mail)
    assert mail.state == "queued"
    assert mail.due_at is not None
    assert mail.due_at > datetime.now(UTC)
    harness.session.rollback()
    harness.world.faults.disarm("throttled")
    harness.later(120)
    advance(harness)
    harness.session.refresh(mail)
    assert mail.state == "sent"


def test_neither_a_mail_nor_a_waiting_message_is_sent_to_amazon(harness: AccountHarness, number: str) -> None:
    ask(harness, number)
    save_mail_server(harness.session)
    order = order_of(harness, number)
    mail = mail_outbox.queue_mail(
        harness.session, order, "free", text=("Hello", "It is late."), now=harness.clock(), actor="user:1"
    )
    waits = write(harness, number)
    waits.due_at = harness.clock() + timedelta(minutes=10)
    harness.session.commit()

    advance(harness)

    harness.session.expire_all()
    assert [(one.state, one.via) for one in (mail, waits)] == [("queued", "email"), ("queued", "amazon")]
    assert harness.world.effects("message", number) == []
    harness.later(601)
    advance(harness)
    harness.session.expire_all()
    assert (mail.state, waits.state) == ("queued", "sent")


def test_only_one_process_speaks_for_an_account(harness: AccountHarness, number: str) -> None:
    owner = leases.acquire(harness.session, leases.build_lease_name("messages", harness.account.id), harness.clock())
    with pytest.raises(BusyError):
        advance(harness)
    leases.release(harness.session, leases.build_lease_name("messages", harness.account.id), owner)
