"""Orders that Amazon confirms otherwise, and packages that need codes, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints
from tests.browser.test_order_pages import DHL
from tests.support.account_harness import AccountHarness

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("job_queue")]


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("FBM_SHIP_PLUS", "This is a Ship+ order: Amazon has the package from its label and needs no confirmation."),
        ("AMAZON_EASY_SHIP", "This is an Easy Ship order: schedule the pickup in Seller Central."),
    ],
    ids=["ship_plus", "easy_ship"],
)
def test_an_order_that_amazon_confirms_otherwise_leads_to_seller_central(
    owner_page: Page, harness: AccountHarness, program: str, reason: str
) -> None:
    page = owner_page
    harness.world.place("DE", programs=(program,), lines=((0, 1),))
    harness.sync()
    harness.session.rollback()

    page.goto("/orders/100001/shipments/new")

    expect(page.locator("#document-form")).to_contain_text(reason)
    expect(page.get_by_label("Tracking number")).to_have_count(0)
    page.get_by_role("link", name="Back to the order").click()
    expect(page.get_by_text(reason).first).to_be_attached()


def test_each_unit_is_shipped_with_its_transparency_code(
    owner_page: Page, harness: AccountHarness, complaints: Complaints
) -> None:
    page = owner_page
    harness.world.place("DE", lines=((0, 2),), features=("transparency",))
    harness.sync()
    harness.session.rollback()

    page.goto("/orders/100001/shipments/new")
    page.keyboard.type(DHL)
    codes = page.get_by_label("Transparency codes")
    page.get_by_role("button", name="Ship", exact=True).click()
    expect(page.get_by_text("2 are needed, 0 entered.")).to_be_visible()
    complaints.expect("422")
    codes.fill("AZ:1\nAZ:2")
    page.get_by_label("Shipping service").fill("Paket")
    page.get_by_role("button", name="Ship", exact=True).click()

    expect(page.get_by_role("heading", name="Shipment 100001")).to_be_visible()
    expect(page.locator("#parcels")).to_contain_text("AZ:1, AZ:2")
    expect(page.locator("#parcels")).to_contain_text("Paket")
