"""The start page leads to the work, by mouse and by keyboard."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.browser.test_accessibility import find_problems
from tests.support.factories import an_account, an_order
from webapp.services.sync.importing import import_page

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("job_queue")]


@pytest.fixture
def orders(session: Session) -> None:
    """One order that is overdue and one that is due later."""
    now = datetime.now(UTC)
    account = an_account(session)
    due = {1: now - timedelta(hours=1), 2: now + timedelta(days=5)}
    some = [an_order(n, purchased_at=now - timedelta(hours=2), ship_by=ship_by) for n, ship_by in due.items()]
    import_page.import_page(session, account.id, some, now=now, actor="amazon")
    session.commit()


def test_a_count_leads_to_its_orders_and_a_tab_to_the_others(owner_page: Page, orders: None) -> None:
    page = owner_page
    page.goto("/")
    expect(page.locator("#home-work .metric")).to_have_count(3)

    page.get_by_role("link", name="Overdue 1").click()
    rows = page.locator("#orders-rows tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("SKU-1 × 2")
    page.get_by_role("link", name="Clear all").click()
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="On hold 0").click()
    expect(page.locator(".empty-title")).to_have_text("No orders with this status")


def test_the_work_is_reached_by_the_keyboard_alone(owner_page: Page, orders: None) -> None:
    page = owner_page
    page.goto("/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Overdue 1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#orders-rows tr")).to_have_count(1)
    page.locator("#tab-to_ship").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("#tab-awaiting_amazon")).to_have_attribute("aria-current", "page")
    expect(page.locator("#tab-awaiting_amazon")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/attention", "/home/metrics", "/orders", "/reports", "/stores"])
def test_the_pages_of_the_work_are_accessible_and_fit_the_screen(owner_page: Page, orders: None, path: str) -> None:
    problems = list(find_problems(owner_page, path))

    assert not problems, "\n".join(problems)


def test_a_cause_is_snoozed_with_the_mouse_and_shown_again_by_the_keyboard(owner_page: Page, orders: None) -> None:
    page = owner_page
    page.goto("/")
    count = page.locator(".nav-count")
    expect(count).to_have_text("1")
    page.get_by_role("link", name="By cause").click()

    page.get_by_role("button", name="Snooze until tomorrow").click()
    expect(page.locator(".empty-title")).to_have_text("Nothing needs attention")
    expect(count).to_be_empty()
    page.get_by_text("1 snoozed or done").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Show again")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Snooze for a week")).to_be_visible()


def test_a_chart_has_its_table_and_a_period_is_chosen_by_the_keyboard(owner_page: Page, orders: None) -> None:
    page = owner_page
    page.goto("/reports")
    chart = page.get_by_role("img", name="Units by day")
    expect(chart).to_be_visible()
    page.locator(".panel", has=chart).get_by_text("Show as a table").click()
    expect(page.get_by_role("region", name="Units by day").locator("tbody tr")).to_have_count(30)

    page.get_by_label("Period").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("days=7"))
