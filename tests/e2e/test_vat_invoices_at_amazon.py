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
def number(harness):
    """A shipped order, invoiced at import."""
    number = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    seller(harness, number)
    return number


def seller(harness, number, sender="Desk GmbH\nHafen 1\n20095 Hamburg", tax_number="DE123456789"):
    """What the store says of its seller on documents."""
    store = harness.order(number).store
    store.documents_sender, store.documents_tax_number = sender, tax_number
    harness.session.commit()


def invoice_of(harness, number):
    return harness.session.scalars(select(Invoice).where(Invoice.order_id == harness.commerce_order(number).id)).one()


def upload(harness, document):
    return vat_invoices.upload(harness.session, document, undo_seconds=30, now=harness.clock(), actor="test")


def ended(harness, submission):
    harness.later(31)
    harness.advance_until_ended(submission)
    harness.session.expire_all()
    return submission


def uploads_itself(harness, number):
    seller(harness, number)
    harness.order(number).store.upload_invoices = True
    harness.session.commit()


def asked(harness):
    return harness.session.scalars(select(Submission).where(Submission.kind == "vat_invoice")).all()


def test_the_invoice_is_given_to_amazon_as_it_is_printed(harness, number):
    invoice = invoice_of(harness, number)

    submission = ended(harness, upload(harness, invoice))

    assert (submission.state, submission.subject) == ("verified", f"invoice-{invoice.id}")
    (entry,) = harness.world.effects("vat_invoice", number)
    order = harness.commerce_order(number)
    pdf = printing.invoice(harness.session, invoice.id)
    assert (entry["sha256"], entry["bytes"]) == (hashlib.sha256(pdf).hexdigest(), len(pdf))
    assert (entry["invoice_number"], entry["document_type"], entry["total"], entry["vat"]) == (
        invoice.number,
        "Invoice",
        f"{order.total / 100:.2f}",
        f"{order.tax / 100:.2f}",
    )
    with pytest.raises(RefusedError) as refused:
        upload(harness, invoice)
    assert refused.value.code == "vat_invoice_done"


def test_a_credit_memo_is_given_as_a_credit_note(harness, number):
    order = harness.commerce_order(number)
    memo = credit_memos.create(harness.session, order.id, CreditRequest(), now=harness.clock(), actor="test")

    assert ended(harness, upload(harness, memo)).state == "verified"

    (entry,) = harness.world.effects("vat_invoice", number)
    assert (entry["document_type"], entry["invoice_number"]) == ("CreditNote", memo.number)


def test_a_credit_memo_that_gave_nothing_back_is_no_credit_note(harness, number):
    harness.refund(number)
    memo = harness.session.scalars(select(CreditMemo)).one()

    with pytest.raises(RefusedError) as refused:
        upload(harness, memo)

    assert (refused.value.code, asked(harness)) == ("vat_invoice_memo_open", [])


def test_refused_by_amazon_its_words_are_kept_and_it_can_be_uploaded_again(harness, number):
    harness.world.faults.arm("feed_rejected")
    submission = ended(harness, upload(harness, invoice_of(harness, number)))
    assert submission.state == "rejected"
    assert "18028" in submission.message

    again = submission_actions.resubmit(
        harness.session, submission.id, undo_seconds=0, now=harness.clock(), actor="test"
    )

    harness.later(121)
    harness.advance_until_ended(again)
    assert (again.state, len(harness.world.effects("vat_invoice", number))) == ("verified", 1)


@pytest.mark.parametrize("fault", ["lost_answer", "error_500", "hang", "malformed_json"])
def test_after_a_lost_answer_amazon_has_it_once(harness, number, fault):
    harness.world.faults.arm(fault, "createFeed", **({"seconds": 2.5} if fault == "hang" else {}))

    submission = ended(harness, upload(harness, invoice_of(harness, number)))

    assert (submission.state, len(harness.world.effects("vat_invoice", number))) == ("verified", 1)


def test_a_report_that_is_contradictory_proves_nothing_and_told_again_amazon_says_it_has_it(harness, number):
    harness.world.faults.arm("contradicting_report")
    submission = ended(harness, upload(harness, invoice_of(harness, number)))
    assert (submission.state, submission.cause) == ("unproved", "vat_invoice_report_contradicts")

    again = submission_actions.resubmit(
        harness.session, submission.id, undo_seconds=0, now=harness.clock(), actor="test"
    )

    harness.later(121)
    harness.advance_until_ended(again)
    assert (again.state, "30108" in again.message) == ("rejected", True)
    assert len(harness.world.effects("vat_invoice", number)) == 1


def test_one_feed_carries_one_invoice(harness, number):
    other = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    one, two = upload(harness, invoice_of(harness, number)), upload(harness, invoice_of(harness, other))

    ended(harness, one)
    harness.advance_until_ended(two)

    assert (one.state, two.state, one.feed_id == two.feed_id) == ("verified", "verified", False)


def test_a_store_that_uploads_by_itself_does_so_once_the_order_is_shipped(harness):
    number = harness.world.place("DE")
    harness.sync()
    uploads_itself(harness, number)
    harness.sync()
    assert asked(harness) == []

    harness.at_amazon(number, "ship")
    harness.sync()

    (submission,) = asked(harness)
    harness.advance_until_ended(submission)
    assert (submission.state, submission.details["number"]) == ("verified", invoice_of(harness, number).number)
    harness.sync()
    assert len(asked(harness)) == 1


def test_a_store_that_uploads_by_itself_does_so_when_what_was_shipped_is_invoiced(harness):
    number = harness.world.place("DE")
    harness.sync()
    uploads_itself(harness, number)
    other = harness.world.place("DE", status="SHIPPED")
    harness.order(number).store.auto_invoice = False
    harness.session.commit()
    harness.sync()
    assert asked(harness) == []

    order = harness.commerce_order(other)
    invoice = invoices.create(harness.session, order.id, now=harness.clock(), actor="test")

    (submission,) = asked(harness)
    assert (submission.subject, submission.undo_until) == (f"invoice-{invoice.id}", submission.requested_at)


def test_tax_that_a_fee_keeps_back_is_not_told_and_the_refund_is_named(harness, number):
    order = harness.commerce_order(number)
    fee = order.total - order.tax + 1
    about = {"now": harness.clock(), "actor": "test"}
    memo = credit_memos.create(harness.session, order.id, CreditRequest(adjustment_fee=fee), **about)
    assert memo.tax == order.tax == memo.total + 1

    asked_for = vat_invoices.upload(harness.session, memo, transaction_id="T-1", undo_seconds=30, **about)

    left = f"{memo.total / 100:.2f}"
    said = [asked_for.details[name] for name in ("document", "amount", "vat", "transaction_id")]
    assert said == ["CreditNote", left, left, "T-1"]


def test_without_a_report_nobody_knows_whether_amazon_has_it(harness, number):
    submission = upload(harness, invoice_of(harness, number))
    doubt = vat_invoices.KIND.doubt
    assert doubt(harness.session, [submission], None) == "vat_invoice_without_report"
    assert doubt(harness.session, [submission], FeedReport(1, 1, 0, 0, ())) is None
    assert doubt(harness.session, [submission], FeedReport(1, 0, 0, 0, ())) == "vat_invoice_report_contradicts"


def test_an_order_that_arrives_shipped_is_uploaded_and_what_was_here_before_is_left_alone(harness, number):
    uploads_itself(harness, number)
    new = harness.world.place("DE", status="SHIPPED", fulfilled_by="AMAZON")
    harness.sync()

    assert [one.amazon_order.number for one in asked(harness)] == [new]


@pytest.mark.parametrize(
    ("country", "wishes", "code"),
    [
        ("DE", {}, "vat_invoice_unshipped"),
        ("DE", {"status": "SHIPPED", "programs": ("INVOICE_BY_AMAZON",)}, "vat_invoice_by_amazon"),
    ],
)
def test_what_amazon_does_not_take_says_why_and_nothing_is_asked(harness, country, wishes, code):
    number = harness.world.place(country, **wishes)
    harness.sync()

    with pytest.raises(RefusedError) as refused:
        upload(harness, invoice_of(harness, number))

    assert (refused.value.code, asked(harness)) == (code, [])


@pytest.mark.parametrize(
    ("sender", "tax_number", "code"),
    [
        ("", "", "vat_invoice_seller_missing"),
        ("Desk GmbH", "DE123456789", "vat_invoice_address_missing"),
        ("Desk GmbH\n \n", "DE123456789", "vat_invoice_address_missing"),
        ("Desk GmbH\nHafen 1", " ", "vat_invoice_tax_number_missing"),
    ],
)
def test_an_invoice_without_the_sellers_data_is_not_uploaded(harness, number, sender, tax_number, code):
    seller(harness, number, sender, tax_number)
    with pytest.raises(RefusedError) as refused:
        upload(harness, invoice_of(harness, number))
    assert refused.value.code == code


def test_an_invoice_whose_sellers_data_is_removed_before_it_is_sent_is_not_sent(harness, number):
    submission = upload(harness, invoice_of(harness, number))
    seller(harness, number, tax_number="")
    ended(harness, submission)

    assert (submission.state, submission.cause) == ("rejected", "vat_invoice_tax_number_missing")
    assert harness.world.effects("vat_invoice", number) == []
