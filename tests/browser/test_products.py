"""Products as a person enters and counts them, with JavaScript; anything the browser complains of fails the test."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.browser.conftest import Complaints
from tests.support.factories import an_account
from tests.support.stock import stock_counters

pytestmark = pytest.mark.browser


def test_a_product_is_made_in_a_dialog_counted_and_brought_as_a_file(
    owner_page: Page, session: Session, complaints: Complaints
) -> None:
    page = owner_page
    an_account(session)
    session.rollback()
    page.goto("/products")
    page.get_by_role("link", name="New product").click()
    page.locator("#sku").fill("MUG-1")
    page.locator("#quantity").fill("many")
    page.get_by_role("button", name="Create product").click()
    expect(page.get_by_role("dialog")).to_contain_text("many must be a whole number.")
    complaints.expect("422")

    page.locator("#quantity").fill("7")
    page.get_by_role("button", name="Create product").click()
    expect(page.get_by_role("heading", name="MUG-1")).to_be_visible()
    count = page.locator("#product-count")
    count.get_by_text("Adjust by (− to reduce)").click()
    count.get_by_label("Units").fill("2.5")
    count.get_by_role("button", name="Save").click()
    expect(count).to_contain_text("2.5 must be a whole number.")
    complaints.expect("422")
    expect(count.get_by_text("Adjust by (− to reduce)").locator("..").get_by_role("radio")).to_be_checked()
    count.get_by_label("Units").fill("-3")
    count.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Stock saved.")).to_be_visible()
    assert stock_counters(session, "MUG-1") == (4, 0, 4)
    session.rollback()

    page.goto("/products/imports/new")
    file = {"name": "stock.csv", "mimeType": "text/csv", "buffer": b"sku,quantity\nMUG-1,9\nMUG-2,1\n"}
    page.locator("#file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Review changes").click()
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_text("All rows were imported.")).to_be_visible()
    assert stock_counters(session, "MUG-1") == (9, 0, 9)

    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/products")
    page.get_by_role("link", name="MUG-1").click()
    expect(page.get_by_role("heading", name="Stock history")).to_be_visible()
    assert page.evaluate(
        "[...document.querySelectorAll('.table-scroll')].map(box => box.scrollWidth - box.clientWidth)"
    ) == [0]
