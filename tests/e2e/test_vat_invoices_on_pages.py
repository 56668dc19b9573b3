"""VAT invoices and credit notes, through the pages on one side and Amazon's protocol on the other."""

import pytest
from sqlalchemy import select

from simulator.operations import control, finances
from tests.support.pages import fields, plain
from webapp.models.submissions import Submission
from webapp.services.invoicing import refund_check

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("job_queue")]

ORDER, INVOICE, MEMO = "/orders/100001", "/invoices/100001", "/credit-memos/100001"


@pytest.fixture
def number(harness, owner_client):
    """The number of a shipped order, invoiced at import, of a store whose documents name the seller."""
    harness.world.finances_delay = 0
    number = harness.world.place("DE", status="SHIPPED", lines=((0, 2),), discount=False, gift=False)
    harness.sync()
    url = f"/stores/{harness.order(number).store.slug}/documents"
    harness.session.commit()
    form = fields(owner_client.get(url)) | {"documents_sender": "Desk GmbH\nHafen 1", "documents_tax_number": "DE1"}
    assert owner_client.post(url, data=form).status_code == 303
    return number


def end_submissions(harness):
    harness.later(31)
    for submission in harness.session.scalars(select(Submission).where(Submission.open)).all():
        harness.advance_until_ended(submission)
    harness.session.commit()


def refund(owner_client, harness):
    form = fields(owner_client.get(f"{ORDER}/credit-memos/new")) | {"way": "amazon", "reason": "CustomerReturn"}
    assert owner_client.post(f"{ORDER}/credit-memos", data=form).location == MEMO
    end_submissions(harness)


def upload(owner_client, harness, page, **values):
    response = owner_client.post(f"{page}/uploads", data=fields(owner_client.get(page)) | values)
    if response.status_code == 303:
        end_submissions(harness)
    return response


def check_payments(harness):
    control.run(harness.world, lambda world: control.set_clock(world, {"move": 600}))
    harness.later(600)
    refund_check.check_account(harness.session, harness.amazon, harness.account.id, clock=harness.clock)
    harness.session.commit()


def test_an_invoice_that_amazon_makes_itself_is_rejected_with_what_to_do_and_not_offered_again(
    owner_client, harness, number
):
    harness.world.switches["vat_calculation_service"] = True

    assert upload(owner_client, harness, INVOICE).status_code == 303

    page = plain(owner_client.get(INVOICE))
    assert "Rejected" in page
    assert "Amazon will generate invoice for shipmentId N/A, orderId N/A (79525)" in page
    assert "Amazon creates the invoice of this order itself, so uploading it again does not help." in page
    assert "Upload again" not in page
    response = owner_client.post(f"{INVOICE}/uploads", data={}, follow_redirects=True)
    assert "so uploading it again does not help" in plain(response)
    assert harness.world.effects("vat_invoice", number) == []


def test_a_credit_note_without_the_transaction_id_is_not_sent_and_with_it_amazon_takes_it(
    owner_client, harness, number
):
    refund(owner_client, harness)
    refused = upload(owner_client, harness, MEMO)
    assert refused.status_code == 422
    assert "Amazon rejects a credit note without the ID of its refund's transaction." in plain(refused)
    assert harness.session.scalars(select(Submission).where(Submission.kind == "vat_invoice")).all() == []
    harness.session.commit()

    (transaction_id,) = finances.find_refund_ids(harness.world, harness.world.orders[number])
    assert upload(owner_client, harness, MEMO, reference_id=transaction_id).status_code == 303

    (entry,) = harness.world.effects("vat_invoice", number)
    assert (entry["document_type"], entry["transaction_id"]) == ("CreditNote", transaction_id)
    assert "Verified" in plain(owner_client.get(MEMO))


def test_a_refund_is_verified_by_amazons_payments_which_the_order_and_the_credit_note_show(
    owner_client, harness, number
):
    refund(owner_client, harness)
    assert "No transactions yet" in plain(owner_client.get(f"{ORDER}/payments"))
    check_payments(harness)

    page = plain(owner_client.get(f"{ORDER}/payments"))
    assert "Sale" in page
    assert "Refund Credit memo 100001" in page
    assert "Net proceeds -€2.10" in page
    assert "Amazon's payments show the refund" in plain(owner_client.get(f"{ORDER}?tab=history"))
    (transaction_id,) = finances.find_refund_ids(harness.world, harness.world.orders[number])
    assert fields(owner_client.get(MEMO))["reference_id"] == transaction_id
    assert upload(owner_client, harness, MEMO).status_code == 303
    assert len(harness.world.effects("vat_invoice", number)) == 1
