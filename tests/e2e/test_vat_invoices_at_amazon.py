"""Giving Amazon the seller's invoices: the PDF of the page, by a button or by itself, and again after a refusal."""

import hashlib

import pytest
from sqlalchemy import select

from webapp.domain.amazon.types import FeedReport
from webapp.domain.errors import RefusedError
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.submissions import Submission
from webapp.printing import renderer
from webapp.services.invoicing import credit_memos, invoices
from webapp.services.submissions import user_actions as submission_actions
from webapp.services.submissions import vat_invoices

pytestmark = pytest.mark.both_databases


@pytest.fixture
def number(harness):
    """A shipped order, invoiced at import."""
    number = harness.world.place("DE", status="SHIPPED")
    harness.sync()
    set_seller_data(harness, number)
    return number


def set_seller_data(harness, number, sender="Desk GmbH\nHafen 1\n20095 Hamburg", tax_number="DE123456789"):
    """What the store says of its seller on documents."""
    store = harness.order(number).store
    store.documents_sender, store.documents_tax_number = sender, tax_number
    harness.session.commit()


def invoice_of(harness, number):
    return harness.session.scalars(select(Invoice).where(Invoice.order_id == harness.commerce_order(number).id)).one()


def upload(harness, document):
    return vat_invoices.upload(harness.session, document, undo_seconds=30, now=harness.clock(), actor="test")


def finish(harness, submission):
    harness.later(31)
    harness.advance_until_ended(submission)
    harness.session.expire_all()
    return submission


def enable_automatic_upload(harness, number):
    set_seller_data(harness, number)
    harness.order(number).store.upload_invoices = True
    harness.session.commit()


def submissions(harness):
    return harness.session.scalars(select(Submission).where(Submission.kind == "vat_invoice")).all()


def test_the_printed_invoice_is_uploaded_to_amazon(harness, number):
    invoice = invoice_of(harness, number)

    submission = finish(harness, upload(harness, invoice))

    assert (submission.state, submission.subject) == ("verified", f"invoice-{invoice.id}")
    (entry,) = harness.world.effects("vat_invoice", number)
    order = harness.commerce_order(number)
    pdf = renderer.render_invoice(harness.session, invoice.id)
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


def test_a_credit_memo_is_uploaded_as_a_credit_note(harness, number):
    order = harness.commerce_order(number)
    memo = credit_memos.create(harness.session, order.id, CreditRequest(), now=harness.clock(), actor="test")

    assert finish(harness, upload(harness, memo)).state == "verified"

    (entry,) = harness.world.effects("vat_invoice", number)
    assert (entry["document_type"], entry["invoice_number"]) == ("CreditNote", memo.number)


def test_a_credit_memo_that_refunded_nothing_is_not_uploaded(harness, number):
    harness.refund(number)
    memo = harness.session.scalars(select(CreditMemo)).one()

    with pytest.raises(RefusedError) as refused:
        upload(harness, memo)

    assert (refused.value.code, submissions(harness)) == ("vat_invoice_memo_open", [])


def test_a_rejected_upload_keeps_amazons_message_and_can_be_repeated(harness, number):
    harness.world.faults.arm("feed_rejected")
    submission = finish(harness, upload(harness, invoice_of(harness, number)))
    assert submission.state == "rejected"
    assert "18028" in submission.message

    again = submission_actions.resubmit(
        harness.session, submission.id, undo_seconds=0, now=harness.clock(), actor="test"
    )

    harness.later(121)
    harness.advance_until_ended(again)
    assert (again.state, len(harness.world.effects("vat_invoice", number))) == ("verified", 1)


@pytest.mark.parametrize("fault", ["lost_answer", "error_500", "hang", "malformed_json"])
def test_after_a_lost_response_the_invoice_is_uploaded_once(harness, number, fault):
    harness.world.faults.arm(fault, "createFeed", **({"seconds": 2.5} if fault == "hang" else {}))

    submission = finish(harness, upload(harness, invoice_of(harness, number)))

    assert (submission.state, len(harness.world.effects("vat_invoice", number))) == ("verified", 1)


def test_a_contradictory_report_verifies_nothing_and_a_second_upload_is_rejected_as_duplicate(harness, number):
    harness.world.faults.arm("contradicting_report")
    submission = finish(harness, upload(harness, invoice_of(harness, number)))
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
    submission, other_submission = (
        upload(harness, invoice_of(harness, number)),
        upload(harness, invoice_of(harness, other)),
    )

    finish(harness, submission)
    harness.advance_until_ended(other_submission)

    assert (submission.state, other_submission.state, submission.feed_id == other_submission.feed_id) == (
        "verified",
        "verified",
        False,
    )


def test_a_store_that_uploads_by_itself_does_so_once_the_order_is_shipped(harness):
    number = harness.world.place("DE")
    harness.sync()
    enable_automatic_upload(harness, number)
    harness.sync()
    assert submissions(harness) == []

    harness.at_amazon(number, "ship")
    harness.sync()

    (submission,) = submissions(harness)
    harness.advance_until_ended(submission)
    assert (submission.state, submission.details["number"]) == ("verified", invoice_of(harness, number).number)
    harness.sync()
    assert len(submissions(harness)) == 1


def test_a_store_that_uploads_by_itself_does_so_when_what_was_shipped_is_invoiced(harness):
    number = harness.world.place("DE")
    harness.sync()
    enable_automatic_upload(harness, number)
    other = harness.world.place("DE", status="SHIPPED")
    harness.order(number).store.auto_invoice = False
    harness.session.commit()
    harness.sync()
    assert submissions(harness) == []

    order = harness.commerce_order(other)
    invoice = invoices.create(harness.session, order.id, now=harness.clock(), actor="test")

    (submission,) = submissions(harness)
    assert (submission.subject, submission.undo_until) == (f"invoice-{invoice.id}", submission.requested_at)


def test_tax_above_the_refunded_amount_is_not_uploaded_and_the_refund_is_named(harness, number):
    order = harness.commerce_order(number)
    fee = order.total - order.tax + 1
    audit_args = {"now": harness.clock(), "actor": "test"}
    memo = credit_memos.create(harness.session, order.id, CreditRequest(adjustment_fee=fee), **audit_args)
    assert memo.tax == order.tax == memo.total + 1

    submission = vat_invoices.upload(harness.session, memo, transaction_id="T-1", undo_seconds=30, **audit_args)

    amount = f"{memo.total / 100:.2f}"
    details = [submission.details[name] for name in ("document", "amount", "vat", "transaction_id")]
    assert details == ["CreditNote", amount, amount, "T-1"]


def test_without_a_report_an_upload_stays_in_doubt(harness, number):
    submission = upload(harness, invoice_of(harness, number))
    check_report = vat_invoices.VatInvoiceHandler().check_report
    assert check_report(harness.session, [submission], None) == "vat_invoice_without_report"
    assert check_report(harness.session, [submission], FeedReport(1, 1, 0, 0, ())) is None
    assert check_report(harness.session, [submission], FeedReport(1, 0, 0, 0, ())) == "vat_invoice_report_contradicts"


def test_an_order_imported_as_shipped_is_uploaded_and_earlier_ones_are_not(harness, number):
    enable_automatic_upload(harness, number)
    new = harness.world.place("DE", status="SHIPPED", fulfilled_by="AMAZON")
    harness.sync()

    assert [submission.amazon_order.number for submission in submissions(harness)] == [new]


@pytest.mark.parametrize(
    ("country", "wishes", "code"),
    [
        ("DE", {}, "vat_invoice_unshipped"),
        ("DE", {"status": "SHIPPED", "programs": ("INVOICE_BY_AMAZON",)}, "vat_invoice_by_amazon"),
    ],
)
def test_an_invoice_amazon_does_not_accept_is_refused_with_the_reason(harness, country, wishes, code):
    number = harness.world.place(country, **wishes)
    harness.sync()

    with pytest.raises(RefusedError) as refused:
        upload(harness, invoice_of(harness, number))

    assert (refused.value.code, submissions(harness)) == (code, [])


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
    set_seller_data(harness, number, sender, tax_number)
    with pytest.raises(RefusedError) as refused:
        upload(harness, invoice_of(harness, number))
    assert refused.value.code == code


def test_an_invoice_whose_sellers_data_is_removed_before_it_is_sent_is_not_sent(harness, number):
    submission = upload(harness, invoice_of(harness, number))
    set_seller_data(harness, number, tax_number="")
    finish(harness, submission)

    assert (submission.state, submission.cause) == ("rejected", "vat_invoice_tax_number_missing")
    assert harness.world.effects("vat_invoice", number) == []
