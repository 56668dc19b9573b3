"""Giving Amazon the seller's invoices: the PDF of the page, by a button or by itself, and again after a refusal."""

import hashlib

import pytest
from sqlalchemy import select

from simulator.operations import control, finances
from tests.support.pages import plain
from tests.support.refunds import submission_of
from webapp.domain.amazon.types import FeedReport
from webapp.domain.errors import InvalidError, RefusedError
from webapp.domain.invoicing.drafts import CreditRequest
from webapp.domain.shipping.parcels import Parcel
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.refund_transactions import RefundTransaction
from webapp.models.submissions import Submission
from webapp.printing import renderer
from webapp.services.invoicing import credit_memos, invoices, refund_check
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


def upload(harness, document, **options):
    return vat_invoices.upload(harness.session, document, undo_seconds=30, now=harness.clock(), actor="test", **options)


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


def check_payments(harness, seconds=600):
    """Let time pass on both clocks, and read Amazon's payments."""
    control.run(harness.world, lambda world: control.set_clock(world, {"move": seconds}))
    harness.later(seconds)
    refund_check.check_account(harness.session, harness.amazon, harness.account.id, clock=harness.clock)
    harness.session.expire_all()


def refund_at_amazon(harness, number):
    memo = harness.refund(number)
    finish(harness, submission_of(harness.session, memo))
    assert memo.state == "refunded"
    return memo


def test_a_credit_memo_is_uploaded_with_the_transaction_in_amazons_payments(harness, number):
    memo = refund_at_amazon(harness, number)
    for reference_id, code in (("", "vat_invoice_transaction_missing"), ("t=1", "vat_invoice_id_malformed")):
        with pytest.raises(InvalidError) as refused:
            upload(harness, memo, reference_id=reference_id)
        assert (refused.value.code, refused.value.field) == (code, "reference_id")
    assert submissions(harness) == []
    check_payments(harness)

    assert finish(harness, upload(harness, memo)).state == "verified"

    (entry,) = harness.world.effects("vat_invoice", number)
    row = harness.session.scalars(select(RefundTransaction)).one()
    assert (entry["document_type"], entry["invoice_number"]) == ("CreditNote", memo.number)
    assert entry["transaction_id"] == row.transaction_id


def test_a_credit_memo_is_uploaded_with_the_transaction_that_a_person_entered(harness, number):
    memo = refund_at_amazon(harness, number)
    (transaction_id,) = finances.find_refund_ids(harness.world, harness.world.orders[number])

    rejected = finish(harness, upload(harness, memo, reference_id="WRONG-1"))
    harness.later(121)
    accepted = finish(harness, upload(harness, memo, reference_id=f" {transaction_id} "))

    assert [(row.state, row.details["transaction_id"]) for row in (rejected, accepted)] == [
        ("rejected", "WRONG-1"),
        ("verified", transaction_id),
    ]


def ship_and_invoice_one_of_two(harness, number):
    """Ship one of two units of an order of the store, and invoice it."""
    harness.order(number).store.auto_invoice = False
    harness.session.commit()
    partial = harness.world.place("DE", lines=((0, 2),), gift=False, discount=False)
    harness.sync()
    order = harness.commerce_order(partial)
    line_id = order.items[0].id
    harness.ship(partial, Parcel({line_id: 1}, "DHL", "", f"JJD{partial}"))
    harness.advance()
    harness.sync()
    return partial, invoices.create(harness.session, order.id, {line_id: 1}, now=harness.clock(), actor="test")


def test_an_invoice_of_a_part_of_an_order_names_its_shipment_in_amazons_payments(harness, number):
    partial, invoice = ship_and_invoice_one_of_two(harness, number)
    with pytest.raises(InvalidError) as refused:
        upload(harness, invoice)
    assert (refused.value.code, submissions(harness)) == ("vat_invoice_shipping_missing", [])
    check_payments(harness)

    assert finish(harness, upload(harness, invoice)).state == "verified"

    (shipment,) = finances.list_shipments(harness.world.orders[partial])
    (entry,) = harness.world.effects("vat_invoice", partial)
    assert (entry["shipping_id"], entry["total"]) == (shipment.id, f"{invoice.total / 100:.2f}")


def test_an_automatic_upload_of_a_part_waits_for_the_shipment_in_amazons_payments(harness, number):
    enable_automatic_upload(harness, number)
    _, invoice = ship_and_invoice_one_of_two(harness, number)
    assert submissions(harness) == []

    check_payments(harness)

    submission = next(row for row in submissions(harness) if row.subject == f"invoice-{invoice.id}")
    assert finish(harness, submission).state == "verified"


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


@pytest.mark.parametrize("fault", [None, "run_together_report"])
def test_an_invoice_that_amazon_makes_itself_is_rejected_for_good_with_what_to_do(harness, number, fault):
    harness.world.switches["vat_calculation_service"] = True
    if fault:
        harness.world.faults.arm(fault)
    submission = finish(harness, upload(harness, invoice_of(harness, number)))

    assert (submission.state, submission.cause) == ("rejected", "vat_invoice_made_by_amazon")
    assert submission.message == "Amazon will generate invoice for shipmentId N/A, orderId N/A (79525)"
    with pytest.raises(RefusedError) as refused:
        upload(harness, invoice_of(harness, number))
    assert refused.value.code == "vat_invoice_made_by_amazon"


def test_totals_that_differ_from_amazons_are_explained(harness, number):
    order, invoice = harness.commerce_order(number), invoice_of(harness, number)
    order.total, invoice.total = order.total + 1, invoice.total + 1
    harness.session.commit()

    submission = finish(harness, upload(harness, invoice))

    assert (submission.state, submission.cause) == ("rejected", "vat_invoice_totals_wrong")
    assert submission.message.endswith("(79513)")


def test_a_store_with_the_vat_calculation_service_uploads_nothing(harness, number):
    enable_automatic_upload(harness, number)
    harness.order(number).store.vat_calculation_service = True
    harness.session.commit()
    harness.world.place("DE", status="SHIPPED")
    harness.sync()
    assert submissions(harness) == []
    with pytest.raises(RefusedError) as refused:
        upload(harness, invoice_of(harness, number))
    assert refused.value.code == "vat_invoice_calculation_service"


def test_a_report_that_cannot_be_read_is_read_twice_and_leaves_the_quota_to_other_feeds(harness, number):
    harness.world.faults.arm("unreadable_report")
    other = harness.world.place("DE", status="SHIPPED", lines=((0, 1),))
    harness.sync()
    submission = upload(harness, invoice_of(harness, number))
    harness.later(31)
    harness.advance()
    memo = harness.refund(other)
    harness.later(31)
    harness.advance_until_ended(submission_of(harness.session, memo))
    harness.advance_until_ended(submission)

    assert (submission.state, submission.cause) == ("unproved", "feed_report_unreadable")
    assert memo.state == "refunded"
    # Two of the report that cannot be read, one of the other feed.
    assert harness.world.call_counts["getFeedDocument"] == 3
    harness.later(121)
    harness.advance()
    assert harness.world.call_counts["getFeedDocument"] == 3


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

    submission = vat_invoices.upload(harness.session, memo, reference_id="T-1", undo_seconds=30, **audit_args)

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
        ("DE", {"status": "SHIPPED", "facilitator": True}, "vat_invoice_facilitator"),
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


@pytest.mark.parametrize(
    ("tax", "code", "words"),
    [
        (0, "vat_invoice_rate_missing", "Amazon reports no VAT for an item of this document"),
        (12_34, "vat_invoice_rate_unclear", "allow no VAT rate for an item of this document, or several"),
    ],
)
def test_an_invoice_without_a_clear_vat_rate_is_not_uploaded(owner_client, harness, number, tax, code, words):
    invoice = invoice_of(harness, number)
    order_items = {item.id: item for item in harness.commerce_order(number).items}
    for line in (invoice.items[0], order_items[invoice.items[0].order_item_id]):
        line.total += tax - line.tax
        line.tax = tax
    harness.session.commit()

    with pytest.raises(RefusedError) as refused:
        upload(harness, invoice)
    enable_automatic_upload(harness, number)
    vat_invoices.queue_due(harness.session, [harness.order(number).id], now=harness.clock(), actor="test")

    assert (refused.value.code, submissions(harness)) == (code, [])
    page = f"/invoices/{invoice.number}"
    harness.session.commit()
    assert words in plain(owner_client.get(page))


def test_an_invoice_whose_sellers_data_is_removed_before_it_is_sent_is_not_sent(harness, number):
    submission = upload(harness, invoice_of(harness, number))
    set_seller_data(harness, number, tax_number="")
    finish(harness, submission)

    assert (submission.state, submission.cause) == ("rejected", "vat_invoice_tax_number_missing")
    assert harness.world.effects("vat_invoice", number) == []
