"""A customized order: seen in the list, its file downloaded, its packing slip printed."""

import io
import zipfile

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from sqlalchemy import select

from tests.support.account_harness import AccountHarness
from webapp.models.orders import Order

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("job_queue")]


def test_a_customized_order_is_seen_downloaded_and_printed(owner_page: Page, harness: AccountHarness) -> None:
    page = owner_page
    number = harness.world.place("GB", lines=((0, 1),), features=("customized", "age_check"))
    harness.sync()
    own = harness.session.scalars(select(Order.number)).one()
    harness.session.rollback()

    page.goto("/orders?handling=customized")
    mark = page.locator("tbody .mark", has_text="Age check")
    expect(mark).to_have_attribute("title", "Age check, Customized")
    page.locator("tbody .order-number a").first.click()
    expect(page.get_by_text("The carrier must check the recipient's age at delivery.")).to_be_visible()

    page.goto(f"/amazon-orders/{number}?tab=items")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download customization (ZIP)").click()
    assert download.value.suggested_filename.startswith(f"customization-{number}-")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert any(name.endswith(".svg") for name in archive.namelist())

    slip = page.request.get(f"/orders/{own}/packing-slip/pdf").body()
    text = " ".join(PdfReader(io.BytesIO(slip)).pages[0].extract_text().split())
    assert "Age check · Customized" in text
    assert "Made to the buyer's choice. See the order." in text
