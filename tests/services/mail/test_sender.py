"""Sending what the outbox holds, through a real mail server: once, later, or not at all, and never blindly again."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from tests.support.factories import NOW
from tests.support.mailboxes import Mailbox, mail_server, save_mail_server
from tests.support.order_processing import AUDIT_ARGS, create_processing_order, event_kinds
from webapp.db import leases
from webapp.db.encryption import FieldCipher
from webapp.domain.common.languages import LANGUAGES
from webapp.domain.errors import BusyError
from webapp.domain.mail.mime import Attachment, MailContent
from webapp.domain.shipping.parcels import Parcel
from webapp.mailing.composer import SmtpMailService
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.services.invoicing import invoices
from webapp.services.mail import outbox as mail_outbox
from webapp.services.mail import sender as mail_sender
from webapp.services.mail import settings as mail_settings
from webapp.services.orders import comments
from webapp.services.shipping import shipments


class Post:
    """The outbox of a desk, its mail server, and a clock the test moves."""

    def __init__(self, session: Session, box: Mailbox) -> None:
        self.session, self.box = session, box
        save_mail_server(session, box.port)
        self.order: Order = create_processing_order(session, invoiced=False)
        self.now = NOW

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def clock(self) -> datetime:
        return self.now

    def send(self, office: SmtpMailService | None = None) -> int:
        return mail_sender.send_due(self.session, office or SmtpMailService(), clock=self.clock)

    def write(self, subject: str = "Hello", body: str = "Text") -> Mail:
        return mail_outbox.queue_mail(
            self.session, self.order, "free", text=(subject, body), now=self.now, actor="user:1"
        )

    def state(self, mail: Mail) -> tuple[str, str | None, datetime | None]:
        self.session.refresh(mail)
        found = (mail.state, mail.cause, mail.due_at)
        self.session.rollback()
        return found


@pytest.fixture
def post(session: Session) -> Iterator[Post]:
    with mail_server() as box:
        yield Post(session, box)


@pytest.mark.both_databases
def test_a_mail_goes_out_once_and_is_kept_as_it_went(post: Post) -> None:
    comments.create(post.session, post.order.id, "It will be blue.", notify=True, **AUDIT_ARGS)

    assert [post.send(), post.send()] == [1, 0]

    (taken,) = post.box.taken
    assert taken["From"] == "Musterladen <orders@shop.example>"
    assert (taken["To"], post.box.recipients) == ("buyer1@marketplace.example", ["buyer1@marketplace.example"])
    assert taken["Subject"] == "Neues zu Ihrer Bestellung 303-0000000-0000001"
    plain, html = taken.get_body(("plain",)), taken.get_body(("html",))
    assert plain.get_content().replace("\r\n", "\n") == (
        "Guten Tag Buyer Number1,\n\nIt will be blue.\n\nMit freundlichen Grüßen\nMusterladen\n"
    )
    assert "<p>Mit freundlichen Grüßen<br>" in html.get_content()
    mail = post.session.scalars(select(Mail)).one()
    assert (mail.state, mail.sent_at, mail.tries, mail.subject) == ("sent", NOW, 1, taken["Subject"])
    assert mail.message_id == taken["Message-ID"]
    assert mail.message_id.endswith("@shop.example>")
    assert event_kinds(post.session, post.order) == ["order_commented_notify", "mail_queued", "mail_sent"]


def test_a_shipment_tells_its_tracking_numbers_with_their_pages(post: Post) -> None:
    parcels = [
        Parcel({post.order.items[0].id: 2}, "DHL", "", "00340434161094042557"),
        Parcel({post.order.items[1].id: 1}),
    ]
    shipments.create(post.session, post.order.id, parcels, notify=True, **AUDIT_ARGS)

    post.send()

    text = post.box.taken[0].get_body(("plain",)).get_content()
    page = "https://www.dhl.com/global-en/home/tracking.html?tracking-id=00340434161094042557"
    assert f"Sendung verfolgen: DHL 00340434161094042557 {page}" in text
    assert "2 × Article 1" in text
    assert f'<a href="{page}">{page}</a>' in post.box.taken[0].get_body(("html",)).get_content()


@pytest.mark.parametrize(
    ("language", "subject", "text"),
    [
        ("en", "Invoice 100001 for your order", "Total: 42,00 €"),
        ("de", "Rechnung 100001 zu Ihrer Bestellung", "Gesamtbetrag: 42,00 €"),
        ("nl", "Factuur 100001 voor uw bestelling", "Totaal: € 42,00"),
        ("sv", "Faktura 100001 för din beställning", "Totalt: 42,00 €"),
        ("it", "Fattura 100001 per il tuo ordine", "Totale: 42,00 €"),
        ("zh", "您的订单 303-0000000-0000001 的发票 100001", "总计：€42.00"),
    ],
)
def test_a_mail_speaks_the_stores_language(post: Post, language: str, subject: str, text: str) -> None:
    post.order.store.language = language
    post.session.commit()
    invoices.create(post.session, post.order.id, notify=True, **AUDIT_ARGS)

    post.send()

    (taken,) = post.box.taken
    assert taken["Subject"].startswith(subject)
    assert text in taken.get_body(("plain",)).get_content().replace("\xa0", " ")
    assert taken["Content-Language"] == {"zh": "zh-Hans"}.get(language, language)
    (pdf,) = taken.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content_type()) == ("invoice-100001.pdf", "application/pdf")
    assert pdf.get_content().startswith(b"%PDF")
    assert language in LANGUAGES


def test_signs_of_every_script_arrive(post: Post) -> None:
    post.write("ご注文について – Żółw & <b>", "ありがとうございます。\n<script>alert(1)</script>")
    post.send()
    (taken,) = post.box.taken
    assert taken["Subject"] == "ご注文について – Żółw & <b>"
    assert taken.get_body(("plain",)).get_content().startswith("ありがとうございます。\r\n<script>")
    assert "&lt;script&gt;" in taken.get_body(("html",)).get_content()


def test_a_store_may_have_a_sender_of_its_own(post: Post) -> None:
    own = {"address": "de@shop.example", "name": "Müller, Söhne", "reply_to": "help@shop.example"}
    mail_settings.save_sender(post.session, post.order.store, own, now=NOW, actor="test")
    post.write()
    post.send()
    (taken,) = post.box.taken
    assert taken["From"].addresses[0].display_name == "Müller, Söhne"
    assert (taken["From"].addresses[0].addr_spec, taken["Reply-To"]) == ("de@shop.example", "help@shop.example")


def test_what_is_refused_for_now_is_tried_again_with_patience(post: Post) -> None:
    mail = post.write()
    post.box.will("rcpt", "450 4.2.1 Greylisted", "450 4.2.1 Greylisted")

    assert post.send() == 0
    assert post.state(mail) == ("queued", "mail_recipient_refused", NOW + timedelta(minutes=1))
    assert post.send() == 0
    post.later(minutes=1)
    post.send()
    assert post.state(mail)[2] == post.now + timedelta(minutes=2)
    post.later(minutes=2)

    assert post.send() == 1
    assert (post.state(mail), len(post.box.taken)) == (("sent", None, None), 1)


def test_a_text_refused_for_now_goes_out_the_same_later(post: Post) -> None:
    mail = post.write()
    post.box.will("data", "451 4.3.0 Busy")
    post.send()
    post.session.refresh(mail)
    message_id = mail.message_id
    post.session.rollback()
    post.later(minutes=1)
    assert post.send() == 1
    assert post.box.taken[0]["Message-ID"] == message_id


def test_what_is_refused_for_good_has_failed_in_the_servers_words_until_a_person_decides(post: Post) -> None:
    mail = post.write()
    post.box.will("rcpt", "550 5.1.1 Sender not approved")

    post.send()
    post.later(days=1)
    post.send()

    assert post.state(mail) == ("failed", "mail_recipient_refused", None)
    post.session.refresh(mail)
    assert (mail.error_message, mail.tries) == ("550 5.1.1 Sender not approved", 1)
    mail_outbox.retry(post.session, mail.id, now=post.now, actor="user:1")
    assert post.send() == 1
    assert event_kinds(post.session, post.order) == ["mail_queued", "mail_failed", "mail_retried", "mail_sent"]


def test_a_mail_whose_document_cannot_be_printed_has_failed_and_the_next_goes_out(post: Post) -> None:
    gone = mail_outbox.queue_mail(post.session, post.order, "invoice", 99, ("Hello", "Text"), **AUDIT_ARGS)
    post.write()
    assert post.send() == 1
    assert post.state(gone) == ("failed", "mail_document_gone", None)


def test_a_mail_that_cannot_be_written_out_has_failed_and_the_next_goes_out(post: Post) -> None:
    odd = mail_outbox.queue_mail(post.session, post.order, "order", **AUDIT_ARGS)
    odd.kind = "from_tomorrow"
    post.session.commit()
    post.write()
    assert post.send() == 1
    assert post.state(odd) == ("failed", "mail_unwritable", None)


def with_a_lost_key(post: Post, table: str, column: str, row_id: int) -> str:
    """Have one value be encrypted with a key that is not there; returns what was stored before."""
    lost = FieldCipher()
    lost.set_keys(("lost" * 10,))
    found = {"id": row_id, "value": lost.encrypt(b"Hello").decode()}
    kept = post.session.scalar(text(f"SELECT {column} FROM {table} WHERE id = :id"), found)
    restore(post, table, column, row_id, found["value"])
    return kept


def restore(post: Post, table: str, column: str, row_id: int, value: str) -> None:
    post.session.execute(text(f"UPDATE {table} SET {column} = :value WHERE id = :id"), {"id": row_id, "value": value})
    post.session.commit()
    post.session.expire_all()


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("table", "column"),
    [("mails", "recipient"), ("mails", "error_message"), ("orders", "bill_to_name"), ("orders", "email")],
)
def test_a_mail_that_no_key_opens_waits_for_the_right_one_and_the_next_goes_out(
    post: Post, table: str, column: str, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = mail_outbox.queue_mail(post.session, post.order, "order", **AUDIT_ARGS)
    waiting_id, row_id = waiting.id, waiting.id if table == "mails" else post.order.id
    post.session.execute(update(Mail).values(error_message="Busy"))
    other = post.write().id if table == "mails" else None
    post.session.commit()
    kept = with_a_lost_key(post, table, column, row_id)

    assert post.send() == (1 if other else 0)
    state = select(Mail.state, Mail.cause, Mail.due_at).where(Mail.id == waiting_id)
    assert post.session.execute(state).one() == ("queued", "mail_keys_wrong", post.now + timedelta(hours=1))
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert f"Mail {waiting_id} cannot be decrypted and waits" in line
    assert [record for record in caplog.records if record.exc_info] == []

    restore(post, table, column, row_id, kept)
    assert post.send() == 0
    post.later(hours=1)
    assert post.send() == 1
    assert post.state(post.session.get_one(Mail, waiting_id)) == ("sent", None, None)


def test_one_bad_mail_holds_up_no_other(post: Post) -> None:
    bad, good = post.write(), post.write("Second")
    post.box.will("rcpt", "550 5.1.1 Nobody")
    assert post.send() == 1
    assert (post.state(bad)[0], post.state(good)[0]) == ("failed", "sent")


@pytest.mark.both_databases
def test_after_a_lost_answer_it_is_not_sent_again_until_a_person_says_so(post: Post) -> None:
    mail = post.write()
    post.box.will("data", "swallow")

    post.send()
    post.later(days=2)
    post.send()

    assert (post.state(mail), len(post.box.taken)) == (("unknown", "mail_answer_lost", None), 1)
    mail_outbox.retry(post.session, mail.id, now=post.now, actor="user:1")
    assert post.send() == 1
    first, second = post.box.taken
    assert first["Message-ID"] == second["Message-ID"]


def test_what_a_dead_process_left_on_its_way_may_have_arrived(post: Post) -> None:
    mail = post.write()
    mail_outbox.apply_transition(mail, "send", NOW)
    mail.due_at = NOW + timedelta(seconds=90)
    post.session.commit()

    post.send()
    assert post.state(mail)[0] == "sending"
    post.later(seconds=90)
    post.send()

    assert post.state(mail) == ("unknown", "mail_interrupted", None)
    assert post.box.taken == []
    assert event_kinds(post.session, post.order) == ["mail_queued", "mail_unknown"]


def test_a_dropped_mail_does_not_go_out(post: Post) -> None:
    mail = post.write()
    mail_outbox.discard(post.session, mail.id, **AUDIT_ARGS)
    assert post.send() == 0
    assert post.box.taken == []


def test_only_one_process_sends(post: Post) -> None:
    post.write()
    owner = leases.acquire(post.session, mail_sender.LEASE, NOW)
    with pytest.raises(BusyError):
        post.send()
    leases.release(post.session, mail_sender.LEASE, owner)
    assert post.send() == 1


class Heavy(SmtpMailService):
    """Attaches a document of so many bytes."""

    def __init__(self, size: int) -> None:
        self.size = size

    def compose(self, session: Session, mail: Mail) -> MailContent:
        return replace(super().compose(session, mail), attachment=Attachment("invoice-1.pdf", bytes(self.size)))


@pytest.mark.parametrize(
    ("size", "state", "cause"),
    [
        (10_485_760, "sent", None),
        (10_485_761, "failed", "mail_attachment_large"),
        (30_000_000, "failed", "mail_attachment_large"),
    ],
)
def test_an_attachment_of_more_than_10_mb_is_not_sent(post: Post, size: int, state: str, cause: str | None) -> None:
    mail = post.write()
    post.send(Heavy(size))
    assert post.state(mail)[:2] == (state, cause)
    assert len(post.box.taken) == (1 if state == "sent" else 0)
