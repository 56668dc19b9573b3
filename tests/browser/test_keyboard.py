"""The command palette, shortcuts of lists and confirmations, by the keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("two_orders")]


def test_the_palette_leads_to_a_page(owner_page: Page):
    page = owner_page
    page.goto("/orders")

    page.keyboard.press("Control+k")
    expect(page.get_by_label("Order number, name or page")).to_be_focused()
    page.keyboard.type("custom")
    expect(page.locator(".palette-list a:visible")).to_have_text(["Customers"])
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()


def test_the_palette_finds_an_order_while_its_number_is_typed(owner_page: Page):
    page = owner_page
    page.goto("/orders")

    page.keyboard.press("Control+k")
    expect(page.get_by_label("Order number, name or page")).to_be_focused()
    page.keyboard.type("303-0000000-0000002")
    expect(page.locator("#palette-orders")).to_contain_text("303-0000000-0000002")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page).to_have_title("Amazon order 303-0000000-0000002 · Channeldesk")


def test_the_palette_offers_the_actions_of_the_open_page(owner_page: Page):
    page = owner_page
    page.goto("/orders/100001")

    page.keyboard.press("Control+k")
    expect(page.get_by_label("Order number, name or page")).to_be_focused()
    page.keyboard.type("invoice")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-palette-page] button", has_text="Invoice").first).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="New invoice")).to_be_visible()


def test_rows_are_walked_with_j_and_k_and_opened_with_enter(owner_page: Page):
    page = owner_page
    page.goto("/orders")
    rows = page.locator(".order-rows tbody tr")

    page.keyboard.press("j")
    expect(rows.nth(0).locator("a").first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1).locator("a").first).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(rows.nth(0).get_by_role("checkbox")).to_be_checked()
    number = rows.nth(0).locator("a").first.inner_text()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{page.url.split('/orders')[0]}/orders/{number}")


def test_the_first_row_is_three_tabs_away(owner_page: Page):
    page = owner_page
    page.goto("/orders")

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the list")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.locator(".order-rows tbody tr").first.locator(":focus")).to_have_count(1)


def test_shortcuts_are_listed_and_do_nothing_while_typing(owner_page: Page):
    page = owner_page
    page.goto("/orders")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Next and previous row of a list")
    page.keyboard.press("Escape")

    page.keyboard.press("/")
    page.keyboard.type("?jk")

    expect(page.locator("#find")).to_have_value("?jk")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_confirmation_is_asked_in_the_page(owner_page: Page):
    page = owner_page
    page.goto("/patterns")
    page.evaluate(
        """() => document.querySelector("main").insertAdjacentHTML(
            "beforeend",
            '<form id="asks" action="/orders" data-confirm="Open the orders?"><button>Open</button></form>'
        )"""
    )
    button = page.locator("#asks button")

    button.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Open the orders?")
    dialog.get_by_role("button", name="Cancel").press("Enter")
    expect(button).to_be_focused()
    assert page.url.endswith("/patterns")
    button.press("Enter")
    expect(dialog.get_by_role("button", name="Continue")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Orders", level=1)).to_be_visible()
