"""VAT invoices, credit notes and refunds in a real browser, until Amazon's payments show them."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints, come_in, connect
from tests.browser.test_processing import refund
from tests.support.running_app import RunningApp
from tests.support.simulator_server import AmazonServer

pytestmark = [pytest.mark.browser, pytest.mark.processes]


@pytest.fixture
def desk(visitor: Page, running_app: RunningApp, amazon: AmazonServer) -> Page:
    """A shipped order of a store whose documents name the seller, open in the browser."""
    amazon.world.finances_delay = 0
    number = amazon.world.place("DE", status="SHIPPED", lines=((0, 2),), discount=False, gift=False)
    come_in(visitor, running_app)
    connect(visitor, amazon)
    store_url = visitor.url
    visitor.goto(f"{store_url}/documents")
    visitor.get_by_label("Sender").fill("Desk GmbH\nHafen 1")
    visitor.get_by_label("Tax number").fill("DE123456789")
    visitor.get_by_role("button", name="Save").click()
    expect(visitor.get_by_text("Documents and language of Desk DE saved.")).to_be_visible()
    visitor.goto(store_url)
    visitor.get_by_role("link", name=number).click()
    expect(visitor).to_have_url(re.compile("/orders/100001$"))
    return visitor


def test_an_invoice_that_amazon_makes_itself_is_rejected_with_what_to_do(desk: Page, amazon: AmazonServer) -> None:
    amazon.world.switches["vat_calculation_service"] = True
    desk.goto(desk.url.replace("/orders/", "/invoices/"))
    desk.get_by_role("button", name="Upload to Amazon").click()

    expect(desk.get_by_text("Amazon will generate invoice for shipmentId N/A, orderId N/A (79525)")).to_be_visible(
        timeout=120_000
    )
    expect(desk.get_by_text("Amazon creates the invoice of this order itself")).to_be_visible()
    expect(desk.get_by_role("button", name=re.compile("Upload"))).to_have_count(0)
    assert amazon.world.effects("vat_invoice") == []


def test_a_refund_is_shown_by_amazons_payments_and_its_credit_note_takes_the_transaction_id_from_them(
    desk: Page, amazon: AmazonServer, complaints: Complaints
) -> None:
    order_url = desk.url
    refund(desk)
    memo_url = desk.url
    desk.get_by_role("button", name="Upload to Amazon").click()
    expect(desk.get_by_text("Amazon rejects a credit note without the ID")).to_be_visible()
    complaints.expect("422")

    # Amazon shows what is more than two minutes old.
    with amazon.world.lock:
        amazon.world.clock.move(200)
    desk.goto(order_url)
    desk.get_by_role("link", name="Payments", exact=True).click()
    desk.get_by_role("button", name="Read again").click()
    expect(desk.get_by_text("Amazon's payments of this order were read.")).to_be_visible()
    table = desk.get_by_role("table", name="Amazon's payments")
    expect(table.get_by_text("Sale", exact=True)).to_be_visible()
    expect(table.get_by_text("Refund", exact=True)).to_be_visible()
    expect(table.get_by_role("link", name="100001")).to_be_visible()
    expect(desk.get_by_text("Net proceeds")).to_be_visible()
    desk.set_viewport_size({"width": 390, "height": 800})
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390

    desk.goto(memo_url)
    expect(desk.get_by_label("Transaction ID")).not_to_have_value("")
    desk.get_by_role("button", name="Upload to Amazon").click()
    expect(desk.locator("#vat-invoice").get_by_text("Verified")).to_be_visible(timeout=120_000)
    (entry,) = amazon.world.effects("vat_invoice")
    assert (entry["document_type"], bool(entry["transaction_id"])) == ("CreditNote", True)
