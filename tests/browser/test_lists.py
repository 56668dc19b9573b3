"""Lists under somebody's hands: choosing rows and columns, doing one thing to many, taking a file."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.factories import NOW, an_account, an_order, shipped_fields
from webapp.services.bulk import runner as bulk_runner
from webapp.services.sync.importing import import_page

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def orders(session, job_queue, owner_client, context):
    """Thirty Orders of which the oldest ten are shipped; the job queue is real."""
    context.set_default_timeout(60_000)
    account = an_account(session)
    some = [an_order(n, **(shipped_fields(an_order(n)) if n <= 10 else {})) for n in range(1, 31)]
    import_page.import_page(session, account.id, some, now=NOW, actor="amazon")
    session.commit()
    # The first look at a page makes its templates, which takes long on a machine that is busy.
    for path in ("/orders", "/grids/orders/views", "/grids/orders/columns"):
        owner_client.get(path)


def test_many_are_chosen_held_and_followed(owner_page: Page, session, complaints):
    page = owner_page
    page.goto("/orders?size=20&sort=id")
    boxes = page.locator("[data-choose]")
    hold = page.get_by_role("button", name="Put on hold")
    bar = page.locator(".bulk-bar")
    height = bar.bounding_box()["height"]
    expect(hold).to_be_hidden()

    boxes.nth(8).click()
    boxes.nth(12).click(modifiers=["Shift"])
    expect(page.locator("[data-count]")).to_have_text("5")
    page.locator("tbody tr").nth(14).hover()
    page.keyboard.press("x")
    expect(page.locator("[data-count]")).to_have_text("6")
    mark = "getComputedStyle(document.querySelector('[data-choose-page]'), '::before').maskImage"
    assert "dash" in page.evaluate(mark), "some of a page look otherwise than all of it"
    page.locator("[data-choose-page]").check()
    assert "check" in page.evaluate(mark)
    expect(page.locator("[data-count]")).to_have_text("20")
    page.locator("[data-choose-page]").uncheck()
    expect(hold).to_be_hidden()
    # Sorting swaps the list; the boxes work as before.
    page.get_by_role("link", name="Purchase date").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Purchase date")
    boxes.nth(0).check()
    expect(page.locator("[data-count]")).to_have_text("1")
    page.get_by_label("Select all 30 orders").check()
    assert bar.bounding_box()["height"] == height, "the table moves when rows are selected"
    bar.get_by_text("More", exact=True).click()
    hold.click()

    expect(page.locator("#bulk-question")).to_contain_text("10 of them cannot be processed now")
    page.get_by_role("button", name="Put on hold: 20").click()
    expect(page.locator("#bulk-question")).to_contain_text("Enter a reason for the hold.")
    complaints.expect("422")
    page.get_by_label("Reason").fill("Counting the stock")
    page.get_by_role("button", name="Put on hold: 20").click()
    expect(page.locator("#bulk-action")).to_contain_text("0 of 30")

    bulk_runner.process_rows(session, 1, lambda: datetime.now(UTC))
    expect(page.locator("#bulk-action")).to_contain_text("30 of 30")
    expect(page.locator("#bulk-action")).not_to_have_attribute("hx-trigger", "every 2s")
    page.get_by_role("link", name="Not done").click()
    expect(page.locator("tbody tr")).to_have_count(10)
    page.get_by_role("button", name="Retry failed rows").click()
    expect(page.locator("#bulk-action")).to_contain_text("20 of 30")


def test_columns_are_moved_in_the_dialog_and_a_view_is_kept(owner_page: Page):
    page = owner_page
    page.goto("/orders?state=complete")
    page.get_by_role("link", name="Columns").click()
    page.get_by_label("Ship-to name", exact=True).uncheck()
    page.get_by_role("button", name="Move Grand total up").click()
    expect(page.locator(".columns-list li").nth(5)).to_contain_text("Grand total")
    page.get_by_label("Tax", exact=True).check()
    page.get_by_role("button", name="Save for me").click()
    heads = page.locator("thead th")
    expect(heads.last).to_have_text("Tax")
    expect(heads.filter(has_text="Ship-to name")).to_have_count(0)
    expect(page.locator(".pager-text")).to_have_text("10 orders")

    page.get_by_role("link", name="Views").click()
    page.locator("#grid-views").get_by_label("Name").fill("Left the house")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("link", name="Left the house")).to_be_visible()
    page.get_by_role("link", name="Views").click()
    page.locator(".view-change summary").click()
    page.get_by_label("Use as my default").check()
    # "Default" may be read in the dialog before the answer has come; leaving the page would abort the request.
    with page.expect_response(lambda response: response.request.method == "POST" and response.ok):
        page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#grid-views")).to_contain_text("Default")
    page.goto("/orders")
    expect(page.locator(".pager-text")).to_have_text("10 orders")


def test_a_file_is_taken_twice(owner_page: Page):
    page = owner_page
    page.goto("/orders?state=complete")
    for _ in range(2):
        page.get_by_text("Export", exact=True).click()
        with page.expect_download() as taken:
            page.get_by_role("button", name="CSV").click()
        assert len(Path(taken.value.path()).read_text().splitlines()) == 11
        page.keyboard.press("Escape")


def test_without_scripts_one_can_do_the_same(chromium, owner_page: Page, address: str):
    cookies = owner_page.context.cookies()
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto("/orders?sort=id")
    page.locator("[data-choose]").nth(12).check()
    page.locator(".bulk-bar").get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Put on hold").click()
    page.get_by_label("Reason").fill("x")
    page.get_by_role("button", name="Put on hold: 1").click()
    expect(page.locator("#bulk-action")).to_contain_text("0 of 1")
    page.goto("/grids/orders/columns")
    page.get_by_role("button", name="Move Store up").click()
    expect(page.locator(".columns-list li").nth(1)).to_contain_text("Store")
    context.close()


@pytest.mark.parametrize("path", ["/orders", "/invoices", "/bulk", "/customers", "/grids/orders/views"])
def test_nothing_reaches_beyond_a_telephone(owner_page: Page, path: str):
    page = owner_page
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_carrier_for_all_is_chosen_on_a_telephone(owner_page: Page):
    page = owner_page
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/tracking")
    page.locator("#text").fill("100030 XX-0815-4711-QQ")
    page.get_by_role("button", name="Review matches").click()
    expect(page.get_by_text("Carrier for the rest of this page")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_selected_orders_are_shipped_with_a_line_for_each(owner_page: Page):
    page = owner_page
    page.goto("/orders?sort=-id&size=20")
    boxes = page.locator("[data-choose]")
    boxes.nth(0).check()
    page.get_by_role("button", name="Ship", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/orders/100030/shipments/new"))

    page.goto("/orders?sort=-id&size=20")
    for at in range(3):
        boxes.nth(at).check()
    page.get_by_role("button", name="Ship", exact=True).click()

    expect(page.locator("#text")).to_have_value("100030\t\n100029\t\n100028\t\n")
