"""Giving Amazon the seller's invoices: the PDF of the page, by a button or by itself, and again after a refusal."""

import hashlib

import pytest
from sqlalchemy import select

from webapp import printing
from webapp.domain.amazon.types import FeedReport
from webapp.domain.errors import RefusedError
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.submissions import Submission
from webapp.services.invoicing import credit_memos, invoices
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.submissions import vat_invoices

pytestmark = pytest.mark.both_databases


@pytest.fixture
def number(desk):
    """A shipped order, invoiced at import."""
    number = desk.world.place("DE", status="SHIPPED")
    desk.sync()
    seller(desk, number)
    return number


def seller(desk, number, sender="Desk GmbH\nHafen 1\n20095 Hamburg", tax_number="DE123456789"):
    """What the store says of its seller on documents."""
    store = desk.order(number).store
    store.documents_sender, store.documents_tax_number = sender, tax_number
    desk.session.commit()


def invoice_of(desk, number):
    return desk.session.scalars(select(Invoice).where(Invoice.order_id == desk.commerce_order(number).id)).one()


def upload(desk, document):
    return vat_invoices.upload(desk.session, document, undo_seconds=30, now=desk.clock(), actor="test")


def ended(desk, submission):
    desk.later(31)
    desk.advance_until_ended(submission)
    desk.session.expire_all()
    return submission


def uploads_itself(desk, number):
    seller(desk, number)
    desk.order(number).store.upload_invoices = True
    desk.session.commit()


def asked(desk):
    return desk.session.scalars(select(Submission).where(Submission.kind == "vat_invoice")).all()


def test_the_invoice_is_given_to_amazon_as_it_is_printed(desk, number):
    invoice = invoice_of(desk, number)

    submission = ended(desk, upload(desk, invoice))

    assert (submission.state, submission.subject) == ("verified", f"invoice-{invoice.id}")
    (entry,) = desk.world.effects("vat_invoice", number)
    order = desk.commerce_order(number)
    pdf = printing.invoice(desk.session, invoice.id)
    assert (entry["sha256"], entry["bytes"]) == (hashlib.sha256(pdf).hexdigest(), len(pdf))
    assert (entry["invoice_number"], entry["document_type"], entry["total"], entry["vat"]) == (
        invoice.number,
        "Invoice",
        f"{order.total / 100:.2f}",
        f"{order.tax / 100:.2f}",
    )
    with pytest.raises(RefusedError) as refused:
        upload(desk, invoice)
    assert refused.value.code == "vat_invoice_done"


def test_a_credit_memo_is_given_as_a_credit_note(desk, number):
    order = desk.commerce_order(number)
    memo = credit_memos.create(desk.session, order.id, CreditRequest(), now=desk.clock(), actor="test")

    assert ended(desk, upload(desk, memo)).state == "verified"

    (entry,) = desk.world.effects("vat_invoice", number)
    assert (entry["document_type"], entry["invoice_number"]) == ("CreditNote", memo.number)


def test_a_credit_memo_that_gave_nothing_back_is_no_credit_note(desk, number):
    desk.refund(number)
    memo = desk.session.scalars(select(CreditMemo)).one()

    with pytest.raises(RefusedError) as refused:
        upload(desk, memo)

    assert (refused.value.code, asked(desk)) == ("vat_invoice_memo_open", [])


def test_refused_by_amazon_its_words_are_kept_and_it_can_be_uploaded_again(desk, number):
    desk.world.faults.arm("feed_rejected")
    submission = ended(desk, upload(desk, invoice_of(desk, number)))
    assert submission.state == "rejected"
    assert "18028" in submission.message

    again = submission_actions.resubmit(desk.session, submission.id, undo_seconds=0, now=desk.clock(), actor="test")

    desk.later(121)
    desk.advance_until_ended(again)
    assert (again.state, len(desk.world.effects("vat_invoice", number))) == ("verified", 1)


@pytest.mark.parametrize("fault", ["lost_answer", "error_500", "hang", "malformed_json"])
def test_after_a_lost_answer_amazon_has_it_once(desk, number, fault):
    desk.world.faults.arm(fault, "createFeed", **({"seconds": 2.5} if fault == "hang" else {}))

    submission = ended(desk, upload(desk, invoice_of(desk, number)))

    assert (submission.state, len(desk.world.effects("vat_invoice", number))) == ("verified", 1)


def test_a_report_that_contradicts_itself_proves_nothing_and_told_again_amazon_says_it_has_it(desk, number):
    desk.world.faults.arm("contradicting_report")
    submission = ended(desk, upload(desk, invoice_of(desk, number)))
    assert (submission.state, submission.cause) == ("unproved", "vat_invoice_report_contradicts")

    again = submission_actions.resubmit(desk.session, submission.id, undo_seconds=0, now=desk.clock(), actor="test")

    desk.later(121)
    desk.advance_until_ended(again)
    assert (again.state, "30108" in again.message) == ("rejected", True)
    assert len(desk.world.effects("vat_invoice", number)) == 1


def test_one_feed_carries_one_invoice(desk, number):
    other = desk.world.place("DE", status="SHIPPED")
    desk.sync()
    one, two = upload(desk, invoice_of(desk, number)), upload(desk, invoice_of(desk, other))

    ended(desk, one)
    desk.advance_until_ended(two)

    assert (one.state, two.state, one.feed_id == two.feed_id) == ("verified", "verified", False)


def test_a_store_that_uploads_by_itself_does_so_once_the_order_is_shipped(desk):
    number = desk.world.place("DE")
    desk.sync()
    uploads_itself(desk, number)
    desk.sync()
    assert asked(desk) == []

    desk.at_amazon(number, "ship")
    desk.sync()

    (submission,) = asked(desk)
    desk.advance_until_ended(submission)
    assert (submission.state, submission.details["number"]) == ("verified", invoice_of(desk, number).number)
    desk.sync()
    assert len(asked(desk)) == 1


def test_a_store_that_uploads_by_itself_does_so_when_what_was_shipped_is_invoiced(desk):
    number = desk.world.place("DE")
    desk.sync()
    uploads_itself(desk, number)
    other = desk.world.place("DE", status="SHIPPED")
    desk.order(number).store.auto_invoice = False
    desk.session.commit()
    desk.sync()
    assert asked(desk) == []

    order = desk.commerce_order(other)
    invoice = invoices.create(desk.session, order.id, now=desk.clock(), actor="test")

    (submission,) = asked(desk)
    assert (submission.subject, submission.undo_until) == (f"invoice-{invoice.id}", submission.requested_at)


def test_tax_that_a_fee_keeps_back_is_not_told_and_the_refund_is_named(desk, number):
    order = desk.commerce_order(number)
    fee = order.total - order.tax + 1
    about = {"now": desk.clock(), "actor": "test"}
    memo = credit_memos.create(desk.session, order.id, CreditRequest(adjustment_fee=fee), **about)
    assert memo.tax == order.tax == memo.total + 1

    asked_for = vat_invoices.upload(desk.session, memo, transaction_id="T-1", undo_seconds=30, **about)

    left = f"{memo.total / 100:.2f}"
    said = [asked_for.details[name] for name in ("document", "amount", "vat", "transaction_id")]
    assert said == ["CreditNote", left, left, "T-1"]


def test_without_a_report_nobody_knows_whether_amazon_has_it(desk, number):
    submission = upload(desk, invoice_of(desk, number))
    doubt = vat_invoices.KIND.doubt
    assert doubt(desk.session, [submission], None) == "vat_invoice_without_report"
    assert doubt(desk.session, [submission], FeedReport(1, 1, 0, 0, ())) is None
    assert doubt(desk.session, [submission], FeedReport(1, 0, 0, 0, ())) == "vat_invoice_report_contradicts"


def test_an_order_that_arrives_shipped_is_uploaded_and_what_was_here_before_is_left_alone(desk, number):
    uploads_itself(desk, number)
    new = desk.world.place("DE", status="SHIPPED", fulfilled_by="AMAZON")
    desk.sync()

    assert [one.amazon_order.number for one in asked(desk)] == [new]


@pytest.mark.parametrize(
    ("country", "wishes", "code"),
    [
        ("DE", {}, "vat_invoice_unshipped"),
        ("DE", {"status": "SHIPPED", "programs": ("INVOICE_BY_AMAZON",)}, "vat_invoice_by_amazon"),
    ],
)
def test_what_amazon_does_not_take_says_why_and_nothing_is_asked(desk, country, wishes, code):
    number = desk.world.place(country, **wishes)
    desk.sync()

    with pytest.raises(RefusedError) as refused:
        upload(desk, invoice_of(desk, number))

    assert (refused.value.code, asked(desk)) == (code, [])


@pytest.mark.parametrize(
    ("sender", "tax_number", "code"),
    [
        ("", "", "vat_invoice_seller_missing"),
        ("Desk GmbH", "DE123456789", "vat_invoice_address_missing"),
        ("Desk GmbH\n \n", "DE123456789", "vat_invoice_address_missing"),
        ("Desk GmbH\nHafen 1", " ", "vat_invoice_tax_number_missing"),
    ],
)
def test_an_invoice_without_the_sellers_data_is_not_uploaded(desk, number, sender, tax_number, code):
    seller(desk, number, sender, tax_number)
    with pytest.raises(RefusedError) as refused:
        upload(desk, invoice_of(desk, number))
    assert refused.value.code == code


def test_an_invoice_whose_sellers_data_is_removed_before_it_is_sent_is_not_sent(desk, number):
    submission = upload(desk, invoice_of(desk, number))
    seller(desk, number, tax_number="")
    ended(desk, submission)

    assert (submission.state, submission.cause) == ("rejected", "vat_invoice_tax_number_missing")
    assert desk.world.effects("vat_invoice", number) == []
