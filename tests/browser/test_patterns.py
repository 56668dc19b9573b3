"""HTMX, the dialog and keyboard shortcuts under the content security policy, on the patterns page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints, Screenshots

pytestmark = pytest.mark.browser


def test_the_patterns_fit_each_screen_and_break_no_policy(owner_page: Page, screenshots: Screenshots) -> None:
    owner_page.goto("/patterns")
    expect(owner_page.get_by_role("main")).to_be_visible()
    for picture in screenshots.take(owner_page, "patterns"):
        assert picture.stat().st_size > 10_000
    wider = owner_page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider == 0, "the page scrolls sideways on a telephone"


def test_a_form_with_a_mistake_comes_back_in_its_place_with_the_reason(
    owner_page: Page, complaints: Complaints
) -> None:
    owner_page.goto("/patterns")
    owner_page.evaluate("window.stayed = true")
    owner_page.get_by_role("button", name="Save").click()
    expect(owner_page.locator("#name-error")).to_have_text("Enter a name.")
    assert owner_page.evaluate("window.stayed") is True, "the whole page was loaded again"
    complaints.expect("422")


def test_a_form_that_is_right_leads_to_the_page_it_names(owner_page: Page) -> None:
    owner_page.goto("/orders")
    owner_page.goto("/patterns")
    owner_page.evaluate("window.stayed = true")
    owner_page.get_by_label("Name", exact=False).first.fill("Musterladen")
    with owner_page.expect_navigation():
        owner_page.get_by_role("button", name="Save").click()
    assert owner_page.evaluate("window.stayed === undefined")


def test_a_dialog_opens_over_the_page_and_closes_with_escape(owner_page: Page) -> None:
    owner_page.goto("/patterns")
    owner_page.get_by_role("link", name="Cancel order").click()
    expect(owner_page.get_by_role("dialog")).to_be_visible()
    owner_page.keyboard.press("Escape")
    expect(owner_page.locator("#dialog")).to_be_hidden()
    expect(owner_page.locator("#dialog")).to_be_empty()


def test_a_dialog_closes_by_its_buttons_without_leaving_the_page(owner_page: Page) -> None:
    owner_page.goto("/patterns")
    for closer in ("Close", "Keep order"):
        owner_page.get_by_role("link", name="Cancel order").click()
        owner_page.get_by_role("dialog").get_by_role("link", name=closer).click()
        expect(owner_page.locator("#dialog")).to_be_hidden()
    assert owner_page.url.endswith("/patterns")


def test_a_refusal_is_a_toast_with_its_reason_and_can_be_dismissed(owner_page: Page, complaints: Complaints) -> None:
    owner_page.goto("/patterns")
    owner_page.get_by_role("button", name="Refused with a toast").click()
    toast = owner_page.locator("#toasts").get_by_role("alert")
    expect(toast).to_contain_text("This order has been shipped, so it cannot be cancelled.")
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)
    complaints.expect("409")
    complaints.expect("Response Status Error Code 409")


def test_a_desk_that_does_not_answer_is_said(owner_page: Page, complaints: Complaints) -> None:
    owner_page.goto("/patterns")
    owner_page.route("**/patterns/dialog", lambda route: route.abort())
    owner_page.get_by_role("button", name="Refused with a toast").click()
    expect(owner_page.locator("#toasts").get_by_role("alert")).to_contain_text("No response from Channeldesk")
    complaints.clear()


def test_an_answer_from_something_else_than_the_desk_is_not_shown(owner_page: Page, complaints: Complaints) -> None:
    owner_page.goto("/patterns")
    owner_page.route("**/patterns/dialog", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    owner_page.get_by_role("button", name="Refused with a toast").click()
    expect(owner_page.locator("#toasts").get_by_role("alert")).to_contain_text("No response from Channeldesk")
    expect(owner_page.get_by_text("Bad gateway")).to_have_count(0)
    complaints.clear()


def test_the_slash_key_goes_to_the_search_box(owner_page: Page) -> None:
    owner_page.goto("/orders")
    owner_page.keyboard.press("/")
    search = owner_page.get_by_role("searchbox", name="Search everything")
    expect(search).to_be_focused()
    owner_page.keyboard.type("303/1")
    expect(search).to_have_value("303/1")


def test_the_chosen_theme_stays_and_the_system_decides_without_a_choice(owner_page: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    owner_page.emulate_media(color_scheme="dark")
    owner_page.goto("/patterns")
    assert owner_page.evaluate(background) == "rgb(16, 24, 27)"
    owner_page.locator("summary.who").click()
    owner_page.get_by_role("button", name="Light").click()
    expect(owner_page.locator("html")).to_have_attribute("data-bs-theme", "light")
    assert owner_page.evaluate(background) == "rgb(245, 247, 247)"
    owner_page.goto("/orders")
    assert owner_page.evaluate(background) == "rgb(245, 247, 247)"


def test_on_a_telephone_the_navigation_opens_without_javascript(owner_page: Page) -> None:
    owner_page.route("**/*.js*", lambda route: route.fulfill(body=""))
    owner_page.set_viewport_size({"width": 390, "height": 800})
    owner_page.goto("/patterns")
    navigation = owner_page.locator(".places")
    expect(navigation).to_be_hidden()
    owner_page.get_by_label("Show the navigation").check()
    expect(owner_page.locator(".nav-toggle:checked ~ .places")).to_have_css("display", "flex")


def test_the_first_tab_key_offers_to_skip_to_the_content(owner_page: Page) -> None:
    owner_page.goto("/patterns")
    owner_page.keyboard.press("Tab")
    expect(owner_page.get_by_role("link", name="Skip to the content")).to_be_focused()


def test_the_sign_in_page_and_an_error_page_keep_the_policy(page: Page, complaints: Complaints) -> None:
    page.goto("/sign-in")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/there-is-no-such-page")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    complaints.expect("404")
